-- What staff call from: who is held out does not stand here.
CREATE OR REPLACE VIEW {schema}.retention_call_list WITH (security_barrier) AS
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
    m.published_at,
    w.reason_1_role, w.reason_2_role, w.reason_3_role,
    w.cause_1, w.cause_2, w.cause_3,
    w.triggers, w.triggers_en, w.triggers_zh
FROM {schema}.manifest AS m
INNER JOIN {schema}.warning_list AS w ON w.month = m.month AND w.run_id = m.run_id
LEFT JOIN {schema}.vault AS v ON v.phone_token = w.phone_token
WHERE coalesce(w.arm, 'treat') IN ('treat', 'exempt');
