-- Fewer pages to write with each edit: what is only added to, instead of indexes that change in several places.

-- Which cases a committed write touched, for subscriptions. Rows that a later write to the same case overtook are swept out.
CREATE TABLE touched_log (
    revision INTEGER NOT NULL,
    case_id  BLOB    NOT NULL,
    PRIMARY KEY (revision, case_id)
) STRICT, WITHOUT ROWID;
INSERT INTO touched_log SELECT revision, case_id FROM touched;
DROP TABLE touched;
ALTER TABLE touched_log RENAME TO touched;

-- The outbox: what one local call changed, and the edits that made it. Its changes have numbers from the first to the last.
CREATE TABLE outbox (
    number       INTEGER PRIMARY KEY,               -- drawn with the revisions of `touched`: none is used twice
    case_id      BLOB    NOT NULL,
    created_ms   INTEGER NOT NULL,
    edits        BLOB    NOT NULL,
    next_on      INTEGER,
    state        INTEGER NOT NULL DEFAULT 0,        -- 0 pending, 1 held by the server until a lead accepts
    first_change INTEGER,
    last_change  INTEGER
) STRICT;
INSERT INTO outbox
SELECT number, case_id, created_ms, edits, next_on, state,
       (SELECT min(number) FROM changes WHERE group_id = groups.number),
       (SELECT max(number) FROM changes WHERE group_id = groups.number)
FROM groups;

-- Without an index of groups, nothing may refer to them: a group that goes takes its number from its changes itself.
CREATE TABLE changes_apart (
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
    group_id    INTEGER,
    envelope    INTEGER REFERENCES envelopes (number) ON DELETE SET NULL,
    bytes       BLOB    NOT NULL,
    checksum    BLOB    NOT NULL,                   -- BLAKE3 of hash and bytes
    UNIQUE (document, actor, seq)
) STRICT;
INSERT INTO changes_apart SELECT * FROM changes;
DROP TABLE changes;
ALTER TABLE changes_apart RENAME TO changes;
CREATE INDEX changes_by_envelope ON changes (envelope) WHERE envelope IS NOT NULL;
DROP TABLE groups;
ALTER TABLE outbox RENAME TO groups;
CREATE INDEX groups_by_case ON groups (case_id, state);
