-- Customers of whose rows something (the row, an outcome) became known since the version before.
SELECT DISTINCT
    {{table_name}} AS table_name,
    customer_id,
    $until AS restated_until
FROM {{clean}}
WHERE {{newly_known}} AND customer_id IS NOT NULL
