-- Settings of the agency as the server told them, in the order of telling: the last row is in force. `text` is JSON.
CREATE TABLE settings (
    number  INTEGER PRIMARY KEY,
    version INTEGER NOT NULL UNIQUE,
    text    TEXT    NOT NULL
) STRICT;
