-- Customers whose rows were added, replaced or removed.
WITH added AS (
    SELECT * FROM {{now}}
    EXCEPT ALL
    SELECT * FROM {{before}}
),

removed AS (
    SELECT * FROM {{before}}
    EXCEPT ALL
    SELECT * FROM {{now}}
)

SELECT DISTINCT
    {{table_name}} AS table_name,
    customer_id,
    $until AS restated_until
FROM (SELECT customer_id FROM added UNION ALL SELECT customer_id FROM removed)
WHERE customer_id IS NOT NULL
