CREATE OR REPLACE VIEW {schema}.bi_trigger_alarm WITH (security_barrier) AS
SELECT
    a.month,
    a.customer_id,
    CASE WHEN length(v.phone_number) >= 8
        THEN left(v.phone_number, 3) || '****' || right(v.phone_number, 4) END AS phone_masked,
    a.region_code,
    a.person_id,
    a.trigger,
    a.priority,
    a.event_date,
    a.known_date,
    a.first_day,
    a.evidence_en,
    a.evidence_zh,
    a.list_month,
    a.list_rank,
    a.churn_score,
    a.ended_day,
    a.ended_why
FROM {schema}.trigger_alarm AS a
LEFT JOIN {schema}.vault AS v ON v.phone_token = a.phone_token;
