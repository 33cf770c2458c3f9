-- The first month at whose end no more than so many months of the agreement were left.
SELECT
    customer_id,
    min(month) AS event_date
FROM month_contract
WHERE month >= $since AND month < $predict_end
    AND months_to_contract_end <= $months
GROUP BY customer_id
