-- Revenue a month of [predict_start, predict_end) over that of the observe window, divided by the same ratio of all
-- customers together, lies below $share. The window is taken as a whole, because who buys now and then has empty months
-- without leaving. Who brought no revenue in the observe window has no past to fall below.
WITH earned AS (
    SELECT
        cohort.customer_id,
        sum(made.revenue_cny) FILTER (WHERE made.month < $as_of) AS past,
        coalesce(sum(made.revenue_cny) FILTER (WHERE made.month >= $predict_start), 0) AS present
    FROM cohort
    INNER JOIN month_activity AS made
        ON made.customer_id = cohort.customer_id AND made.month >= $observe_start AND made.month < $predict_end
    WHERE cohort.month = $month
    GROUP BY cohort.customer_id
),

market AS (
    SELECT CAST(sum(present) AS DOUBLE) / CAST(sum(past) AS DOUBLE) AS moved
    FROM earned
    WHERE past > 0
)

SELECT
    earned.customer_id,
    CAST($predict_start AS DATE) AS event_date
FROM earned
CROSS JOIN market
WHERE earned.past > 0
    AND CAST(earned.present AS DOUBLE) / CAST(earned.past AS DOUBLE) < $share * CASE $market
        WHEN 'none'
            THEN 1.0 * date_diff('month', $predict_start, $predict_end) / date_diff('month', $observe_start, $as_of)
        ELSE market.moved
    END
