-- Ids are 16 bytes. `…_ms` are milliseconds since 1970-01-01T00:00:00Z.

-- The agency's workers, as the server named them.
CREATE TABLE workers (
    worker BLOB PRIMARY KEY,
    name   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who may do what, as the server said last.
CREATE TABLE access (
    scope    BLOB    NOT NULL,
    worker   BLOB    NOT NULL,
    role     INTEGER NOT NULL,                      -- 0 reader, 1 contributor, 2 lead
    until_ms INTEGER,
    PRIMARY KEY (scope, worker)
) STRICT, WITHOUT ROWID;

-- Decisions about access that were made here. A waiting one is sent with every request until its result arrives.
CREATE TABLE actions (
    number     INTEGER PRIMARY KEY,
    id         BLOB    NOT NULL UNIQUE,
    scope      BLOB    NOT NULL,
    action     BLOB    NOT NULL,                    -- as the caller encodes it
    created_ms INTEGER NOT NULL,
    state      INTEGER NOT NULL DEFAULT 0           -- 0 waits, 1 done, 2 not allowed
) STRICT;
CREATE INDEX actions_waiting ON actions (number) WHERE state = 0;

-- Late work of former members that a lead decides about.
CREATE TABLE held (
    id          BLOB    PRIMARY KEY,
    scope       BLOB    NOT NULL,
    worker      BLOB    NOT NULL,
    received_ms INTEGER NOT NULL,
    intentions  TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX held_by_scope ON held (scope);
