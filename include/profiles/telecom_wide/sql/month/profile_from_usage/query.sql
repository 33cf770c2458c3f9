-- The file's few attributes. Days on the network are counted from the day of joining to as_of, never to the file's day.
SELECT
    customer_id,
    phone_token,
    circle_id AS region_code,
    NULL AS customer_group,
    false AS has_left,
    CAST(NULL AS DATE) AS closed_date,
    greatest($as_of - joined_date, 0) AS tenure_days
FROM clean_usage_month
WHERE month = $month AND event_date >= $month AND event_date < $as_of
    AND known_date < $known_until
