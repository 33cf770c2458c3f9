CREATE OR REPLACE VIEW {schema}.bi_warning_list WITH (security_barrier) AS
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
    m.published_at,
    w.reason_1_role, w.reason_2_role, w.reason_3_role,
    w.cause_1, w.cause_2, w.cause_3,
    w.triggers, w.triggers_en, w.triggers_zh,
    w.trigger_set,
    w.arm, w.arm_month, w.arm_until
FROM {schema}.manifest AS m
INNER JOIN {schema}.warning_list AS w ON w.month = m.month AND w.run_id = m.run_id
LEFT JOIN {schema}.vault AS v ON v.phone_token = w.phone_token;
