-- The values that no mapping table knows, the most frequent first.
SELECT
    trim(CAST(raw.{{column}} AS VARCHAR)) AS value,
    count(*) AS rows
FROM {{read}} AS raw
WHERE {{spelling}} = {{unmapped}}
GROUP BY value
ORDER BY rows DESC, value
LIMIT {{most}}
