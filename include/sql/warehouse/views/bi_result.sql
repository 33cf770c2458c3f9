CREATE OR REPLACE VIEW {schema}.bi_result WITH (security_barrier) AS
SELECT
    r.month,
    r.customers,
    r.churners,
    round(100.0 * r.churners / nullif(c.at_risk, 0), 2) AS churn_rate_pct,
    r.warned,
    r.warned_churners,
    round(100.0 * r.warned_churners / nullif(c.warned_at_risk, 0), 2) AS precision_pct,
    round(100.0 * r.warned_churners / nullif(r.churners, 0), 2) AS coverage_pct,
    r.left_in_delay,
    r.warned_left_in_delay,
    round(100.0 * r.warned_in_time / nullif(r.warned - coalesce(r.warned_rotated, 0), 0), 2) AS precision_in_time_pct,
    r.run_id,
    r.known_until,
    r.revision,
    r.recorded_at,
    c.at_risk,
    c.warned_at_risk,
    r.left_before_list,
    r.warned_left_before_list,
    r.left_later,
    r.warned_left_later,
    r.rotated,
    r.warned_rotated,
    r.leavers,
    r.warned_in_time,
    round(100.0 * r.warned_in_time / nullif(r.leavers, 0), 2) AS coverage_in_time_pct,
    r.days_to_leaving_lower,
    r.days_to_leaving_median,
    r.days_to_leaving_upper
FROM {schema}.result AS r
CROSS JOIN LATERAL (
    SELECT
        r.customers - r.left_in_delay - coalesce(r.left_before_list, 0) - coalesce(r.rotated, 0) AS at_risk,
        r.warned - r.warned_left_in_delay - coalesce(r.warned_left_before_list, 0)
        - coalesce(r.warned_rotated, 0) AS warned_at_risk
) AS c
WHERE r.revision = (SELECT max(o.revision) FROM {schema}.result AS o WHERE o.month = r.month);
