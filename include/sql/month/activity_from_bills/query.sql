-- Who was billed in the month (C1), and how much. Billed: the charges of the month, less what reversals and credit notes take back of
-- them, come to more than nothing. A discount takes nothing back: a month that is given away was billed.
SELECT
    customer_id,
    coalesce(sum(amount_cny) FILTER (WHERE item_code IS DISTINCT FROM 'discount') > 0, false) AS is_active,
    sum(amount_cny) AS revenue_cny
FROM clean_bill
WHERE month = $month AND event_date >= $month AND event_date < $as_of
    AND known_date < $known_until
GROUP BY customer_id
