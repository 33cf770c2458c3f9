-- Short and multimedia messages against the customer's own past.
WITH observed AS (
    SELECT CAST(unnest(generate_series($observe_start, $month, INTERVAL 1 MONTH)) AS DATE) AS month
),

grid AS (
    SELECT
        cohort.customer_id,
        observed.month,
        date_diff('month', observed.month, $month) AS ago,
        coalesce(made.sms_count, 0) AS sms_count,
        coalesce(made.mms_count, 0) AS mms_count
    FROM cohort
    CROSS JOIN observed
    LEFT JOIN month_usage AS made
        ON made.customer_id = cohort.customer_id AND made.month = observed.month
        AND made.month >= $observe_start AND made.month < $as_of
    WHERE cohort.month = $month
)

SELECT
    customer_id,
    sum(sms_count) FILTER (WHERE ago = 0) AS sms_last_count,
    sum(sms_count) FILTER (WHERE ago = 0) * (count(*) - 1)
        / nullif(sum(sms_count) FILTER (WHERE ago > 0), 0) AS sms_to_past_ratio,
    sum(mms_count) FILTER (WHERE ago = 0) AS mms_last_count
FROM grid
GROUP BY customer_id
