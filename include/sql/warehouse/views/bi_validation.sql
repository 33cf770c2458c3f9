CREATE OR REPLACE VIEW {schema}.bi_validation WITH (security_barrier) AS
SELECT
    v.month,
    v.tested_month,
    v.candidate,
    m.measure,
    m.value,
    v.revision,
    v.recorded_at
FROM {schema}.validation AS v
CROSS JOIN LATERAL jsonb_each_text(v.measures) AS m (measure, value)
WHERE v.revision = (
    SELECT max(o.revision) FROM {schema}.validation AS o
    WHERE o.month = v.month AND o.tested_month = v.tested_month AND o.candidate = v.candidate
);
