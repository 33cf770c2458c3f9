-- Customers billed in each month of the observe window (C1).
-- Observe 3, month 2024-03: January, February and March must all be active.
SELECT customer_id
FROM month_activity
WHERE month >= $observe_start AND month < $as_of
    AND is_active
GROUP BY customer_id
HAVING count(*) = date_diff('month', $observe_start, $as_of)
