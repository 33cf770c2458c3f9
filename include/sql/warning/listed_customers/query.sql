-- The customers chosen for the list with what it shows of them. ARPU is revenue a month over the whole observe
-- window: a month without revenue counts as zero. Triggers stand with the most urgent first.
WITH revenue AS (
    SELECT
        customer_id,
        sum(revenue_cny) AS revenue_cny
    FROM month_activity
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
),

fired AS (
    SELECT
        customer_id,
        string_agg("trigger", ', ' ORDER BY priority DESC, "trigger") AS triggers,
        string_agg(evidence_en, '; ' ORDER BY priority DESC, "trigger") AS triggers_en,
        string_agg(evidence_zh, '；' ORDER BY priority DESC, "trigger") AS triggers_zh
    FROM out_trigger
    WHERE month = $month
    GROUP BY customer_id
)

SELECT
    score.customer_id,
    score.churn_score,
    score.model_name,
    score.model_version,
    score.feature_set,
    round(coalesce(revenue.revenue_cny, 0) / date_diff('month', $observe_start, $as_of), 4)::DOUBLE AS arpu_cny,
    profile.phone_token,
    profile.region_code,
    profile.customer_group,
    fired.triggers,
    fired.triggers_en,
    fired.triggers_zh
FROM score_churn AS score
INNER JOIN chosen ON chosen.customer_id = score.customer_id
LEFT JOIN revenue ON revenue.customer_id = score.customer_id
LEFT JOIN month_profile AS profile
    ON profile.customer_id = score.customer_id AND profile.month = $month
LEFT JOIN fired ON fired.customer_id = score.customer_id
WHERE score.month = $month
ORDER BY score.customer_id
