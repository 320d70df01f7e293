-- Less to store and less to write with each edit.

-- The index says which texts have a word, not where in them: what is found is read again to rank it and to cut its snippet.
DROP TABLE search;

-- Higher numbers are looked at first. Those from 2^40 are for the names people are known by.
UPDATE search_text SET number = number + 1099511627776 WHERE kind IN ('case', 'person', 'phone', 'identifier', 'contact');

-- The words of a draft that is signed as it stands are found with its signed version.
DELETE FROM search_text AS draft WHERE kind = 'note' AND EXISTS (
    SELECT 1 FROM search_text AS signed
    WHERE signed.case_id = draft.case_id AND signed.kind = 'signed_note' AND signed.text = draft.text
);

CREATE VIRTUAL TABLE search USING fts5 (
    text,
    content = 'search_text',
    content_rowid = 'number',
    tokenize = 'unicode61 remove_diacritics 2',
    detail = column,
    prefix = '2'
);
-- Words of deleted rows leave the index at once, not at the next merge of its segments.
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
-- A leaf fits into a page of the file.
INSERT INTO search (search, rank) VALUES ('pgsz', 3900);
-- Segments are merged by a few pages with each write that indexes, never by hundreds at once.
INSERT INTO search (search, rank) VALUES ('automerge', 0);
INSERT INTO search (search) VALUES ('rebuild');

-- How a case stands with the server and in conflict changes with every edit, and is looked up where it is listed by it.
DROP INDEX cases_by_name;
DROP INDEX cases_by_visit;
DROP INDEX cases_by_due;
DROP INDEX cases_by_changed;
CREATE INDEX cases_by_name    ON case_summary (sort_name, case_id, status, risk, lead);
CREATE INDEX cases_by_visit   ON case_summary (visit_order, case_id, status, risk, lead);
CREATE INDEX cases_by_due     ON case_summary (due_order, case_id, status, risk, lead);
CREATE INDEX cases_by_changed ON case_summary (changed_ms, case_id, status, risk, lead);

-- One index for the day of all and the day of one.
DROP INDEX visit_by_day;
DROP INDEX visit_by_worker_and_day;
CREATE INDEX visit_by_day ON visit (day, worker) WHERE removed = 0;
DROP INDEX task_by_day;
DROP INDEX task_by_assignee_and_day;
CREATE INDEX task_by_day ON task (day, assignee) WHERE open = 1;

-- The next visit of a case without reading the others.
CREATE INDEX visit_planned ON visit (case_id, coalesce(planned_start_ms, day * 86400000), id)
    WHERE removed = 0 AND day IS NOT NULL AND coalesce(status, 'planned') = 'planned';

-- A change is found by its document or its group: what is folded has no row, so there are few.
CREATE TABLE changes_slim (
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
    UNIQUE (document, actor, seq)
) STRICT;
INSERT INTO changes_slim SELECT * FROM changes;
DROP TABLE changes;
ALTER TABLE changes_slim RENAME TO changes;
CREATE INDEX changes_by_group ON changes (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX changes_by_envelope ON changes (envelope) WHERE envelope IS NOT NULL;
