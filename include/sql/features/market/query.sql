-- The market as the customer's region saw it. A region without values of its own takes those that hold everywhere.
WITH place AS (
    SELECT
        region_code,
        sum(competitor_campaign_count) FILTER (WHERE month = $month) AS campaign_last_count,
        sum(competitor_campaign_count) AS campaign_window_count,
        sum(own_price_index) FILTER (WHERE month = $month) AS own_price,
        sum(competitor_price_index) FILTER (WHERE month = $month) AS competitor_price,
        sum(confidence_index) FILTER (WHERE month = $month) AS confidence,
        sum(own_price_index) FILTER (WHERE month = $observe_start) AS own_price_first,
        sum(competitor_price_index) FILTER (WHERE month = $observe_start) AS competitor_price_first,
        sum(confidence_index) FILTER (WHERE month = $observe_start) AS confidence_first,
        sum(working_days) FILTER (WHERE month = $month) AS working_last_days,
        sum(holiday_days) AS holiday_window_days
    FROM month_market
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY region_code
),

at_home AS (
    SELECT
        cohort.customer_id,
        coalesce(own.region_code, 'ALL') AS region_code
    FROM cohort
    LEFT JOIN month_profile AS who
        ON who.customer_id = cohort.customer_id AND who.month = $month
        AND who.month >= $observe_start AND who.month < $as_of
    LEFT JOIN place AS own ON own.region_code = who.region_code
    WHERE cohort.month = $month
)

SELECT
    at_home.customer_id,
    place.campaign_last_count AS competitor_campaign_last_count,
    place.campaign_window_count AS competitor_campaign_window_count,
    place.own_price / nullif(place.competitor_price, 0) AS own_to_competitor_price_ratio,
    place.own_price / nullif(place.competitor_price, 0) * place.competitor_price_first
        / nullif(place.own_price_first, 0) AS own_to_competitor_price_change_ratio,
    place.competitor_price / nullif(place.competitor_price_first, 0) AS competitor_price_to_first_ratio,
    place.confidence / nullif(place.confidence_first, 0) AS confidence_to_first_ratio,
    place.working_last_days,
    place.holiday_window_days
FROM at_home
LEFT JOIN place ON place.region_code = at_home.region_code
