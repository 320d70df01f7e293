-- Each order of the list carries everything about a case and its person that lists filter by, so that a row that is filtered out is never
-- fetched, however few cases pass.

DROP INDEX cases_by_name;
DROP INDEX cases_by_visit;
DROP INDEX cases_by_due;
DROP INDEX cases_by_changed;
CREATE INDEX cases_by_name    ON case_summary (sort_name, case_id, status, risk, lead, sector, programme, language);
CREATE INDEX cases_by_visit   ON case_summary (visit_order, case_id, status, risk, lead, sector, programme, language);
CREATE INDEX cases_by_due     ON case_summary (due_order, case_id, status, risk, lead, sector, programme, language);
CREATE INDEX cases_by_changed ON case_summary (changed_ms, case_id, status, risk, lead, sector, programme, language);
