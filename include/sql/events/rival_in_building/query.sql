-- The first month at whose end another operator had lines in a building that we alone served when it was seen before.
WITH seen AS (
    SELECT
        customer_id,
        month,
        building_operator_count,
        lag(building_operator_count) OVER (PARTITION BY customer_id ORDER BY month) AS count_before
    FROM month_premises
    WHERE month < $predict_end AND date_diff('month', month, $since) <= $months
)

SELECT
    customer_id,
    min(month) AS event_date,
    min_by(building_operator_count, month) AS building_operator_count
FROM seen
WHERE month >= $since
    AND count_before = 1
    AND building_operator_count > 1
GROUP BY customer_id
