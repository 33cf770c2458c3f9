-- Customers active in at least one month of the observe window.
SELECT DISTINCT customer_id
FROM month_activity
WHERE month >= $observe_start AND month < $as_of
    AND is_active
