-- Restricted compartments: records of their own about a case, which is named nowhere else. `…_ms` are milliseconds since
-- 1970-01-01T00:00:00Z.

CREATE TABLE compartment (
    case_id     BLOB PRIMARY KEY,                   -- the compartment's own id: the record that the row is of, as in every table
    about       BLOB    NOT NULL,                   -- the case
    title       TEXT    NOT NULL,
    notes       INTEGER NOT NULL,                   -- of these four, those that were not removed
    needs       INTEGER NOT NULL,
    assessments INTEGER NOT NULL,
    attachments INTEGER NOT NULL,
    alerts      INTEGER NOT NULL,                   -- that nobody has answered
    changed_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX compartment_by_case ON compartment (about);

-- What an older version took in and could not read.
INSERT OR IGNORE INTO outdated
SELECT id FROM documents WHERE kind = 0 AND id NOT IN (SELECT case_id FROM case_summary);
