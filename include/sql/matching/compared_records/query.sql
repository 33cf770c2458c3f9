-- What is compared of each line: the columns of the matching plan, made of those of the contract.
SELECT
    customer_id,
    {{columns}}
FROM {{records}}
ORDER BY customer_id
