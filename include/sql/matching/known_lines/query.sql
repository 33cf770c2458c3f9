-- Every line known: those with a record in match_source, and those that only the month before still knew.
SELECT
    customer_id,
    {{opened_date}} AS opened_date,
    seen_month,
    seen_month = $month AND NOT {{is_closed}} AS is_current,
    CASE
        WHEN {{is_closed}} THEN event_date
        WHEN seen_month < $month THEN CAST(seen_month + INTERVAL 1 MONTH AS DATE)
    END AS ended_date
FROM match_source
UNION ALL BY NAME
SELECT
    customer_id,
    opened_date,
    seen_month,
    false AS is_current,
    coalesce(ended_date, CAST(seen_month + INTERVAL 1 MONTH AS DATE)) AS ended_date
FROM customer_line
WHERE month = $before AND customer_id NOT IN (SELECT customer_id FROM match_source)
