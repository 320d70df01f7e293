-- Lists by status and by risk. What ranks equal is ordered by name, and what this library does not know stands last.
ALTER TABLE case_summary ADD COLUMN status_order TEXT AS (
    CASE status WHEN 'enquiry' THEN '0' WHEN 'open' THEN '1' WHEN 'on_hold' THEN '2' WHEN 'closed' THEN '3' ELSE '9' END || sort_name
) VIRTUAL;
ALTER TABLE case_summary ADD COLUMN risk_order TEXT AS (
    CASE risk WHEN 'high' THEN '0' WHEN 'medium' THEN '1' WHEN 'low' THEN '2' WHEN 'none' THEN '3' ELSE '9' END || sort_name
) VIRTUAL;
CREATE INDEX cases_by_status ON case_summary (status_order, case_id, status, risk, lead, sector, programme, language);
CREATE INDEX cases_by_risk   ON case_summary (risk_order, case_id, status, risk, lead, sector, programme, language);

-- Households are among the keys of `person_key`: rows of every record are made anew.
INSERT OR IGNORE INTO outdated SELECT id FROM documents WHERE kind = 0;
