-- Who may do what: told to each member, ended by time, and work that came after its author's right to write had ended.

-- When a worker was made or renamed, so that devices are told once.
ALTER TABLE workers ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
CREATE INDEX workers_by_seq ON workers (seq);

-- The furthest place in the feed that the device ever showed. What it was told up to here it knows.
ALTER TABLE devices ADD COLUMN confirmed_seq INTEGER NOT NULL DEFAULT 0;

-- A grant that ends by itself.
ALTER TABLE grants ADD COLUMN until_ms INTEGER;
-- When it ended, and the devices that gave and ended it; nothing where the server itself did.
ALTER TABLE grants ADD COLUMN ended_ms INTEGER;
ALTER TABLE grants ADD COLUMN given_by BLOB;
ALTER TABLE grants ADD COLUMN ended_by BLOB;
CREATE INDEX grants_timed ON grants (until_ms) WHERE until_seq IS NULL AND until_ms IS NOT NULL;

-- Rows that stand for all of a document: its scope was granted then.
ALTER TABLE feed ADD COLUMN whole INTEGER NOT NULL DEFAULT 0;

-- What each worker has to be told of roles; no role where it ended.
CREATE TABLE access_feed (
    worker      BLOB NOT NULL,
    seq         INTEGER NOT NULL,
    scope       BLOB NOT NULL,
    subject     BLOB NOT NULL,
    role        TEXT CHECK (role IN ('lead', 'contributor', 'reader')),
    until_ms    INTEGER,
    PRIMARY KEY (worker, seq, scope, subject)
) STRICT, WITHOUT ROWID;

-- Decisions that were answered, so that a repeated one is answered alike.
CREATE TABLE actions (
    worker      BLOB NOT NULL REFERENCES workers (id),
    id          BLOB NOT NULL CHECK (length(id) = 16),
    done        INTEGER NOT NULL,
    at_ms       INTEGER NOT NULL,
    PRIMARY KEY (worker, id)
) STRICT, WITHOUT ROWID;

-- Late work: durable, outside record and feed until a lead accepts it.
CREATE TABLE held (
    number      INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    scope       BLOB NOT NULL REFERENCES scopes (id),
    worker      BLOB NOT NULL REFERENCES workers (id),
    -- Who sent it.
    device      BLOB NOT NULL,
    received_ms INTEGER NOT NULL,
    intentions  TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'declined')),
    decided_by  BLOB,
    decided_ms  INTEGER,
    -- The part of the request that brought it: changes and signatures as they came.
    upload      BLOB NOT NULL
) STRICT;
CREATE INDEX held_by_scope ON held (scope, worker, number);

-- What each lead has to be told of late work.
CREATE TABLE held_feed (
    worker      BLOB NOT NULL,
    seq         INTEGER NOT NULL,
    held        BLOB NOT NULL REFERENCES held (id),
    PRIMARY KEY (worker, seq, held)
) STRICT, WITHOUT ROWID;
CREATE INDEX held_feed_by_held ON held_feed (held);

-- Everyone is told what stood before this step.
UPDATE position SET seq = seq + 1;
UPDATE workers SET seq = (SELECT seq FROM position);
INSERT INTO access_feed (worker, seq, scope, subject, role)
    SELECT worker, (SELECT seq FROM position), scope, worker, role FROM grants WHERE until_seq IS NULL;
