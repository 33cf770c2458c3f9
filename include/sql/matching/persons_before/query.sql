-- The month before, without the lines that were simply a person of their own and are in no link now.
WITH earlier AS (
    SELECT
        customer_id,
        person_id
    FROM customer_line
    WHERE month = $before
),

joined AS (
    SELECT person_id
    FROM earlier
    WHERE person_id <> 'P' || customer_id
)

SELECT
    customer_id,
    person_id
FROM earlier
WHERE
    person_id IN (SELECT person_id FROM joined)
    OR 'P' || customer_id IN (SELECT person_id FROM joined)
    OR customer_id IN (
        SELECT customer_id_a FROM match_links
        UNION
        SELECT customer_id_b FROM match_links
    )
