-- The latest record of each line within the month and a few before it, as known by then; lines that are gone too.
SELECT
    {{columns}},
    month AS seen_month
FROM clean_customer
WHERE month >= $from_month AND month <= $month AND event_date < $as_of AND known_date < $known_until
QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY {{latest_first}}) = 1
