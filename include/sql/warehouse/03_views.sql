-- What people and BI tools read. One statement on one view sees one whole run of a month, with its run_id in each row.
DROP VIEW IF EXISTS {schema}.bi_warning_list, {schema}.retention_call_list, {schema}.bi_result,
    {schema}.bi_validation, {schema}.bi_promotion, {schema}.bi_publication;

CREATE VIEW {schema}.bi_warning_list WITH (security_barrier) AS
SELECT
    w.month,
    w.rank,
    w.customer_id,
    CASE WHEN length(v.phone_number) >= 8
        THEN left(v.phone_number, 3) || '****' || right(v.phone_number, 4) END AS phone_masked,
    w.arpu_cny,
    w.region_code,
    w.customer_group,
    w.churn_score,
    w.action_priority,
    w.level,
    w.reason_1, w.reason_1_en, w.reason_1_zh,
    w.reason_2, w.reason_2_en, w.reason_2_zh,
    w.reason_3, w.reason_3_en, w.reason_3_zh,
    w.strategy_en,
    w.strategy_zh,
    w.model_name,
    w.model_version,
    w.feature_set,
    w.person_id,
    w.line_count,
    w.person_arpu_cny,
    m.run_id,
    m.version,
    m.is_restated,
    m.known_until,
    m.published_at
FROM {schema}.manifest AS m
INNER JOIN {schema}.warning_list AS w ON w.month = m.month AND w.run_id = m.run_id
LEFT JOIN {schema}.vault AS v ON v.phone_token = w.phone_token;

CREATE VIEW {schema}.retention_call_list WITH (security_barrier) AS
SELECT
    w.month,
    w.rank,
    w.customer_id,
    v.phone_number,
    w.region_code,
    w.customer_group,
    w.level,
    w.arpu_cny,
    w.action_priority,
    w.person_id,
    w.line_count,
    w.person_arpu_cny,
    w.reason_1_en, w.reason_1_zh,
    w.reason_2_en, w.reason_2_zh,
    w.reason_3_en, w.reason_3_zh,
    w.strategy_en,
    w.strategy_zh,
    m.run_id,
    m.is_restated,
    m.known_until,
    m.published_at
FROM {schema}.manifest AS m
INNER JOIN {schema}.warning_list AS w ON w.month = m.month AND w.run_id = m.run_id
LEFT JOIN {schema}.vault AS v ON v.phone_token = w.phone_token;

CREATE VIEW {schema}.bi_result WITH (security_barrier) AS
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

CREATE VIEW {schema}.bi_validation WITH (security_barrier) AS
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

CREATE VIEW {schema}.bi_promotion WITH (security_barrier) AS
WITH decision AS (
    SELECT p.*, p.revision = max(p.revision) OVER (PARTITION BY p.decided_in) AS is_current
    FROM {schema}.promotion AS p
)
SELECT
    d.model_name,
    d.model_version,
    d.is_promoted,
    d.decided_in AS valid_from,
    (
        SELECT min(n.decided_in) FROM decision AS n
        WHERE n.is_current AND n.decided_in > d.decided_in
            AND (n.model_name, n.model_version) <> (d.model_name, d.model_version)
    ) AS valid_to,
    d.decided_by,
    d.why,
    d.metrics,
    d.revision,
    d.is_current,
    d.recorded_at
FROM decision AS d;

CREATE VIEW {schema}.bi_publication WITH (security_barrier) AS
SELECT
    h.month,
    h.version,
    h.run_id,
    r.row_count,
    h.is_restated,
    h.known_until,
    h.published_at,
    h.version = m.version AS is_current
FROM {schema}.manifest_history AS h
INNER JOIN {schema}.run AS r ON r.month = h.month AND r.run_id = h.run_id
INNER JOIN {schema}.manifest AS m ON m.month = h.month;
