-- Satisfaction over the window: level, movement, and whether the last word was a bad one.
WITH answered AS (
    SELECT
        customer_id,
        sum(csat_count) AS csat_count,
        sum(csat_sum) AS csat_sum,
        sum(nps_count) AS nps_count,
        sum(nps_sum) AS nps_sum,
        max(last_survey_date) AS last_survey_date,
        arg_max(csat_latest_score, month) FILTER (WHERE csat_latest_score IS NOT NULL) AS csat_last_score,
        arg_min(csat_latest_score, month) FILTER (WHERE csat_latest_score IS NOT NULL) AS csat_first_score,
        arg_max(nps_latest_score, month) FILTER (WHERE nps_latest_score IS NOT NULL) AS nps_last_score,
        arg_min(nps_latest_score, month) FILTER (WHERE nps_latest_score IS NOT NULL) AS nps_first_score
    FROM month_survey
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    coalesce(answered.csat_count + answered.nps_count, 0) AS survey_window_count,
    answered.csat_sum / nullif(answered.csat_count, 0) AS csat_mean_score,
    answered.csat_last_score - answered.csat_first_score AS csat_change_score,
    answered.nps_sum / nullif(answered.nps_count, 0) AS nps_mean_score,
    answered.nps_last_score - answered.nps_first_score AS nps_change_score,
    CAST(answered.nps_last_score <= 6 AS INTEGER) AS is_detractor,
    CAST(answered.csat_last_score <= 2 AS INTEGER) AS is_dissatisfied,
    date_diff('day', answered.last_survey_date, $as_of) AS survey_gap_days
FROM cohort
LEFT JOIN answered ON answered.customer_id = cohort.customer_id
WHERE cohort.month = $month
