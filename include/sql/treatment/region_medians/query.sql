-- The middle value of each region; one that was itself filled in does not count.
SELECT
    region_code,
    {{values}}
FROM {{earlier}}
GROUP BY region_code
