-- Of whom the master of an earlier month says that the account was closed by then, those who are active in this month.
-- A master that was read as it stands today, for months that are long past, calls closed who has left since.
SELECT
    count(*) AS closed,
    count(activity.customer_id) AS active_again,
    list(held.customer_id ORDER BY held.customer_id) FILTER (activity.customer_id IS NOT NULL)[:5] AS examples
FROM month_profile AS held
LEFT JOIN month_activity AS activity
    ON activity.customer_id = held.customer_id AND activity.month = $month AND activity.month < $as_of
    AND activity.is_active
WHERE held.month = $closed_by AND held.month < $as_of
    AND held.has_left
