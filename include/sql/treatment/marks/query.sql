-- How often each mark stands in a row.
SELECT
    name,
    count(*) AS rows
FROM (
    SELECT unnest(string_split({{marks}}, ',')) AS name
    FROM {{clean}}
)
GROUP BY name
ORDER BY name
