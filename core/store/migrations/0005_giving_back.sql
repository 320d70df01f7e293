-- Ids are 16 bytes, hashes 32 bytes.

-- By which the server recognises what it took before; nothing for own work.
ALTER TABLE envelopes ADD COLUMN receipt BLOB;

-- Changes that the server lacks and nobody can prove here: no signature over them is held.
CREATE TABLE withheld (
    document BLOB NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    hash     BLOB NOT NULL,
    PRIMARY KEY (document, hash)
) STRICT, WITHOUT ROWID;

-- The XOR of both sides' digests when all was compared and the two still differed.
ALTER TABLE sync_state ADD COLUMN known_difference BLOB;

-- 1: the server was set back since it said so, and has not said it again.
ALTER TABLE access ADD COLUMN before_restore INTEGER NOT NULL DEFAULT 0;
