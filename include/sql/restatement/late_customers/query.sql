-- Customers of the late rows, and of those that a late row has replaced.
WITH replaced AS (
    SELECT customer_id
    FROM {{before}}
    SEMI JOIN {{replacing}} USING ({{key}})
),

touched AS (
    SELECT customer_id FROM {{late}}
    UNION ALL
    SELECT customer_id FROM replaced
)

SELECT DISTINCT
    {{table_name}} AS table_name,
    customer_id,
    $until AS restated_until
FROM touched
WHERE customer_id IS NOT NULL
