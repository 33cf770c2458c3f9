-- The customers of whom two versions of a partition say different things, or only one says anything.
SELECT DISTINCT customer_id
FROM (
    SELECT
        {{columns}},
        1 AS side
    FROM {{now}}
    UNION ALL
    SELECT
        {{columns}},
        -1 AS side
    FROM {{before}}
)
WHERE customer_id IS NOT NULL
GROUP BY {{columns}}
HAVING sum(side) <> 0
