-- `…_ms` are milliseconds since 1970-01-01T00:00:00Z by this device's clock. `envelopes.verified` may be 2: checked here, and it does not hold.

-- When the changes of a run were received, kept although their rows are folded away.
ALTER TABLE envelopes ADD COLUMN received_ms INTEGER;

-- Documents whose signatures the next exchange asks for.
CREATE TABLE wanted (
    document BLOB PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Changes whose signature the server, asked for it, did not have either.
CREATE TABLE unproven (
    document BLOB NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    hash     BLOB NOT NULL,
    PRIMARY KEY (document, hash)
) STRICT, WITHOUT ROWID;

-- The last exchange that the server answered, and the furthest moment that was seen since: the offline lease is counted by them.
ALTER TABLE sync_state ADD COLUMN confirmed_ms INTEGER;
ALTER TABLE sync_state ADD COLUMN seen_ms INTEGER;
