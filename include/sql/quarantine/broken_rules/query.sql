-- How many rows of one raw table each rule has set aside in the month.
SELECT
    rule AS name,
    CAST(sum(row_count) AS BIGINT) AS rows
FROM quarantine
WHERE month = $month AND table_name = $table_name
GROUP BY rule
ORDER BY rule
