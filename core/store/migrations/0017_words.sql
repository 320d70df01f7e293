-- The words of the index, for looking up those that begin with another. It stores nothing of its own.
CREATE VIRTUAL TABLE search_word USING fts5vocab (search, row);
