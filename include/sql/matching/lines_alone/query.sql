-- Without names nothing can be compared: each number is a person of its own.
SELECT
    customer_id,
    'P' || customer_id AS person_id,
    true AS is_primary,
    true AS is_current,
    1 AS line_count,
    NULL AS opened_date,
    NULL AS ended_date,
    NULL AS successor_id,
    $month AS seen_month
FROM {{lines}}
