-- Who is not to be contacted, whatever the reason to call: drawn by lot for a published list, until the window of that
-- list has ended, or of the panel, for good. What staff call from leaves them out.
CREATE OR REPLACE VIEW {schema}.held_out WITH (security_barrier) AS
SELECT
    w.customer_id,
    w.person_id,
    CASE w.arm WHEN 'panel' THEN 'infinity' ELSE w.arm_until END AS held_until
FROM {schema}.manifest AS m
INNER JOIN {schema}.warning_list AS w ON w.month = m.month AND w.run_id = m.run_id
WHERE w.arm IN ('hold_out', 'panel');
