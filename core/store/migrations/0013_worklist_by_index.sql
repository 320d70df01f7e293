-- What the worklist asks of rows that are due stands in the index that finds them, so that no row is fetched. `…_ms` are milliseconds since
-- 1970-01-01T00:00:00Z, `…_on` and `day` days since 1970-01-01.

DROP INDEX task_by_day;
CREATE INDEX task_by_day ON task (day, assignee, due_ms, urgency, importance) WHERE open = 1;
DROP INDEX visit_waiting;
CREATE INDEX visit_waiting ON visit (status, day, worker, planned_on, planned_start_ms, planned_end_ms, started_ms)
    WHERE removed = 0 AND status IN ('planned', 'in_progress', 'missed');
DROP INDEX deadline_by_day;
CREATE INDEX deadline_by_day ON deadline (kind, day, worker, units_left, urgency);
DROP INDEX allowance_by_use;
CREATE INDEX allowance_by_use ON allowance (used_percent, until_on, units, units_left);
DROP INDEX assessment_by_age;
CREATE INDEX assessment_by_age ON assessment (at_ms, alerts, instrument) WHERE standing = 1 AND conclusive = 1;

-- Every case in few pages. What an edit changes stands last, so that the entry stays where it is.
DROP INDEX cases_by_contact;
ALTER TABLE case_summary DROP COLUMN contact_on;
CREATE INDEX cases_by_lead ON case_summary (lead, case_id, status, risk, alert, opened_on, last_contact_ms, next_visit_on);

-- Alerts about violence stand in the worklist from now on.
INSERT OR IGNORE INTO outdated SELECT DISTINCT case_id FROM assessment;
