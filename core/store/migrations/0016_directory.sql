-- The resource directory: provider organisations and what they offer. `…_ms` are milliseconds since 1970-01-01T00:00:00Z.

CREATE TABLE provider (
    case_id     BLOB PRIMARY KEY,                   -- the provider's own id: the record that the row is of, as in every table
    name        TEXT    NOT NULL,
    sort_name   TEXT    NOT NULL,                   -- folded
    sort        TEXT,
    phone       TEXT,
    area        TEXT,
    languages   TEXT    NOT NULL,                   -- separated by blanks
    verified_on INTEGER,
    closed      INTEGER NOT NULL,
    changed_ms  INTEGER NOT NULL,
    words       TEXT    NOT NULL,                   -- of the name: folded, a blank before each
    places      TEXT    NOT NULL                    -- the words of the area
) STRICT, WITHOUT ROWID;
CREATE INDEX provider_by_name ON provider (closed, sort_name, case_id);

CREATE TABLE service (
    case_id     BLOB    NOT NULL,                   -- the provider
    id          BLOB    NOT NULL,
    name        TEXT    NOT NULL,
    needs       TEXT    NOT NULL,                   -- codes, separated by blanks
    area        TEXT,                               -- this and the languages are the provider's where the service has none
    languages   TEXT    NOT NULL,
    eligibility TEXT,
    age_from    INTEGER,
    age_to      INTEGER,
    accepting   INTEGER,
    words       TEXT    NOT NULL,                   -- of the name and of who can have it
    places      TEXT    NOT NULL,
    PRIMARY KEY (case_id, id)
) STRICT, WITHOUT ROWID;

-- What an older version took in and could not read.
INSERT OR IGNORE INTO outdated
SELECT id FROM documents WHERE kind = 0 AND id NOT IN (SELECT case_id FROM case_summary)
    AND id NOT IN (SELECT case_id FROM compartment);
