CREATE OR REPLACE VIEW {schema}.bi_erasure WITH (security_barrier) AS
SELECT
    m.month,
    m.persons,
    m.list_rows,
    e.request,
    e.decided_by,
    e.why,
    e.recorded_at
FROM {schema}.erasure AS e
INNER JOIN {schema}.erasure_month AS m ON m.erasure_key = e.erasure_key;
