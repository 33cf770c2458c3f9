-- The compared records with the groups in which they are compared pair by pair.
SELECT
    *,
    {{blocks}}
FROM match_records
ORDER BY customer_id
