-- Settings of the agency, every version that was ever set: visits and assessments name the one that judged them.
CREATE TABLE settings (
    version     INTEGER PRIMARY KEY,
    -- When it was set, in the feed and by the clock.
    seq         INTEGER NOT NULL UNIQUE,
    set_ms      INTEGER NOT NULL,
    -- JSON: all of it, and what is told of it once another version followed.
    whole       TEXT NOT NULL,
    judging     TEXT NOT NULL
) STRICT;
