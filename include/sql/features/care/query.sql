-- Faults, complaints and satisfaction over the window.
WITH observed AS (
    SELECT CAST(unnest(generate_series($observe_start, $month, INTERVAL 1 MONTH)) AS DATE) AS month
),

grid AS (
    SELECT
        cohort.customer_id,
        observed.month,
        date_diff('month', observed.month, $month) AS ago,
        coalesce(made.fault_count, 0) AS fault_count,
        coalesce(made.complaint_count, 0) AS complaint_count,
        coalesce(made.unsatisfied_complaint_count, 0) AS unsatisfied_complaint_count,
        coalesce(made.porting_complaint_count, 0) AS porting_complaint_count,
        made.longest_repair_hours,
        made.last_complaint_date,
        made.csat_score,
        made.nps_score
    FROM cohort
    CROSS JOIN observed
    LEFT JOIN month_care AS made
        ON made.customer_id = cohort.customer_id AND made.month = observed.month
        AND made.month >= $observe_start AND made.month < $as_of
    WHERE cohort.month = $month
)

SELECT
    customer_id,
    sum(fault_count) FILTER (WHERE ago = 0) AS fault_last_count,
    sum(fault_count) AS fault_window_count,
    max(longest_repair_hours) AS repair_max_hours,
    sum(complaint_count) AS complaint_window_count,
    sum(unsatisfied_complaint_count) AS complaint_unsatisfied_count,
    sum(porting_complaint_count) AS complaint_porting_count,
    date_diff('day', max(last_complaint_date), $as_of) AS complaint_gap_days,
    arg_max(csat_score, month) FILTER (WHERE csat_score IS NOT NULL) AS csat_last_score,
    arg_max(nps_score, month) FILTER (WHERE nps_score IS NOT NULL) AS nps_last_score
FROM grid
GROUP BY customer_id
