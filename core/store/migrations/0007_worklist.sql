-- Ids are 16 bytes. `…_ms` are milliseconds since 1970-01-01T00:00:00Z, `…_on` and `day` days since 1970-01-01.

-- What the worklist asks of every case. The last contact is a sum over visits and `contact`, kept by the store.
ALTER TABLE case_summary ADD COLUMN opened_on INTEGER;
ALTER TABLE case_summary ADD COLUMN last_contact_ms INTEGER;
ALTER TABLE case_summary ADD COLUMN contact_on INTEGER AS (coalesce(last_contact_ms / 86400000, opened_on)) VIRTUAL;
-- It carries what is filtered by, so that a row that is filtered out is never fetched.
CREATE INDEX cases_by_contact ON case_summary (contact_on, risk, lead) WHERE status = 'open';
-- Changes to a closed case that whoever closed it had not seen.
ALTER TABLE case_summary ADD COLUMN late_changes INTEGER NOT NULL DEFAULT 0;
CREATE INDEX cases_changed_late ON case_summary (case_id, lead) WHERE late_changes > 0;
-- By what people are found who have a case already: numbers made of names, phone numbers and identifiers.
CREATE TABLE person_key (
    key     INTEGER NOT NULL,
    case_id BLOB    NOT NULL,
    id      BLOB    NOT NULL,                       -- the phone number or identifier; the case's own id for names
    PRIMARY KEY (key, case_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_key_of_case ON person_key (case_id, id);
CREATE INDEX cases_by_birth ON case_summary (birth_on) WHERE birth_on IS NOT NULL;

ALTER TABLE visit ADD COLUMN address BLOB;
-- Visits that are over are most of them, and not in it.
CREATE INDEX visit_waiting ON visit (status, day) WHERE removed = 0 AND status IN ('planned', 'in_progress', 'missed');

-- Days by which something that is neither a task nor a visit is to be dealt with.
CREATE TABLE deadline (
    case_id    BLOB    NOT NULL,
    id         BLOB    NOT NULL,
    kind       INTEGER NOT NULL,                    -- 0 referral, 1 authorization, 2 appeal, 3 consent, 4 note begun, 5 note signed,
                                                    -- 6 assessment, 7 risk, 8 amendment
    day        INTEGER NOT NULL,
    worker     BLOB,                                -- whose it is; the lead's where NULL
    units_left INTEGER,
    urgency    TEXT,
    PRIMARY KEY (case_id, id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX deadline_by_day ON deadline (kind, day);

-- What is left of approved authorizations.
CREATE TABLE allowance (
    case_id      BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    units        INTEGER NOT NULL,
    units_left   INTEGER NOT NULL,
    until_on     INTEGER,
    used_percent INTEGER NOT NULL,
    PRIMARY KEY (case_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX allowance_by_use ON allowance (used_percent, until_on);

CREATE TABLE assessment (
    case_id    BLOB    NOT NULL,
    id         BLOB    NOT NULL,
    instrument TEXT    NOT NULL,
    at_ms      INTEGER NOT NULL,
    conclusive INTEGER NOT NULL,
    alerts     TEXT    NOT NULL,                    -- codes that nobody has answered, separated by spaces
    standing   INTEGER NOT NULL,                    -- 0: a later one with the same instrument is conclusive
    PRIMARY KEY (case_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX assessment_alerts ON assessment (case_id) WHERE standing = 1 AND alerts <> '';
CREATE INDEX assessment_by_age ON assessment (at_ms) WHERE standing = 1 AND conclusive = 1;

-- Lines of the contact log in which somebody was reached.
CREATE TABLE contact (
    case_id BLOB NOT NULL,
    id      BLOB NOT NULL,
    at_ms   INTEGER,
    PRIMARY KEY (case_id, id)
) STRICT, WITHOUT ROWID;

-- Where the person's addresses lie: degrees, WGS 84.
CREATE TABLE point (
    case_id   BLOB    NOT NULL,
    id        BLOB    NOT NULL,
    home      INTEGER NOT NULL,
    latitude  REAL,
    longitude REAL,
    PRIMARY KEY (case_id, id)
) STRICT, WITHOUT ROWID;

-- What the worker of this device put off. The whole case, where the entity is the case's own id.
CREATE TABLE snooze (
    case_id  BLOB    NOT NULL,
    entity   BLOB    NOT NULL,
    until_on INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    PRIMARY KEY (case_id, entity)
) STRICT, WITHOUT ROWID;

-- Cases whose rows were made by an older version: they are made anew when the record is opened.
CREATE TABLE outdated (
    case_id BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO outdated SELECT case_id FROM case_summary;
