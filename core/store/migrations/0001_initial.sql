-- Ids are 16 bytes, hashes 32 bytes. `…_ms` are milliseconds since 1970-01-01T00:00:00Z, `…_on` days since 1970-01-01.

-- One row per automerge document. Its content is the snapshot plus the rows of `changes`.
CREATE TABLE documents (
    number             INTEGER PRIMARY KEY,
    id                 BLOB    NOT NULL UNIQUE,
    kind               INTEGER NOT NULL,            -- 0 case, 1 note
    case_id            BLOB    NOT NULL,
    scope              BLOB    NOT NULL,
    heads              BLOB    NOT NULL,            -- sorted hashes, 32 bytes each
    acknowledged_heads BLOB    NOT NULL,            -- what the server is known to have; empty before the first receipt
    snapshot_bytes     INTEGER NOT NULL DEFAULT 0,
    tail_bytes         INTEGER NOT NULL DEFAULT 0   -- bytes of changes appended since the snapshot
) STRICT;
CREATE INDEX documents_by_case ON documents (case_id);

-- Apart from `documents`, so that reading heads does not read past snapshots.
CREATE TABLE snapshots (
    number   INTEGER PRIMARY KEY,
    document BLOB NOT NULL UNIQUE REFERENCES documents (id) ON DELETE CASCADE,
    bytes    BLOB NOT NULL,
    heads    BLOB NOT NULL,
    checksum BLOB NOT NULL                          -- BLAKE3 of heads and bytes
) STRICT;

-- A signature over a run of changes of one actor. Never folded away.
CREATE TABLE envelopes (
    number       INTEGER PRIMARY KEY,
    document     BLOB    NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    last_hash    BLOB    NOT NULL,
    version      INTEGER NOT NULL,
    count        INTEGER NOT NULL,
    session      BLOB    NOT NULL,
    device       BLOB    NOT NULL,
    counter      INTEGER NOT NULL,
    wall_ms      INTEGER NOT NULL,
    monotonic_ms INTEGER NOT NULL,
    signature    BLOB    NOT NULL,
    verified     INTEGER NOT NULL,                  -- 1: this device checked it against the run
    UNIQUE (document, last_hash)
) STRICT;

-- The outbox: what one local call changed, and the edits that made it.
CREATE TABLE groups (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id    BLOB    NOT NULL,
    created_ms INTEGER NOT NULL,
    edits      BLOB    NOT NULL,
    next_on    INTEGER,
    state      INTEGER NOT NULL DEFAULT 0           -- 0 pending, 1 held by the server until a lead accepts
) STRICT;
CREATE INDEX groups_by_case ON groups (case_id, state);

