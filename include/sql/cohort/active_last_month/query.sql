-- Customers active in the last month of the observe window, however short their history.
SELECT customer_id
FROM month_activity
WHERE month = $month AND month < $as_of
    AND is_active
