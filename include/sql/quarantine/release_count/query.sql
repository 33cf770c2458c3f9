-- How many rows of one raw table people have accepted for the month.
SELECT count(*) AS release_count
FROM quarantine_release
WHERE month = $month AND table_name = $table_name
