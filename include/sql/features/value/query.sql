-- What the customer is worth: scores of recency, frequency and money (RFM), the place among all customers, the stage of
-- the life cycle, and lifetime value.
--   margin = (revenue x (1 - $cost_share) - $case_cny x cases) / months of the window - $cost_cny
--   value = margin x sum of chance(t) x (1 + $discount) ^ -t over $horizon_months months to come - $lost_share x arrears
-- where chance(t) is 1 while a contract ties the customer and falls by $kept_share each month from then on (Berger and
-- Nasr 1998, Gupta and Lehmann 2003, both Journal of Interactive Marketing). Ranks are exact, shared by equals and
-- within the cohort of the month, so what moves everybody moves nobody's place.
WITH brought AS (
    SELECT
        cohort.customer_id,
        coalesce(sum(made.revenue_cny), 0) AS revenue_cny,
        coalesce(sum(made.revenue_cny) FILTER (WHERE made.month = $month), 0) AS latest_cny,
        coalesce(sum(made.revenue_cny) FILTER (WHERE made.month < $month), 0) AS earlier_cny
    FROM cohort
    LEFT JOIN month_activity AS made
        ON made.customer_id = cohort.customer_id AND made.month >= $observe_start AND made.month < $as_of
    WHERE cohort.month = $month
    GROUP BY cohort.customer_id
),

used AS (
    SELECT
        customer_id,
        max(last_use_date) AS last_use_date,
        sum(active_days) AS active_days
    FROM month_usage
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
),

cared AS (
    SELECT
        customer_id,
        sum(coalesce(complaint_count, 0) + coalesce(fault_count, 0) + coalesce(contact_count, 0)) AS case_count
    FROM month_care
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
),

known AS (
    SELECT
        brought.*,
        used.last_use_date,
        coalesce(used.active_days, 0) AS active_days,
        coalesce(cared.case_count, 0) AS case_count,
        coalesce(owed.arrears_cny, 0) AS arrears_cny,
        held.tenure_months,
        greatest(least(coalesce(tied.months_to_contract_end, 0), $horizon_months), 0) AS tied_months,
        date_diff('month', $observe_start, $as_of) AS months
    FROM brought
    LEFT JOIN used ON used.customer_id = brought.customer_id
    LEFT JOIN cared ON cared.customer_id = brought.customer_id
    LEFT JOIN month_billing AS owed ON owed.customer_id = brought.customer_id AND owed.month = $month
    LEFT JOIN month_contract AS tied ON tied.customer_id = brought.customer_id AND tied.month = $month
    LEFT JOIN month_profile AS held ON held.customer_id = brought.customer_id AND held.month = $month
),

placed AS (
    SELECT
        *,
        count(*) OVER () AS customers,
        rank() OVER (ORDER BY last_use_date NULLS FIRST) - 1 AS used_earlier,
        rank() OVER (ORDER BY active_days) - 1 AS used_less,
        rank() OVER (ORDER BY revenue_cny) - 1 AS brought_less,
        rank() OVER (ORDER BY revenue_cny DESC) - 1 AS brought_more,
        rank() OVER (ORDER BY latest_cny) - 1 AS latest_less,
        CASE WHEN months > 1 THEN rank() OVER (ORDER BY earlier_cny) - 1 END AS earlier_less,
        latest_cny * sum(earlier_cny) OVER () / nullif(earlier_cny * sum(latest_cny) OVER (), 0) AS trend,
        (revenue_cny * (1 - $cost_share) - $case_cny * case_count) / months - $cost_cny AS margin_cny,
        1 / (1 + $discount) AS v,
        $kept_share / (1 + $discount) AS q
    FROM known
),

staged AS (
    SELECT
        *,
        CASE
            WHEN tenure_months < $introduction_months THEN 1
            WHEN trend > 1 + $trend_share THEN 2
            WHEN trend < 1 - $trend_share THEN 4
            ELSE 3
        END AS stage
    FROM placed
)

SELECT
    customer_id,
    1 + floor(5 * used_earlier / customers) AS rfm_recency_score,
    1 + floor(5 * used_less / customers) AS rfm_frequency_score,
    1 + floor(5 * brought_less / customers) AS rfm_monetary_score,
    3 + floor(5 * used_earlier / customers) + floor(5 * used_less / customers) + floor(5 * brought_less / customers)
        AS rfm_sum,
    CASE
        WHEN brought_more < $first_tier_share * customers THEN 1
        WHEN brought_more < $second_tier_share * customers THEN 2
        WHEN brought_more < $third_tier_share * customers THEN 3
        ELSE 4
    END AS value_tier,
    latest_less / customers AS revenue_place_share,
    (latest_less - earlier_less) / customers AS revenue_place_change_share,
    stage AS life_cycle_stage,
    CAST(stage = 1 AS INTEGER) AS is_in_introduction,
    CAST(stage = 2 AS INTEGER) AS is_in_growth,
    CAST(stage = 4 AS INTEGER) AS is_in_decline,
    margin_cny AS margin_mean_cny,
    margin_cny * (
        v * (1 - power(v, tied_months)) / (1 - v)
        + power(v, tied_months) * q * (1 - power(q, $horizon_months - tied_months)) / (1 - q)
    ) - $lost_share * arrears_cny AS clv_cny
FROM staged
