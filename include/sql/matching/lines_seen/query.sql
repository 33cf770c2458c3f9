-- The numbers that one clean table of the month names. The partition is the bound: what its rows say is not read.
SELECT DISTINCT customer_id
FROM {{clean}}
WHERE month = $month AND customer_id IS NOT NULL
