-- What was set aside before, but for the tables that are judged again as a whole, and for damaged lines of files.
SELECT * EXCLUDE (month)
FROM {{before}}
WHERE NOT list_contains($judged, table_name) AND NOT list_contains($damage, rule)
