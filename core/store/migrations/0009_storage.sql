-- Less to store, and fewer pages to write with each edit: core/docs/adr/0011-what-rests-is-packed-together.md.

-- What of a case rests, compressed as one: its texts, which stand in its record, in the drafts of its notes and in what search shows.
CREATE TABLE packs (
    number   INTEGER PRIMARY KEY,
    case_id  BLOB NOT NULL UNIQUE,
    bytes    BLOB,                                  -- nothing as long as nothing of the case rests
    checksum BLOB                                   -- BLAKE3 of case_id and bytes
) STRICT;

-- A snapshot stands here until it is packed. One that is in neither place is lost where `documents.snapshot_bytes` is not 0.
ALTER TABLE snapshots ADD COLUMN compressed INTEGER NOT NULL DEFAULT 0;

-- Texts apart from the entries they belong to, so that those that are packed leave whole pages.
CREATE TABLE search_entry (
    number INTEGER PRIMARY KEY,
    pack   INTEGER NOT NULL REFERENCES packs (number),
    kind   TEXT NOT NULL,
    id     BLOB NOT NULL
) STRICT;
CREATE TABLE search_loose (
    number INTEGER PRIMARY KEY REFERENCES search_entry (number) ON DELETE CASCADE,
    text   TEXT NOT NULL
) STRICT;
INSERT INTO packs (case_id) SELECT DISTINCT case_id FROM search_text;
-- What is written last has the highest number, so that nothing makes room for it. Those below 2^24 are for the names people are known by.
INSERT INTO search_entry
SELECT iif(text.number > 1 << 40, text.number - (1 << 40), text.number + (1 << 24)) AS number, packs.number, text.kind, text.id
FROM search_text AS text JOIN packs USING (case_id) ORDER BY 1;
INSERT INTO search_loose
SELECT iif(number > 1 << 40, number - (1 << 40), number + (1 << 24)) AS number, text FROM search_text ORDER BY 1;
DROP TABLE search;
DROP TABLE search_text;
CREATE INDEX search_by_case ON search_entry (pack, id);

CREATE VIEW search_text AS
SELECT entry.number, packs.case_id, entry.kind, entry.id,
       coalesce(loose.text, packed_text(packs.bytes, entry.number)) AS text
FROM search_entry AS entry
JOIN packs ON packs.number = entry.pack
LEFT JOIN search_loose AS loose ON loose.number = entry.number;

-- Neither where in a text a word stands nor how long a text is: what is found is read again. A number that was deleted in a
-- transaction is not given out again in it: FTS5 before 3.54 would lose words of other texts.
CREATE VIRTUAL TABLE search USING fts5 (
    text,
    content = 'search_text',
    content_rowid = 'number',
    tokenize = 'unicode61 remove_diacritics 2',
    detail = none,
    columnsize = 0
);
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
INSERT INTO search (search, rank) VALUES ('pgsz', 3900);
INSERT INTO search (search, rank) VALUES ('automerge', 0);
INSERT INTO search (search) VALUES ('rebuild');
