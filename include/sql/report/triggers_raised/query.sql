-- How many customers each trigger of the month was raised for, and how many of them are on the list, the most urgent first.
SELECT
    raised."trigger",
    count(*) AS customers,
    count(listed.customer_id) AS listed
FROM out_trigger AS raised
LEFT JOIN out_warning_list AS listed
    ON listed.customer_id = raised.customer_id AND listed.month = raised.month
WHERE raised.month = $month
GROUP BY raised."trigger"
ORDER BY max(raised.priority) DESC, raised."trigger"
