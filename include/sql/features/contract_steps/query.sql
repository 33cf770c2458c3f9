-- How agreements moved over the window: signed, renewed, running out, and what they ask against what is billed.
WITH terms AS (
    SELECT
        customer_id,
        sum(contract_count) FILTER (WHERE month = $month) AS running_count,
        sum(commitment_cny) FILTER (WHERE month = $month) AS commitment_cny,
        sum(commitment_cny) FILTER (WHERE month = $observe_start) AS first_commitment_cny,
        sum(penalty_cny) FILTER (WHERE month = $month) AS penalty_cny,
        max(months_to_contract_end) FILTER (WHERE month = $month) AS left_months,
        max(months_to_contract_end) FILTER (WHERE month = $observe_start) AS first_left_months,
        max(month) FILTER (WHERE contract_count > 0) AS bound_month
    FROM month_contract
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    coalesce(terms.running_count, 0) AS contract_running_count,
    coalesce(terms.commitment_cny, 0) AS contract_commitment_cny,
    coalesce(terms.commitment_cny, 0) - coalesce(terms.first_commitment_cny, 0) AS contract_commitment_change_cny,
    coalesce(terms.commitment_cny, 0) / nullif(billed.charged_cny, 0) AS contract_commitment_share,
    CASE WHEN terms.running_count > 0 AND terms.left_months < 2 THEN 1 ELSE 0 END AS is_contract_ending,
    CASE WHEN terms.left_months > terms.first_left_months THEN 1 ELSE 0 END AS is_contract_renewed,
    coalesce(date_diff('month', terms.bound_month, $month), 0) AS contract_ended_months,
    terms.penalty_cny / nullif(greatest(terms.left_months, 0) + 1, 0) AS contract_penalty_per_left_month_cny
FROM cohort
LEFT JOIN terms ON terms.customer_id = cohort.customer_id
LEFT JOIN month_billing AS billed
    ON billed.customer_id = cohort.customer_id AND billed.month = $month
    AND billed.month >= $observe_start AND billed.month < $as_of
WHERE cohort.month = $month
