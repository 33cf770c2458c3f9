-- The pairs that splink compared, each once, with rounded probabilities.
SELECT
    least(customer_id_l, customer_id_r) AS customer_id_a,
    greatest(customer_id_l, customer_id_r) AS customer_id_b,
    round(match_probability, {{digits}}) AS probability,
    {{levels}}
FROM {{predictions}}
ORDER BY ALL
