-- The latest known date of a delivered table, and the rows that became known after its month was first read.
WITH delivered AS (
    SELECT TRY_CAST(known_date AS DATE) AS known
    FROM {{rows}}
)

SELECT
    max(known) AS latest,
    count(*) FILTER (WHERE known >= $first) AS late
FROM delivered