CREATE TABLE changes (
    number      INTEGER PRIMARY KEY,                -- the order of insertion
    document    BLOB    NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    hash        BLOB    NOT NULL,
    actor       BLOB    NOT NULL,
    seq         INTEGER NOT NULL,
    session     BLOB,                               -- given for changes made on this device
    device      BLOB,
    worker      BLOB,
    claimed_ms  INTEGER NOT NULL,
    received_ms INTEGER,
    state       INTEGER NOT NULL,                   -- 0 local, 1 acknowledged, 2 remote
    folded      INTEGER NOT NULL DEFAULT 0,         -- 1: in the snapshot too, kept because still local
    group_id    INTEGER REFERENCES groups (number),
    envelope    INTEGER REFERENCES envelopes (number) ON DELETE SET NULL,
    bytes       BLOB    NOT NULL,
    checksum    BLOB    NOT NULL,                   -- BLAKE3 of hash and bytes
    UNIQUE (document, hash),
    UNIQUE (document, actor, seq)
) STRICT;
CREATE INDEX changes_by_group ON changes (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX changes_by_envelope ON changes (envelope) WHERE envelope IS NOT NULL;
CREATE INDEX changes_unsigned ON changes (document, session, seq) WHERE session IS NOT NULL AND envelope IS NULL AND state = 0;

-- Devices whose signatures can be checked.
CREATE TABLE devices (
    number        INTEGER PRIMARY KEY,
    device        BLOB    NOT NULL UNIQUE,
    worker        BLOB    NOT NULL,
    name          TEXT    NOT NULL,
    public_key    BLOB    NOT NULL,
    first_seen_ms INTEGER NOT NULL
) STRICT;

-- Who this installation is: at most one row.
CREATE TABLE identity (
    number       INTEGER PRIMARY KEY CHECK (number = 1),
    device       BLOB NOT NULL,
    worker       BLOB NOT NULL,
    worker_name  TEXT NOT NULL,
    organisation BLOB NOT NULL,
    server       BLOB NOT NULL,
    server_key   BLOB NOT NULL,
    server_url   TEXT NOT NULL,
    sealed_key   BLOB NOT NULL                      -- the device's private key, sealed by the host's vault
) STRICT;

-- Where the exchange with the server stands: exactly one row.
CREATE TABLE sync_state (
    number       INTEGER PRIMARY KEY CHECK (number = 1),
    cursor       BLOB,
    digest       BLOB    NOT NULL,                  -- XOR of fingerprints over acknowledged heads
    next_number  INTEGER NOT NULL,                  -- the first request number that no block was taken of
    last_counter INTEGER NOT NULL                   -- envelopes signed so far
) STRICT;
INSERT INTO sync_state VALUES (1, NULL, zeroblob(16), 1, 0);

-- What was refused for good or could not be read: nothing that was entered is thrown away.
CREATE TABLE quarantine (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id   BLOB,
    at_ms     INTEGER NOT NULL,
    code      TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    edits     BLOB,                                 -- given when the work was this device's
    dismissed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX quarantine_by_case ON quarantine (case_id) WHERE edits IS NOT NULL AND dismissed = 0;
CREATE TABLE quarantined_changes (
    number   INTEGER PRIMARY KEY,
    entry    INTEGER NOT NULL REFERENCES quarantine (number) ON DELETE CASCADE,
    document BLOB,
    hash     BLOB,
    bytes    BLOB    NOT NULL
) STRICT;
CREATE INDEX quarantined_changes_by_entry ON quarantined_changes (entry);

-- Which cases a committed write touched, for subscriptions: the number of the last one.
CREATE TABLE touched (
    case_id  BLOB    NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX touched_by_revision ON touched (revision);

-- Projections: made from the documents, and made anew from them at any time.

CREATE TABLE case_summary (
    case_id       BLOB    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL,
    sort_name     TEXT    NOT NULL,
    number        TEXT,
    status        TEXT,
    sector        TEXT,
    programme     TEXT,
    risk          TEXT,
    lead          BLOB,
    birth_on      INTEGER,
    language      TEXT,
    alert         INTEGER NOT NULL,
    interpreter   INTEGER NOT NULL,
    changed_ms    INTEGER NOT NULL,
    -- Sums over the rows below, kept by the store.
    next_visit_on INTEGER,
    next_visit_ms INTEGER,
    next_due_on   INTEGER,
    open_tasks    INTEGER NOT NULL DEFAULT 0,
    conflicts     INTEGER NOT NULL DEFAULT 0,
    unsynced      INTEGER NOT NULL DEFAULT 0,
    refused       INTEGER NOT NULL DEFAULT 0,
    -- What has no date is listed last.
    visit_order   INTEGER NOT NULL AS (coalesce(next_visit_ms, next_visit_on * 86400000, 9223372036854775807)) VIRTUAL,
    due_order     INTEGER NOT NULL AS (coalesce(next_due_on, 9223372036854775807)) VIRTUAL
) STRICT;
-- Each carries what lists filter by, so that a row that is filtered out is never fetched.
CREATE INDEX cases_by_name    ON case_summary (sort_name, case_id, status, risk, lead, conflicts, unsynced);
CREATE INDEX cases_by_visit   ON case_summary (visit_order, case_id, status, risk, lead, conflicts, unsynced);
CREATE INDEX cases_by_due     ON case_summary (due_order, case_id, status, risk, lead, conflicts, unsynced);
CREATE INDEX cases_by_changed ON case_summary (changed_ms, case_id, status, risk, lead, conflicts, unsynced);

CREATE TABLE visit (
    case_id          BLOB    NOT NULL,
    id               BLOB    NOT NULL,
    status           TEXT,
    planned_on       INTEGER,
    planned_start_ms INTEGER,
    planned_end_ms   INTEGER,
    started_ms       INTEGER,
    ended_ms         INTEGER,
    worker           BLOB,
    purpose          TEXT,
    place            TEXT,
    removed          INTEGER NOT NULL,
    day              INTEGER,                       -- where the agenda shows it: planned day, or the UTC day of a moment
    PRIMARY KEY (case_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX visit_by_day ON visit (day) WHERE removed = 0;
CREATE INDEX visit_by_worker_and_day ON visit (worker, day) WHERE removed = 0;

CREATE TABLE task (
    case_id    BLOB    NOT NULL,
    id         BLOB    NOT NULL,
    title      TEXT,
    status     TEXT,
    assignee   BLOB,
    due_on     INTEGER,
    due_ms     INTEGER,
    urgency    TEXT,
    importance TEXT,
    removed    INTEGER NOT NULL,
    open       INTEGER NOT NULL,                    -- neither removed nor done nor cancelled
    day        INTEGER,                             -- where the agenda shows it
    PRIMARY KEY (case_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_by_day ON task (day) WHERE open = 1;
CREATE INDEX task_by_assignee_and_day ON task (assignee, day) WHERE open = 1;

CREATE TABLE goal (
    case_id     BLOB    NOT NULL,
    id          BLOB    NOT NULL,
    statement   TEXT,
    status      TEXT,
    achievement TEXT,
    target_on   INTEGER,
    removed     INTEGER NOT NULL,
    PRIMARY KEY (case_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE conflict (
    case_id BLOB NOT NULL,
    kind    TEXT NOT NULL,
    id      BLOB NOT NULL,
    field   TEXT NOT NULL,
    PRIMARY KEY (case_id, kind, id, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE search_text (
    number  INTEGER PRIMARY KEY,
    case_id BLOB NOT NULL,
    kind    TEXT NOT NULL,
    id      BLOB NOT NULL,
    text    TEXT NOT NULL,
    UNIQUE (case_id, kind, id)
) STRICT;
CREATE VIRTUAL TABLE search USING fts5 (
    text,
    content = 'search_text',
    content_rowid = 'number',
    tokenize = 'unicode61 remove_diacritics 2',
    prefix = '2 3 4'
);
-- Words of deleted rows leave the index at once, not at the next merge of its segments.
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
