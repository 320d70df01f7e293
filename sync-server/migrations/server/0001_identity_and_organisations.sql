-- One server's own file. Holds no record content.

CREATE TABLE identity (
    only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
    server      BLOB NOT NULL CHECK (length(server) = 16),
    -- Ed25519 seed that signs snapshots.
    seed        BLOB NOT NULL CHECK (length(seed) = 32)
) STRICT;

CREATE TABLE organisations (
    id          BLOB PRIMARY KEY CHECK (length(id) = 16),
    name        TEXT NOT NULL
) STRICT;

-- What belongs to no organisation: requests of unknown devices, enrolments with unknown secrets.
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
