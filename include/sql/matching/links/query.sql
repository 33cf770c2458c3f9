-- Every pair to be judged: compared now at $lower or above, or of the kind that is always asked about; merged before
-- while one of its records is no longer there to be compared; or decided by people.
WITH compared AS (
    SELECT
        customer_id_a,
        customer_id_b,
        probability,
        CASE WHEN probability >= $lower THEN {{guard}} ELSE {{asked}} END AS guard,
        {{evidence}} AS evidence,
        {{evidence_zh}} AS evidence_zh
    FROM match_scored
),

earlier AS (
    SELECT * EXCLUDE (month)
    FROM match_pair
    WHERE month = $before
),

decided AS (
    SELECT
        customer_id_a,
        customer_id_b,
        decision,
        revision
    FROM review_decision
    WHERE
        month = $month
        AND customer_id_a IN (SELECT customer_id FROM match_lines)
        AND customer_id_b IN (SELECT customer_id FROM match_lines)
),

gone AS (
    SELECT customer_id
    FROM match_lines
    WHERE customer_id NOT IN (SELECT customer_id FROM match_records)
)

SELECT
    customer_id_a,
    customer_id_b,
    coalesce(compared.probability, earlier.probability, 0) AS probability,
    compared.guard,
    coalesce(earlier.verdict = 'merged', false) AS was_merged,
    decided.decision,
    coalesce(decided.revision, 0) AS revision,
    coalesce(compared.evidence, earlier.evidence) AS evidence,
    coalesce(compared.evidence_zh, earlier.evidence_zh) AS evidence_zh,
    CASE
        WHEN compared.probability IS NULL THEN coalesce(earlier.compared_month, $month)
        ELSE $month
    END AS compared_month
FROM compared
FULL JOIN earlier USING (customer_id_a, customer_id_b)
FULL JOIN decided USING (customer_id_a, customer_id_b)
WHERE
    decided.decision IS NOT NULL
    OR compared.probability >= $lower
    OR compared.guard IS NOT NULL
    OR (
        earlier.verdict = 'merged'
        AND compared.probability IS NULL
        AND (
            customer_id_a IN (SELECT customer_id FROM gone)
            OR customer_id_b IN (SELECT customer_id FROM gone)
        )
    )
