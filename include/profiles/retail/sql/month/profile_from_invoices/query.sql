-- The shop keeps no master of its customers; where they live is what their latest invoice so far says. A customer of
-- the window need not have bought in this very month, so earlier months are read as well.
SELECT
    customer_id,
    NULL AS phone_token,
    arg_max(country, (event_at, invoice_id, country)) AS region_code,
    NULL AS customer_group,
    false AS has_left,
    CAST(NULL AS DATE) AS closed_date
FROM clean_invoice_line
WHERE month <= $month AND event_date < $as_of
    AND known_date < $known_until
GROUP BY customer_id
