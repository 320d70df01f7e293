-- Scopes that are shared with everybody in the organisation: the role that workers are given who are made later.
CREATE TABLE shared_scopes (
    scope       BLOB PRIMARY KEY REFERENCES scopes (id),
    role        TEXT NOT NULL CHECK (role IN ('contributor', 'reader'))
) STRICT, WITHOUT ROWID;

-- A grant that came with a scope's being shared with everybody: its worker is told of it, the other members are not.
ALTER TABLE grants ADD COLUMN for_all INTEGER NOT NULL DEFAULT 0;
