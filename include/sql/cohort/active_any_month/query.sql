-- Customers active in at least one month of the observe window.
-- Who is known to have closed the account is no customer any more, though the last bill may still have come.
SELECT DISTINCT customer_id
FROM month_activity
WHERE month >= $observe_start AND month < $as_of
    AND is_active
    AND customer_id NOT IN (SELECT customer_id FROM month_profile WHERE month = $month AND month < $as_of AND has_left)
