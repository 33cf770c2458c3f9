-- Left (C1, C2): not active in some month of [predict_start, predict_end).
-- Who already fails to be active in some month of the delay [as_of, predict_start) left before anyone could
-- act: marked left_in_delay and not churned, so the two are never mixed.
-- Whose line has a successor (the same person opened another line around the end of this one) as far as the last month
-- of the predict window knew has changed numbers: marked rotated and not churned.
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

changed_number AS (
    SELECT customer_id
    FROM customer_line
    WHERE month = CAST($predict_end - INTERVAL 1 MONTH AS DATE)
        AND successor_id IS NOT NULL
),

judged AS (
    SELECT
        cohort.customer_id,
        changed_number.customer_id IS NOT NULL AS has_successor,
        coalesce(active.delay_months, 0) < date_diff('month', $as_of, $predict_start) AS left_in_delay,
        coalesce(active.predict_months, 0) < date_diff('month', $predict_start, $predict_end) AS is_gone
    FROM cohort
    LEFT JOIN active ON active.customer_id = cohort.customer_id
    LEFT JOIN changed_number ON changed_number.customer_id = cohort.customer_id
    WHERE cohort.month = $month
)

SELECT
    customer_id,
    is_gone AND NOT left_in_delay AND NOT has_successor AS churned,
    left_in_delay,
    is_gone AND NOT left_in_delay AND has_successor AS rotated
FROM judged
