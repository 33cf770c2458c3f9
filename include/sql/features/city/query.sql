-- The customer's surroundings: what customers of the same city or county use and bring in the latest month, and how far
-- the customer stands from them. Nothing here counts who has left.
WITH resident AS (
    SELECT
        held.customer_id,
        held.city_code,
        held.plan_fee_cny,
        held.age_years,
        coalesce(made.revenue_cny, 0) AS revenue_cny,
        coalesce(used.off_net_min, 0) AS off_net_min,
        coalesce(used.on_net_min, 0) + coalesce(used.off_net_min, 0) AS mobile_min
    FROM month_profile AS held
    LEFT JOIN month_activity AS made ON made.customer_id = held.customer_id AND made.month = $month
    LEFT JOIN month_usage AS used ON used.customer_id = held.customer_id AND used.month = $month
    WHERE held.month = $month AND NOT held.has_left
),

city AS (
    SELECT
        city_code,
        count(*) AS resident_count,
        sum(revenue_cny) AS revenue_cny,
        sum(plan_fee_cny) AS plan_fee_cny,
        count(plan_fee_cny) AS plan_fee_count,
        sum(age_years) AS age_years,
        count(age_years) AS age_count,
        sum(off_net_min) AS off_net_min,
        sum(mobile_min) AS mobile_min
    FROM resident
    WHERE city_code IS NOT NULL
    GROUP BY city_code
)

SELECT
    cohort.customer_id,
    coalesce(city.resident_count, 0) AS city_customer_count,
    city.revenue_cny / nullif(city.resident_count, 0) AS city_revenue_mean_cny,
    city.off_net_min / nullif(city.mobile_min, 0) AS city_off_net_share,
    resident.off_net_min / nullif(resident.mobile_min, 0) - city.off_net_min / nullif(city.mobile_min, 0)
        AS off_net_above_city_share,
    resident.plan_fee_cny * city.plan_fee_count / nullif(city.plan_fee_cny, 0) AS tariff_fee_to_city_ratio,
    resident.age_years - city.age_years / nullif(city.age_count, 0) AS age_above_city_years
FROM cohort
LEFT JOIN resident ON resident.customer_id = cohort.customer_id
LEFT JOIN city ON city.city_code = resident.city_code
WHERE cohort.month = $month
