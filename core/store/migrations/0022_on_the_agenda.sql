-- What stands on the agenda says what it is about, contacts and goals that were met count in figures (kinds 7 contact made, 8 goal met), and
-- what is a part of something removed is no longer found: rows of every record are made anew.
INSERT OR IGNORE INTO outdated SELECT id FROM documents WHERE kind = 0;

-- Exchanges merge the index. Sixteen edits in between made FTS5 merge it within one of them, which wrote 25 pages, and put what the next ones
-- add between others, 5 pages each instead of 2.
INSERT INTO search (search, rank) VALUES ('crisismerge', 64);

-- Where in the server's feed a role stood: a server that was set back tells of ends that an unknown later word has overtaken.
ALTER TABLE access ADD COLUMN seq INTEGER;
