-- The building behind the customer's fixed access as it stood at the end of the month.
SELECT
    customer_id,
    max(operator_count) AS building_operator_count,
    date_diff('month', $as_of, min(demolition_date)) AS months_to_demolition
FROM clean_premises
WHERE month = $month AND event_date >= $month AND event_date < $as_of
    AND known_date < $known_until
GROUP BY customer_id
