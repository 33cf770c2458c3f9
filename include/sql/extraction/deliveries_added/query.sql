-- The deliveries of a restatement, added to those of the versions before it and to its own that stay.
SELECT * FROM new_deliveries
UNION ALL BY NAME
SELECT * EXCLUDE (month) FROM delivery
WHERE month = $month AND (known_until < $until OR list_contains($kept, table_name))
