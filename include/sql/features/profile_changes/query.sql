-- What changed in the customer's record over the window, and how his tariff stands among those of the other customers.
-- A month in which the record says nothing changes nothing.
WITH kept AS (
    SELECT
        customer_id,
        month,
        phone_token,
        city_code,
        customer_group,
        is_prepaid,
        plan_code,
        CAST(substr(network_type, 1, 1) AS INTEGER) AS generation,
        service_status,
        lag(plan_code) OVER (PARTITION BY customer_id ORDER BY month) AS plan_code_before,
        lag(plan_fee_cny) OVER (PARTITION BY customer_id ORDER BY month) AS plan_fee_before_cny,
        plan_fee_cny
    FROM month_profile
    WHERE month >= $observe_start AND month < $as_of
),

changed AS (
    SELECT
        customer_id,
        count(DISTINCT phone_token) AS phone_count,
        count(DISTINCT city_code) AS city_count,
        count(DISTINCT customer_group) AS group_count,
        count(DISTINCT is_prepaid) AS pay_mode_count,
        count(*) FILTER (WHERE service_status = 'suspended') AS suspended_months,
        date_diff('month', max(month) FILTER (WHERE plan_code <> plan_code_before), $as_of) AS plan_held_months,
        count(*) FILTER (WHERE plan_fee_cny < plan_fee_before_cny) AS cheaper_count,
        max(generation) - min(generation) AS generation_change
    FROM kept
    GROUP BY customer_id
),

tariff AS (
    SELECT
        plan_code,
        count(*) FILTER (WHERE month = $month) AS holder_count,
        count(*) FILTER (WHERE month = $observe_start) AS holder_first_count
    FROM month_profile
    WHERE month >= $observe_start AND month < $as_of AND NOT has_left AND plan_code IS NOT NULL
    GROUP BY plan_code
),

everybody AS (
    SELECT sum(holder_count) AS holder_count
    FROM tariff
)

SELECT
    cohort.customer_id,
    CAST(changed.phone_count > 1 AS INTEGER) AS is_number_changed,
    CAST(changed.city_count > 1 AS INTEGER) AS is_moved,
    CAST(changed.group_count > 1 AS INTEGER) AS is_group_changed,
    CAST(changed.pay_mode_count > 1 AS INTEGER) AS is_pay_mode_changed,
    changed.suspended_months,
    coalesce(changed.plan_held_months, date_diff('month', $observe_start, $as_of)) AS tariff_held_months,
    changed.cheaper_count AS tariff_cheaper_count,
    changed.generation_change AS network_generation_change,
    tariff.holder_count / nullif(everybody.holder_count, 0) AS tariff_holder_share,
    tariff.holder_count / nullif(tariff.holder_first_count, 0) AS tariff_holder_to_first_ratio,
    -- agreements mostly run for whole years from joining: 0 in the month of an anniversary, 11 just after it
    (12 - held.tenure_months % 12) % 12 AS tenure_to_anniversary_months
FROM cohort
CROSS JOIN everybody
LEFT JOIN changed ON changed.customer_id = cohort.customer_id
LEFT JOIN month_profile AS held ON held.customer_id = cohort.customer_id AND held.month = $month
LEFT JOIN tariff ON tariff.plan_code = held.plan_code
WHERE cohort.month = $month
