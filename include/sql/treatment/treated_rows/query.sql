-- The kept rows with missing values filled in and outlying ones capped.
SELECT kept.* REPLACE (
    {{values}}
)
FROM {{kept}} AS kept
{{learnt}}
