CREATE OR REPLACE VIEW {schema}.bi_publication WITH (security_barrier) AS
SELECT
    h.month,
    h.version,
    h.run_id,
    r.row_count,
    h.is_restated,
    h.known_until,
    h.published_at,
    h.version = m.version AS is_current,
    r.taken_out
FROM {schema}.manifest_history AS h
INNER JOIN {schema}.run AS r ON r.month = h.month AND r.run_id = h.run_id
INNER JOIN {schema}.manifest AS m ON m.month = h.month;
