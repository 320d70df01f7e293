-- Ids are 16 bytes. `…_ms` and `ms` are milliseconds since 1970-01-01T00:00:00Z, `day` and `until` days since 1970-01-01.

-- What the figures of a period count, beside visits.
CREATE TABLE figure (
    case_id  BLOB    NOT NULL,
    id       BLOB    NOT NULL,
    kind     INTEGER NOT NULL,                      -- 0 case opened, 1 closed, 2 task done, 3 a day of a task that comes back,
                                                    -- 4 assessment completed, 5 referral closed, 6 authorization given
    day      INTEGER NOT NULL,                      -- of a moment, the UTC day
    ms       INTEGER,
    until    INTEGER,
    approved INTEGER,
    used     INTEGER,
    PRIMARY KEY (case_id, id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX figure_by_day ON figure (kind, day);

INSERT OR IGNORE INTO outdated SELECT case_id FROM case_summary;
