-- Settings of the agency as the server told them, in the order of telling: the last row is in force. `text` is JSON.
CREATE TABLE settings (
    number  INTEGER PRIMARY KEY,
    version INTEGER NOT NULL UNIQUE,
    text    TEXT    NOT NULL
) STRICT;

-- Visits that began and did not end: few at any time.
CREATE INDEX visit_under_way ON visit (case_id, id) WHERE removed = 0 AND status = 'in_progress';
