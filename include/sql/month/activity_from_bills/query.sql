-- Who was billed in the month (C1), and how much: active when all items together come to more than nothing.
SELECT
    customer_id,
    sum(amount_cny) > 0 AS is_active,
    sum(amount_cny) AS revenue_cny
FROM clean_bill
WHERE month = $month AND event_date >= $month AND event_date < $as_of
    AND known_date < $known_until
GROUP BY customer_id
