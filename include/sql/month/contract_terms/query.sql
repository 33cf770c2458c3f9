-- Agreements that bound the customer at some time of the month. They were mostly signed long before it, so
-- event_date (signature) has no lower bound. The term that ends last counts.
SELECT
    customer_id,
    count(*) FILTER (WHERE end_date >= $as_of) AS contract_count,
    date_diff('month', $as_of, max(end_date)) AS months_to_contract_end,
    sum(commitment_cny) FILTER (WHERE end_date >= $as_of) AS commitment_cny,
    sum(penalty_cny) FILTER (WHERE end_date >= $as_of) AS penalty_cny
FROM clean_contract
WHERE month = $month AND event_date < $as_of AND start_date < $as_of
    AND known_date < $known_until
GROUP BY customer_id
