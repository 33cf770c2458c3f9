-- Agreements in force in the month itself: months until the customer is free, and what leaving would cost.
SELECT
    cohort.customer_id,
    terms.months_to_contract_end AS contract_left_months,
    CASE WHEN terms.contract_count > 0 THEN 1 ELSE 0 END AS is_under_contract,
    CASE WHEN terms.contract_count = 0 THEN 1 ELSE 0 END AS is_contract_just_ended,
    coalesce(terms.penalty_cny, 0) AS contract_penalty_cny
FROM cohort
LEFT JOIN month_contract AS terms
    ON terms.customer_id = cohort.customer_id AND terms.month = $month
    AND terms.month >= $observe_start AND terms.month < $as_of
WHERE cohort.month = $month
