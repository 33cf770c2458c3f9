-- What sales proposed over the window and how the customer answered.
WITH proposed AS (
    SELECT
        customer_id,
        sum(retention_offer_count) AS retention_count,
        sum(retention_accepted_count) AS retention_accepted_count,
        sum(upsell_offer_count) AS upsell_count,
        sum(upsell_accepted_count) AS upsell_accepted_count,
        sum(personal_offer_count) AS personal_count,
        sum(refused_offer_count) AS refused_count,
        sum(open_offer_count) AS open_count,
        max(offered_discount_cny) AS highest_discount_cny,
        sum(accepted_discount_cny) AS accepted_discount_cny,
        max(last_offer_date) AS last_offer_date,
        sum(offer_count) AS offer_count
    FROM month_offer
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    coalesce(proposed.retention_count, 0) AS offer_retention_count,
    coalesce(proposed.retention_accepted_count, 0) AS offer_retention_accepted_count,
    coalesce(proposed.upsell_count, 0) AS offer_upsell_count,
    coalesce(proposed.upsell_accepted_count, 0) AS offer_upsell_accepted_count,
    coalesce(proposed.personal_count, 0) AS offer_personal_count,
    coalesce(proposed.refused_count, 0) AS offer_refused_count,
    proposed.refused_count / nullif(proposed.offer_count - proposed.open_count, 0) AS offer_refused_share,
    coalesce(proposed.open_count, 0) AS offer_open_count,
    proposed.highest_discount_cny AS offer_highest_discount_cny,
    coalesce(proposed.accepted_discount_cny, 0) AS offer_accepted_discount_cny,
    date_diff('day', proposed.last_offer_date, $as_of) AS offer_gap_days
FROM cohort
LEFT JOIN proposed ON proposed.customer_id = cohort.customer_id
WHERE cohort.month = $month
