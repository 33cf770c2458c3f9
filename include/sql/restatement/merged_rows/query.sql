-- The rows of some customers as they are made again; everybody else keeps those of the version before.
SELECT {{made}}
FROM {{query}}
WHERE customer_id IN (SELECT customer_id FROM made_again)
UNION ALL
SELECT {{columns}}
FROM {{before}}
WHERE customer_id NOT IN (SELECT customer_id FROM made_again)
