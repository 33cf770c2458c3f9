-- Lifetime value at the end of a month, and the first month of [since, predict_end) in which it is below zero:
--   margin = revenue x (1 - $cost_share) - $cost_cny for each active month - $case_cny for each case
--   value  = mean margin of the latest three months x annuity - $lost_share x arrears
--   annuity = (1 - (1 + $discount) ^ -$expected_months) / $discount
-- A month after the account has ended costs nothing and brings nothing, so leaving alone makes no value negative. Whose
-- value was below zero at as_of already was lost before anybody asked, and is not found. A month in which nobody knew
-- the customer yet is no month to take the mean over.
WITH first_seen AS (
    SELECT
        customer_id,
        min(month) AS first_month
    FROM month_activity
    WHERE month >= $history_start AND month < $as_of
    GROUP BY customer_id
),

margin AS (
    SELECT
        made.customer_id,
        made.month,
        CAST(made.revenue_cny AS DOUBLE) * (1 - $cost_share)
            - CASE WHEN made.is_active THEN $cost_cny ELSE 0 END
            - $case_cny * (
                coalesce(care.complaint_count, 0) + coalesce(care.fault_count, 0) + coalesce(care.contact_count, 0)
            ) AS margin_cny,
        $lost_share * CAST(coalesce(owed.arrears_cny, 0) AS DOUBLE) AS lost_cny
    FROM month_activity AS made
    INNER JOIN cohort ON cohort.customer_id = made.customer_id AND cohort.month = $month
    LEFT JOIN month_care AS care
        ON care.customer_id = made.customer_id AND care.month = made.month AND care.month < $predict_end
    LEFT JOIN month_billing AS owed
        ON owed.customer_id = made.customer_id AND owed.month = made.month AND owed.month < $predict_end
    WHERE made.month < $predict_end
        AND made.month >= CAST($as_of - INTERVAL 3 MONTH AS DATE)
),

valued AS (
    SELECT
        ended.customer_id,
        ended.month,
        (
            ended.margin_cny + coalesce(before.margin_cny, 0) + coalesce(earlier.margin_cny, 0)
        ) / least(3, date_diff('month', first_seen.first_month, ended.month) + 1)
            * (1 - power(1 + $discount, -$expected_months)) / $discount
            - ended.lost_cny AS value_cny
    FROM margin AS ended
    INNER JOIN first_seen ON first_seen.customer_id = ended.customer_id
    LEFT JOIN margin AS before
        ON before.customer_id = ended.customer_id AND before.month = CAST(ended.month - INTERVAL 1 MONTH AS DATE)
    LEFT JOIN margin AS earlier
        ON earlier.customer_id = ended.customer_id AND earlier.month = CAST(ended.month - INTERVAL 2 MONTH AS DATE)
    WHERE ended.month >= $month
),

lost AS (
    SELECT
        customer_id,
        min(month) AS event_date
    FROM valued
    WHERE value_cny < 0
    GROUP BY customer_id
)

SELECT
    customer_id,
    event_date
FROM lost
WHERE event_date >= $since AND event_date >= $as_of
