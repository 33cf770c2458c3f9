-- The labelled customers of a month by region: how many churned, and how many left before anybody could act.
SELECT
    coalesce(home.region_code, '') AS region_code,
    count(*) AS customers,
    count(*) FILTER (label.churned) AS churned,
    count(*) FILTER (label.left_early) AS left_early
FROM label
LEFT JOIN {{regions}} AS home
    ON home.customer_id = label.customer_id AND home.month = $label_month AND home.month < $as_of
WHERE label.month = $label_month
GROUP BY ALL
ORDER BY region_code
