-- Leak: without a bound on the day of knowledge.
SELECT
    {{columns}},
    month AS seen_month
FROM clean_customer
WHERE month >= $from_month AND month <= $month AND event_date < $as_of
QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY {{latest_first}}) = 1
