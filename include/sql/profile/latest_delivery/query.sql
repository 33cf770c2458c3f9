-- The schemas of one table as it was last delivered for a month; a restated month has several deliveries.
SELECT schema_json
FROM delivery
WHERE month = $month AND table_name = $table_name
ORDER BY known_until DESC
LIMIT 1
