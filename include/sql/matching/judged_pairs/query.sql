-- The links with the verdict on each and the rule that gave it.
SELECT *
FROM match_links
INNER JOIN verdict_rows USING (customer_id_a, customer_id_b)
