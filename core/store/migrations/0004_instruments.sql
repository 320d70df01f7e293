-- Definitions of assessment instruments that the agency registered, as they were given. They never change: a new version is a new row.
CREATE TABLE instruments (
    id         TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    definition TEXT    NOT NULL,                    -- JSON
    PRIMARY KEY (id, version)
) STRICT;
