CREATE OR REPLACE VIEW {schema}.bi_result WITH (security_barrier) AS
SELECT
    r.month,
    r.customers,
    r.churners,
    round(100.0 * r.churners / nullif(r.customers, 0), 2) AS churn_rate_pct,
    r.warned,
    r.warned_churners,
    round(100.0 * r.warned_churners / nullif(r.warned, 0), 2) AS precision_pct,
    round(100.0 * r.warned_churners / nullif(r.churners, 0), 2) AS coverage_pct,
    r.left_in_delay,
    r.warned_left_in_delay,
    round(100.0 * r.warned_churners / nullif(r.warned - r.warned_left_in_delay, 0), 2) AS precision_in_time_pct,
    r.run_id,
    r.known_until,
    r.revision,
    r.recorded_at
FROM {schema}.result AS r
WHERE r.revision = (SELECT max(o.revision) FROM {schema}.result AS o WHERE o.month = r.month);
