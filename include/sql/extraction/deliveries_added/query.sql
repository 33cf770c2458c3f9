-- The deliveries of a restatement, added to those of the versions before it.
SELECT * FROM new_deliveries
UNION ALL BY NAME
SELECT * EXCLUDE (month) FROM delivery
WHERE month = $month AND known_until < $until
