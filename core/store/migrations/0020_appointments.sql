-- Hearings and appointments are rows of `deadline` too (kinds 12 hearing, 13 appointment of a referral), what a moment tells keeps it, so that
-- it stands on the day that it is where somebody asks, and units used at a removed visit count no more: rows of every record are made anew.
ALTER TABLE deadline ADD COLUMN ms INTEGER;         -- the moment, where there is one; `day` is then its day in UTC
ALTER TABLE deadline ADD COLUMN title TEXT;         -- what a hearing or an appointment is about
DROP INDEX deadline_by_day;
CREATE INDEX deadline_by_day ON deadline (kind, day, worker, units_left, urgency, ms);
INSERT OR IGNORE INTO outdated SELECT id FROM documents WHERE kind = 0;
