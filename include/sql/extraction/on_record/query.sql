-- The latest known day of all versions on record, and the late rows that the newest of them holds.
SELECT
    table_name,
    max(max_known_date) AS known_up_to,
    arg_max(late_rows, known_until) AS late_rows
FROM {{deliveries}}
GROUP BY table_name
