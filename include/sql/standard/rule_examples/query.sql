-- A few delivered spellings of each rule, the first by their text.
SELECT
    {{spelling}} AS rules,
    min(CAST(raw.{{column}} AS VARCHAR), 50) AS texts
FROM {{read}} AS raw
WHERE CAST(raw.{{column}} AS VARCHAR) IS NOT NULL
GROUP BY rules
HAVING rules IS NOT NULL
ORDER BY rules
