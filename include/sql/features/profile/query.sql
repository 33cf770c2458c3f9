-- Who the customer is, as the master record stood at the end of the month, and what changed in it over the window.
WITH changed AS (
    SELECT
        customer_id,
        nullif(count(DISTINCT plan_code), 0) - 1 AS plan_change_count,
        max(plan_fee_cny) AS plan_fee_highest_cny
    FROM month_profile
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    held.tenure_months,
    held.age_years,
    held.is_prepaid,
    held.plan_fee_cny AS tariff_fee_cny,
    held.plan_fee_cny - changed.plan_fee_highest_cny AS tariff_fee_below_peak_cny,
    changed.plan_change_count AS tariff_change_count,
    CAST(substr(held.network_type, 1, 1) AS INTEGER) AS network_generation,
    CASE WHEN held.service_status IS NOT NULL THEN CAST(held.service_status = 'suspended' AS INTEGER) END AS is_suspended,
    CASE WHEN held.customer_id IS NOT NULL THEN CAST(held.key_account_class IS NOT NULL AS INTEGER) END AS is_key_account,
    CASE WHEN held.customer_group IS NOT NULL THEN CAST(held.customer_group = 'campus' AS INTEGER) END AS is_campus,
    CASE WHEN held.customer_group IS NOT NULL THEN CAST(held.customer_group = 'corporate' AS INTEGER) END AS is_corporate
FROM cohort
LEFT JOIN month_profile AS held
    ON held.customer_id = cohort.customer_id AND held.month = $month
    AND held.month >= $observe_start AND held.month < $as_of
LEFT JOIN changed ON changed.customer_id = cohort.customer_id
WHERE cohort.month = $month
