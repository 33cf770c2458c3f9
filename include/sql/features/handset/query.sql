-- The handset on the line at the end of the month, and what was seen there before. The same day of first use is the
-- same handset.
WITH seen AS (
    SELECT
        customer_id,
        nullif(count(DISTINCT handset_first_date), 0) - 1 AS change_count,
        max(CASE WHEN month = $observe_start THEN handset_price_cny END) AS first_price_cny
    FROM month_handset
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    date_diff('month', held.handset_first_date, $as_of) AS handset_age_months,
    held.handset_generation,
    held.handset_generation - CAST(substr(who.network_type, 1, 1) AS INTEGER) AS handset_above_tariff_generation,
    held.is_smartphone,
    held.is_dual_sim,
    held.is_locked_elsewhere AS is_handset_locked_elsewhere,
    held.handset_price_cny,
    held.handset_price_cny - seen.first_price_cny AS handset_price_change_cny,
    seen.change_count AS handset_change_count,
    CASE WHEN held.customer_id IS NULL THEN 1 ELSE 0 END AS is_handset_unknown
FROM cohort
LEFT JOIN month_handset AS held
    ON held.customer_id = cohort.customer_id AND held.month = $month
    AND held.month >= $observe_start AND held.month < $as_of
LEFT JOIN month_profile AS who
    ON who.customer_id = cohort.customer_id AND who.month = $month
    AND who.month >= $observe_start AND who.month < $as_of
LEFT JOIN seen ON seen.customer_id = cohort.customer_id
WHERE cohort.month = $month
