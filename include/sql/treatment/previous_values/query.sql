-- The latest earlier value of each customer; one that was itself filled in is never passed on.
SELECT
    customer_id,
    {{values}}
FROM {{earlier}}
GROUP BY customer_id
