-- Whether the tariff suits the use: paying for what is not used, or paying beyond what is included.
WITH observed AS (
    SELECT CAST(unnest(generate_series($observe_start, $month, INTERVAL 1 MONTH)) AS DATE) AS month
),

grid AS (
    SELECT
        cohort.customer_id,
        observed.month,
        date_diff('month', observed.month, $month) AS ago,
        coalesce(made.plan_fee_cny, 0) AS plan_fee_cny,
        coalesce(made.charged_cny, 0) AS charged_cny,
        coalesce(made.voice_fee_cny, 0) AS voice_fee_cny,
        coalesce(made.data_fee_cny, 0) AS data_fee_cny,
        coalesce(made.message_fee_cny, 0) AS message_fee_cny,
        coalesce(used.data_mb, 0) AS data_mb,
        coalesce(used.voice_out_min, 0) AS voice_out_min
    FROM cohort
    CROSS JOIN observed
    LEFT JOIN month_billing AS made
        ON made.customer_id = cohort.customer_id AND made.month = observed.month
        AND made.month >= $observe_start AND made.month < $as_of
    LEFT JOIN month_usage AS used
        ON used.customer_id = cohort.customer_id AND used.month = observed.month
        AND used.month >= $observe_start AND used.month < $as_of
    WHERE cohort.month = $month
)

SELECT
    customer_id,
    sum(plan_fee_cny) FILTER (WHERE ago = 0) / nullif(sum(charged_cny) FILTER (WHERE ago = 0), 0) AS plan_fee_last_share,
    sum(voice_fee_cny + data_fee_cny + message_fee_cny) / nullif(sum(charged_cny), 0) AS overage_share,
    sum(plan_fee_cny) * 1000 / nullif(sum(data_mb), 0) AS plan_fee_per_gb_cny,
    sum(plan_fee_cny) FILTER (WHERE ago = 0)
        / nullif(sum(voice_out_min) FILTER (WHERE ago = 0), 0) AS plan_fee_per_min_cny
FROM grid
GROUP BY customer_id
