-- Customers whose rows were added, replaced or removed.
SELECT
    {{table_name}} AS table_name,
    customer_id,
    $until AS restated_until
FROM {{differing}}
