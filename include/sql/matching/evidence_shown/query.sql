-- What speaks for and against each pair, in words.
SELECT
    customer_id_a,
    customer_id_b,
    evidence,
    evidence_zh
FROM match_links
