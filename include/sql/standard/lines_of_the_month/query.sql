-- What was counted in Python, and how the numbers stood that became tokens when they were delivered.
SELECT
    table_name,
    column_name,
    rule,
    unmapped,
    row_count,
    examples
FROM {{counted}}
UNION ALL
SELECT
    table_name,
    column_name,
    rule,
    NULL AS unmapped,
    row_count,
    NULL AS examples
FROM number_spelling
WHERE month = $month
