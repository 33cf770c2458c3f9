-- Left (C1, C2): not active in some month of [predict_start, predict_end).
-- Who already fails to be active in some month of the delay [as_of, predict_start) left before anyone could
-- act: marked left_in_delay and not churned, so the two are never mixed.
WITH active AS (
    SELECT
        customer_id,
        count(*) FILTER (WHERE month < $predict_start) AS delay_months,
        count(*) FILTER (WHERE month >= $predict_start) AS predict_months
    FROM month_activity
    WHERE month >= $as_of AND month < $predict_end
        AND is_active
    GROUP BY customer_id
),

judged AS (
    SELECT
        cohort.customer_id,
        coalesce(active.delay_months, 0) < date_diff('month', $as_of, $predict_start) AS left_in_delay,
        coalesce(active.predict_months, 0) < date_diff('month', $predict_start, $predict_end) AS is_gone
    FROM cohort
    LEFT JOIN active ON active.customer_id = cohort.customer_id
    WHERE cohort.month = $month
)

SELECT
    customer_id,
    is_gone AND NOT left_in_delay AS churned,
    left_in_delay
FROM judged
