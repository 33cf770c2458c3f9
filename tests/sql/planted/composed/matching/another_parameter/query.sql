-- Asks for another parameter than its declaration says.
SELECT customer_id
FROM customer_line
WHERE month = $before
