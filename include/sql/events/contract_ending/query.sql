-- The first month after which the agreement ends within so many calendar months; one that has ended ends no more.
SELECT
    customer_id,
    min(month) AS event_date,
    min_by(months_to_contract_end, month) AS months_to_contract_end
FROM month_contract
WHERE month >= $since AND month < $predict_end
    AND months_to_contract_end >= 0
    AND months_to_contract_end < $months
GROUP BY customer_id
