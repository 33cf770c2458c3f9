-- How many rows of each raw table each rule has set aside in the month.
SELECT
    table_name,
    rule AS name,
    CAST(sum(row_count) AS BIGINT) AS rows
FROM quarantine
WHERE month = $month
GROUP BY table_name, rule
ORDER BY table_name, rule
