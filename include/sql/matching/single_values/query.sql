-- What the lines of doubtful pairs show of something that a person has one of.
SELECT
    customer_id,
    {{column}} AS value
FROM match_records
WHERE
    {{column}} IS NOT NULL
    AND customer_id IN (
        SELECT customer_id_a FROM match_links
        UNION
        SELECT customer_id_b FROM match_links
    )
