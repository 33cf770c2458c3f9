-- Gives another column than its declaration says.
SELECT customer_id_a
FROM match_links
