-- The index takes in words of many edits at once: core/docs/adr/0021-words-of-many-edits-at-once.md. Of names and of what is written, the last
-- number that it has: texts above wait. What makes the index anew has to leave these out, or to move the numbers. Above the last entry it may
-- have words of texts that were removed when nobody could read them any more.
CREATE TABLE search_indexed (
    first INTEGER PRIMARY KEY,                      -- of the sort
    last  INTEGER NOT NULL
) STRICT;
INSERT INTO search_indexed VALUES
    (1, (SELECT coalesce(max(number), 0) + 1000 FROM search_entry WHERE number < 1 << 24)),
    (1 << 24, (SELECT coalesce(max(number), 1 << 24) + 1000 FROM search_entry WHERE number >= 1 << 24));
