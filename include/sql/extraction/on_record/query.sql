-- The latest known day of all versions on record, and what the newest of them says.
SELECT
    table_name,
    max(max_known_date) AS known_up_to,
    arg_max(row_count, known_until) AS row_count,
    arg_max(late_rows, known_until) AS late_rows,
    arg_max(coalesce(forgotten_rows, 0), known_until) AS forgotten_rows,
    arg_max(schema_json, known_until) AS schema_json
FROM {{deliveries}}
GROUP BY table_name
