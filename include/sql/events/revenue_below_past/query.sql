-- Revenue a month of [predict_start, predict_end) over the customer's own of the observe window, divided by the same
-- ratio of all customers together, lies below $share. The window is taken as a whole, because who buys now and then has
-- empty months without leaving. A month in which nobody knew the customer yet is no past: the own revenue a month is
-- over the months since the first that shows him, and who came within the window does not count for what all customers
-- do together. Who brought no revenue in the observe window has no past to fall below.
WITH first_seen AS (
    SELECT
        customer_id,
        min(month) AS first_month
    FROM month_activity
    WHERE month >= $history_start AND month < $as_of
    GROUP BY customer_id
),

earned AS (
    SELECT
        cohort.customer_id,
        date_diff('month', greatest(min(first_seen.first_month), $observe_start), $as_of) AS past_months,
        sum(made.revenue_cny) FILTER (WHERE made.month < $as_of) AS past,
        coalesce(sum(made.revenue_cny) FILTER (WHERE made.month >= $predict_start), 0) AS present
    FROM cohort
    INNER JOIN first_seen ON first_seen.customer_id = cohort.customer_id
    INNER JOIN month_activity AS made
        ON made.customer_id = cohort.customer_id AND made.month >= $observe_start AND made.month < $predict_end
    WHERE cohort.month = $month
    GROUP BY cohort.customer_id
),

market AS (
    SELECT
        CAST(sum(present) AS DOUBLE) * date_diff('month', $observe_start, $as_of)
            / (CAST(sum(past) AS DOUBLE) * date_diff('month', $predict_start, $predict_end)) AS moved
    FROM earned
    WHERE past > 0 AND past_months = date_diff('month', $observe_start, $as_of)
)

SELECT
    earned.customer_id,
    CAST($predict_start AS DATE) AS event_date
FROM earned
CROSS JOIN market
WHERE earned.past > 0
    AND CAST(earned.present AS DOUBLE) * earned.past_months
        / (CAST(earned.past AS DOUBLE) * date_diff('month', $predict_start, $predict_end))
        < $share * CASE $market WHEN 'none' THEN 1.0 ELSE market.moved END
