-- Who is held out of a list is not called for a trigger either, as long as the draw stands.
CREATE OR REPLACE VIEW {schema}.retention_trigger WITH (security_barrier) AS
SELECT
    t.month,
    t.customer_id,
    v.phone_number,
    t.region_code,
    t.trigger,
    t.priority,
    t.event_date,
    t.known_date,
    t.evidence_en,
    t.evidence_zh,
    w.rank IS NOT NULL AS is_listed,
    w.rank,
    m.run_id,
    m.is_restated,
    m.known_until,
    m.published_at
FROM {schema}.manifest AS m
INNER JOIN {schema}.raised_trigger AS t ON t.month = m.month AND t.run_id = m.run_id
LEFT JOIN {schema}.warning_list AS w ON w.month = t.month AND w.run_id = t.run_id AND w.customer_id = t.customer_id
LEFT JOIN {schema}.vault AS v ON v.phone_token = t.phone_token
WHERE NOT EXISTS (
    SELECT 1 FROM {schema}.held_out AS held
    WHERE held.customer_id = t.customer_id AND held.held_until > t.event_date
);
