-- How long the snapshot is once its row is inflated, where bytes is one zstd frame; nothing where bytes is the snapshot itself, as
-- all were before. size stays the length of bytes.
ALTER TABLE snapshots ADD COLUMN inflated INTEGER;
