-- What decides about each pair; the order of the columns is that of matching.clusters.Link.
SELECT
    customer_id_a,
    customer_id_b,
    probability,
    guard,
    was_merged,
    decision,
    revision
FROM match_links
