-- What the customer leaves, and lifetime value (CLV):
--   margin = (revenue x (1 - $cost_share) - $case_cny x complaints) / months of the window - $cost_cny
--   value  = margin x sum of chance(t) x (1 + $discount) ^ -t over the next $horizon_months months
-- where chance(t) is 1 while a contract ties the customer and falls by $kept_share each month from then on (Berger and
-- Nasr 1998, Gupta and Lehmann 2003, both Journal of Interactive Marketing). Below 0 the customer costs money.
WITH brought AS (
    SELECT
        cohort.customer_id,
        coalesce(sum(made.revenue_cny), 0) AS revenue_cny
    FROM cohort
    LEFT JOIN month_activity AS made
        ON made.customer_id = cohort.customer_id AND made.month >= $observe_start AND made.month < $as_of
    WHERE cohort.month = $month
    GROUP BY cohort.customer_id
),

cared AS (
    SELECT
        customer_id,
        sum(settled_complaint_count + open_complaint_count) AS complaint_count
    FROM month_complaint
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
),

left_over AS (
    SELECT
        brought.customer_id,
        (brought.revenue_cny * (1 - $cost_share) - $case_cny * coalesce(cared.complaint_count, 0))
            / date_diff('month', $observe_start, $as_of) - $cost_cny AS margin_cny,
        greatest(least(coalesce(tied.months_to_contract_end, 0), $horizon_months), 0) AS tied_months,
        1 / (1 + $discount) AS v,
        $kept_share / (1 + $discount) AS q
    FROM brought
    LEFT JOIN cared ON cared.customer_id = brought.customer_id
    LEFT JOIN month_contract AS tied ON tied.customer_id = brought.customer_id AND tied.month = $month
)

SELECT
    customer_id,
    margin_cny AS margin_mean_cny,
    margin_cny * (
        v * (1 - power(v, tied_months)) / (1 - v)
        + power(v, tied_months) * q * (1 - power(q, $horizon_months - tied_months)) / (1 - q)
    ) AS clv_cny
FROM left_over
