-- Customers active in the last month of the observe window, however short their history.
-- Who is known to have closed the account is no customer any more, though the last bill may still have come.
SELECT customer_id
FROM month_activity
WHERE month = $month AND month < $as_of
    AND is_active
    AND customer_id NOT IN (SELECT customer_id FROM month_profile WHERE month = $month AND month < $as_of AND has_left)
