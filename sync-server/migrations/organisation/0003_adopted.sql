-- Runs whose author nobody can prove any more: the device did not make them but answers for them.
ALTER TABLE runs ADD COLUMN adopted INTEGER NOT NULL DEFAULT 0;
CREATE INDEX runs_adopted ON runs (document, seq, position) WHERE adopted = 1;
