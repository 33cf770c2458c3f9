-- What was set aside before, but for the tables that are judged again as a whole.
SELECT * EXCLUDE (month)
FROM {{before}}
WHERE NOT list_contains($judged, table_name)
