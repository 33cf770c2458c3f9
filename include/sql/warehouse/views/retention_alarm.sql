-- Alarms of the two months that are watched and the list in force, a row a customer, the most urgent first. Persons who
-- are held out of a list are not called for an alarm either, as long as the draw stands.
CREATE OR REPLACE VIEW {schema}.retention_alarm WITH (security_barrier) AS
WITH watched AS (
    SELECT
        max(day) AS last_day,
        (date_trunc('month', max(day)) - interval '1 month')::date AS since
    FROM {schema}.watch_day
),

alarm AS (
    SELECT
        a.customer_id,
        max(a.priority) AS priority,
        min(a.first_day) AS first_day,
        string_agg(a.trigger, ', ' ORDER BY a.priority DESC, a.trigger) AS triggers,
        string_agg(a.evidence_en, '; ' ORDER BY a.priority DESC, a.trigger) AS evidence_en,
        string_agg(a.evidence_zh, '；' ORDER BY a.priority DESC, a.trigger) AS evidence_zh,
        max(a.phone_token) AS phone_token,
        max(a.region_code) AS region_code,
        max(a.person_id) AS person_id,
        max(a.churn_score) AS churn_score
    FROM {schema}.trigger_alarm AS a
    CROSS JOIN watched
    WHERE a.ended_why IS NULL AND a.month >= watched.since
    GROUP BY a.customer_id
),

listed AS (
    SELECT w.month, w.customer_id, w.rank, w.level, w.churn_score, w.phone_token, w.region_code, w.person_id
    FROM {schema}.manifest AS m
    INNER JOIN {schema}.warning_list AS w ON w.month = m.month AND w.run_id = m.run_id
    WHERE m.month = (SELECT max(month) FROM {schema}.manifest)
),

held AS (
    SELECT h.customer_id, h.person_id
    FROM {schema}.held_out AS h
    CROSS JOIN watched
    WHERE h.held_until > coalesce(watched.last_day, '-infinity')
),

called AS (
    SELECT
        coalesce(a.customer_id, w.customer_id) AS customer_id,
        greatest(coalesce(a.priority, 0), round(100 * coalesce(w.churn_score, a.churn_score, 0)::numeric)::integer) AS urgency,
        a.priority,
        a.first_day,
        a.triggers,
        a.evidence_en,
        a.evidence_zh,
        coalesce(w.churn_score, a.churn_score) AS churn_score,
        w.month AS list_month,
        w.rank AS list_rank,
        w.level,
        coalesce(a.phone_token, w.phone_token) AS phone_token,
        coalesce(a.region_code, w.region_code) AS region_code,
        coalesce(w.person_id, a.person_id) AS person_id
    FROM alarm AS a
    FULL JOIN listed AS w ON w.customer_id = a.customer_id
)

SELECT
    row_number() OVER (
        ORDER BY
            c.urgency DESC, c.priority DESC NULLS LAST, c.list_rank NULLS LAST, c.churn_score DESC NULLS LAST, c.customer_id
    ) AS place,
    c.customer_id,
    v.phone_number,
    c.region_code,
    c.person_id,
    c.urgency,
    c.priority,
    c.first_day,
    c.triggers,
    c.evidence_en,
    c.evidence_zh,
    c.churn_score,
    c.list_month,
    c.list_rank,
    c.level,
    d.day AS data_day,
    d.is_complete,
    d.missing_en,
    d.missing_zh
FROM called AS c
LEFT JOIN {schema}.watch_day AS d ON d.day = (SELECT last_day FROM watched)
LEFT JOIN {schema}.vault AS v ON v.phone_token = c.phone_token
WHERE NOT EXISTS (
    SELECT 1 FROM held WHERE held.customer_id = c.customer_id OR held.person_id = c.person_id
);
