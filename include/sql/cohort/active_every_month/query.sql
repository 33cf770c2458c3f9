-- Customers billed in each month of the observe window (C1).
-- Observe 3, month 2024-03: January, February and March must all be active.
-- Who is known to have closed the account is no customer any more, though the last bill may still have come.
SELECT customer_id
FROM month_activity
WHERE month >= $observe_start AND month < $as_of
    AND is_active
    AND customer_id NOT IN (SELECT customer_id FROM month_profile WHERE month = $month AND month < $as_of AND has_left)
GROUP BY customer_id
HAVING count(*) = date_diff('month', $observe_start, $as_of)
