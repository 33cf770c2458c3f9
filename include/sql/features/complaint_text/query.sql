-- What the customer's complaints of the window were about and how they sounded, from their text.
WITH written AS (
    SELECT
        customer_id,
        count(*) AS text_months,
        sum(price_text_count) AS price_count,
        sum(network_text_count) AS network_count,
        sum(service_text_count) AS service_count,
        sum(billing_text_count) AS billing_count,
        sum(contract_text_count) AS contract_count,
        sum(rival_text_count) AS rival_count,
        sum(leaving_text_count) AS leaving_count,
        sum(moving_text_count) AS moving_count,
        sum(escalation_text_count) AS escalation_count,
        sum(repeat_text_count) AS repeat_count,
        sum(thanks_text_count) AS thanks_count,
        sum(text_count) AS text_count,
        sum(character_count) AS character_count,
        sum(positive_points) AS positive_points,
        sum(negative_points) AS negative_points,
        min(lowest_tone_ratio) AS lowest_tone,
        arg_max(last_tone_ratio, month) FILTER (WHERE last_tone_ratio IS NOT NULL) AS last_tone,
        arg_min(last_tone_ratio, month) FILTER (WHERE last_tone_ratio IS NOT NULL) AS first_tone,
        max(last_leaving_date) AS last_leaving_date
    FROM month_complaint_text
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    coalesce(written.price_count, 0) AS text_price_count,
    coalesce(written.network_count, 0) AS text_network_count,
    coalesce(written.service_count, 0) AS text_service_count,
    coalesce(written.billing_count, 0) AS text_billing_count,
    coalesce(written.contract_count, 0) AS text_contract_count,
    coalesce(written.rival_count, 0) AS text_rival_count,
    coalesce(written.leaving_count, 0) AS text_leaving_count,
    coalesce(written.moving_count, 0) AS text_moving_count,
    coalesce(written.escalation_count, 0) AS text_escalation_count,
    coalesce(written.repeat_count, 0) AS text_repeat_count,
    coalesce(written.thanks_count, 0) AS text_thanks_count,
    coalesce(written.text_months, 0) AS text_months,
    date_diff('day', written.last_leaving_date, $as_of) AS text_leaving_gap_days,
    written.last_tone AS text_tone_last_ratio,
    written.lowest_tone AS text_tone_lowest_ratio,
    written.last_tone - written.first_tone AS text_tone_change_ratio,
    (written.positive_points - written.negative_points)
    / nullif(written.positive_points + written.negative_points, 0) AS text_tone_mean_ratio,
    coalesce(written.negative_points, 0) / nullif(written.text_count, 0) AS text_harshness_ratio,
    written.character_count / nullif(written.text_count, 0) AS text_length_mean_count
FROM cohort
LEFT JOIN written ON written.customer_id = cohort.customer_id
WHERE cohort.month = $month
