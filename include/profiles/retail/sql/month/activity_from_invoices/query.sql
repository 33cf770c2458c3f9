-- Who dealt with the shop in the month: an order or a return, either shows that the customer is still there.
SELECT
    customer_id,
    true AS is_active,
    sum(quantity * unit_price_gbp) AS revenue_cny
FROM clean_invoice_line
WHERE month = $month AND event_date >= $month AND event_date < $as_of
    AND known_date < $known_until
GROUP BY customer_id
