-- Rows with a day that is there and cannot be read.
SELECT count(*) AS row_count
FROM {{days}}
WHERE unreadable IS NOT NULL
