-- The customers of whom a clean table says something else than before: their rows were added, replaced or removed, or
-- a day has passed since then from which on more may be seen of them.
SELECT customer_id
FROM touched_customer
WHERE month = $month AND restated_until = $until AND table_name = $table_name
UNION
SELECT customer_id
FROM {{clean}}
WHERE month <= $month AND customer_id IS NOT NULL AND {{became_known}}
