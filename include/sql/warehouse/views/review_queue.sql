CREATE OR REPLACE VIEW {schema}.review_queue WITH (security_barrier) AS
SELECT
    r.customer_id_a,
    r.customer_id_b,
    r.first_seen,
    r.probability,
    r.reason,
    r.evidence,
    r.evidence_zh,
    CASE WHEN length(a.phone_number) >= 8
        THEN left(a.phone_number, 3) || '****' || right(a.phone_number, 4) END AS phone_masked_a,
    r.record_a,
    CASE WHEN length(b.phone_number) >= 8
        THEN left(b.phone_number, 3) || '****' || right(b.phone_number, 4) END AS phone_masked_b,
    r.record_b,
    CASE WHEN d.decision IN ('same', 'different') THEN d.decision ELSE 'open' END AS state,
    d.decision,
    d.decided_by,
    d.why,
    d.revision,
    d.recorded_at
FROM {schema}.match_review AS r
LEFT JOIN {schema}.vault AS a ON a.phone_token = r.phone_token_a
LEFT JOIN {schema}.vault AS b ON b.phone_token = r.phone_token_b
LEFT JOIN LATERAL (
    SELECT o.decision, o.decided_by, o.why, o.revision, o.recorded_at
    FROM {schema}.match_decision AS o
    WHERE o.customer_id_a = r.customer_id_a AND o.customer_id_b = r.customer_id_b
    ORDER BY o.revision DESC LIMIT 1
) AS d ON true;
