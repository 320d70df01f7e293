-- One organisation's file. Sequence numbers (seq) count commits that moved a document; they never leave the server.

CREATE TABLE position (
    only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
    seq         INTEGER NOT NULL
) STRICT;

INSERT INTO position VALUES (1, 0);

CREATE TABLE workers (
    id          BLOB PRIMARY KEY CHECK (length(id) = 16),
    name        TEXT NOT NULL
) STRICT;

CREATE TABLE devices (
    -- Short name of the device inside this file, for cursors.
    number          INTEGER PRIMARY KEY,
    id              BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    worker          BLOB NOT NULL REFERENCES workers (id),
    public_key      BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32),
    enrolled_seq    INTEGER NOT NULL,
    revoked_seq     INTEGER,
    -- Request numbers; after a restart nothing at or below the highest one in here is taken.
    window          BLOB NOT NULL
) STRICT;
CREATE INDEX devices_by_worker ON devices (worker);

CREATE TABLE enrolments (
    secret_hash BLOB PRIMARY KEY CHECK (length(secret_hash) = 32),
    worker      BLOB NOT NULL REFERENCES workers (id),
    expires_ms  INTEGER NOT NULL,
    -- The device that used it.
    device      BLOB
) STRICT;
CREATE INDEX enrolments_by_worker ON enrolments (worker);

CREATE TABLE scopes (
    id          BLOB PRIMARY KEY CHECK (length(id) = 16),
    -- Day of the next planned visit, in days since 1970-01-01, as the last upload said.
    next_on     INTEGER
) STRICT;

CREATE TABLE grants (
    scope       BLOB NOT NULL REFERENCES scopes (id),
    worker      BLOB NOT NULL REFERENCES workers (id),
    role        TEXT NOT NULL CHECK (role IN ('lead', 'contributor', 'reader')),
    from_seq    INTEGER NOT NULL,
    until_seq   INTEGER,
    PRIMARY KEY (scope, worker, from_seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX grants_standing ON grants (worker, scope) WHERE until_seq IS NULL;

CREATE TABLE documents (
    id          BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind        TEXT NOT NULL CHECK (kind IN ('case', 'note')),
    scope       BLOB NOT NULL REFERENCES scopes (id),
    -- Sorted, 32 bytes each.
    heads       BLOB NOT NULL,
    last_seq    INTEGER NOT NULL,
    -- Bytes of changes that are not in the snapshot.
    tail_bytes  INTEGER NOT NULL
) STRICT;
CREATE INDEX documents_by_scope ON documents (scope, id);

CREATE TABLE snapshots (
    document    BLOB PRIMARY KEY REFERENCES documents (id),
    -- Every change up to this one is in it.
    seq         INTEGER NOT NULL,
    heads       BLOB NOT NULL,
    signature   BLOB NOT NULL CHECK (length(signature) = 64),
    size        INTEGER NOT NULL,
    bytes       BLOB NOT NULL
) STRICT;

CREATE TABLE runs (
    -- Rises in the order of storing.
    position        INTEGER PRIMARY KEY,
    document        BLOB NOT NULL REFERENCES documents (id),
    seq             INTEGER NOT NULL,
    device          BLOB NOT NULL,
    session         BLOB NOT NULL,
    counter         INTEGER NOT NULL,
    wall_ms         INTEGER NOT NULL,
    monotonic_ms    INTEGER NOT NULL,
    signature       BLOB NOT NULL CHECK (length(signature) = 64),
    -- Hashes of the changes it covers, 32 bytes each, in order. Some may have been stored by an earlier run.
    changes         BLOB NOT NULL,
    -- Bytes of those changes.
    size            INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_by_document ON runs (document, seq, position, size);

CREATE TABLE changes (
    -- Rises in the order of storing, so that each change comes after those it builds on.
    position    INTEGER PRIMARY KEY,
    document    BLOB NOT NULL REFERENCES documents (id),
    hash        BLOB NOT NULL CHECK (length(hash) = 32),
    actor       BLOB NOT NULL,
    actor_seq   INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    -- The run through which it came.
    run         INTEGER NOT NULL REFERENCES runs (position),
    bytes       BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX changes_by_hash ON changes (document, hash);
CREATE UNIQUE INDEX changes_by_actor ON changes (document, actor, actor_seq);
CREATE INDEX changes_by_seq ON changes (document, seq);
CREATE INDEX changes_by_run ON changes (run);

-- What each worker has to be told: an exchange reads the rows of its own worker behind its cursor, and no others.
CREATE TABLE feed (
    worker      BLOB NOT NULL,
    seq         INTEGER NOT NULL,
    document    BLOB NOT NULL,
    PRIMARY KEY (worker, seq, document)
) STRICT, WITHOUT ROWID;

CREATE TABLE member_digest (
    worker      BLOB PRIMARY KEY REFERENCES workers (id),
    digest      BLOB NOT NULL CHECK (length(digest) = 16)
) STRICT;

-- The last places told to each device.
CREATE TABLE cursors (
    number      INTEGER PRIMARY KEY,
    device      INTEGER NOT NULL REFERENCES devices (number),
    token       BLOB NOT NULL CHECK (length(token) = 16),
    place       BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX cursors_by_token ON cursors (device, token);

CREATE TABLE audit (
    seq         INTEGER PRIMARY KEY,
    at_ms       INTEGER NOT NULL,
    what        TEXT NOT NULL,
    device      BLOB,
    code        TEXT NOT NULL,
    -- How many like it the line stands for.
    times       INTEGER NOT NULL,
    prev_hash   BLOB NOT NULL,
    hash        BLOB NOT NULL
) STRICT;

CREATE TABLE audit_head (
    only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
    seq         INTEGER NOT NULL,
    hash        BLOB NOT NULL
) STRICT;

INSERT INTO audit_head VALUES (1, 0, zeroblob(32));
