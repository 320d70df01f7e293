-- 1: a draft whose note is signed as it stands. It is in nobody's digest, and not among what a new device and a new member get. Nothing:
-- nobody has looked at it yet, and it counts like any other.
ALTER TABLE documents ADD COLUMN closed INTEGER;
UPDATE documents SET closed = 0 WHERE kind = 'case';
CREATE INDEX documents_not_looked_at ON documents (scope) WHERE closed IS NULL;
