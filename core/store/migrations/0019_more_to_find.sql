-- Approvals and unanswered tasks are rows of `deadline` too (kinds 9 approval asked, 10 approval returned, 11 task asked), and search finds
-- more fields: rows of every record are made anew.
INSERT OR IGNORE INTO outdated SELECT id FROM documents WHERE kind = 0;
