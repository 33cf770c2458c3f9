-- Where the customer stands among all: scores of recency, frequency and money (RFM), tier and place by revenue, and the
-- stage of the life cycle. Ranks are exact, shared by equals and within the cohort of the month, and the stage compares
-- the customer's revenue with that of all, so what moves everybody moves nobody.
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

known AS (
    SELECT
        brought.*,
        used.last_use_date,
        coalesce(used.active_days, 0) AS active_days,
        held.tenure_months,
        date_diff('month', $observe_start, $as_of) AS months
    FROM brought
    LEFT JOIN used ON used.customer_id = brought.customer_id
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
        latest_cny * sum(earlier_cny) OVER () / nullif(earlier_cny * sum(latest_cny) OVER (), 0) AS trend
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
    CAST(stage = 4 AS INTEGER) AS is_in_decline
FROM staged
