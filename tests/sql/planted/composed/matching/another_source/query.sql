-- Reads a table that its declaration does not name.
SELECT customer_id
FROM {{lines}}
WHERE customer_id IN (SELECT customer_id FROM match_records)
