-- Offers by what their campaign was for and how they were answered. An answer counts only when it came before
-- known_until; a campaign was filed before it began, mostly before the month.
WITH campaign AS (
    SELECT
        campaign_id,
        campaign_kind,
        row_number() OVER (PARTITION BY campaign_id ORDER BY event_date DESC, known_date DESC, campaign_kind) AS age
    FROM clean_campaign
    WHERE month = $month AND event_date < $as_of
        AND known_date < $known_until
),

offer AS (
    SELECT
        offered.customer_id,
        offered.event_date,
        offered.discount_cny,
        offered.channel IN ('call', 'shop') AS is_personal,
        coalesce(campaign.campaign_kind, 'unknown') AS kind,
        CASE WHEN offered.accepted_known_date < $known_until THEN offered.accepted END AS is_taken
    FROM clean_offer AS offered
    LEFT JOIN campaign ON campaign.campaign_id = offered.campaign_id AND campaign.age = 1
    WHERE offered.month = $month AND offered.event_date >= $month AND offered.event_date < $as_of
        AND offered.known_date < $known_until
)

SELECT
    customer_id,
    count(*) AS offer_count,
    count(*) FILTER (WHERE kind = 'retention') AS retention_offer_count,
    count(*) FILTER (WHERE kind = 'retention' AND is_taken) AS retention_accepted_count,
    count(*) FILTER (WHERE kind = 'upsell') AS upsell_offer_count,
    count(*) FILTER (WHERE kind = 'upsell' AND is_taken) AS upsell_accepted_count,
    count(*) FILTER (WHERE is_personal) AS personal_offer_count,
    count(*) FILTER (WHERE NOT is_taken) AS refused_offer_count,
    count(*) FILTER (WHERE is_taken IS NULL) AS open_offer_count,
    max(discount_cny) AS offered_discount_cny,
    coalesce(sum(discount_cny) FILTER (WHERE is_taken), 0) AS accepted_discount_cny,
    max(event_date) AS last_offer_date
FROM offer
GROUP BY customer_id
