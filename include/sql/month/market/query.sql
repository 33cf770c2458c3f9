-- The market as it was known: of every series the newest value, a region's own before the one that holds everywhere.
-- What is counted in a month counts for that month alone; an index holds until a newer one is published.
WITH newest AS (
    SELECT
        series_code,
        region_code,
        value,
        event_date >= $month AS is_of_month,
        row_number() OVER (
            PARTITION BY series_code, region_code ORDER BY event_date DESC, known_date DESC, value DESC
        ) AS age
    FROM clean_market
    WHERE month = $month AND event_date < $as_of
        AND known_date < $known_until
),

region AS (
    SELECT DISTINCT region_code
    FROM newest
),

seen AS (
    SELECT
        region.region_code,
        newest.series_code,
        newest.value,
        newest.is_of_month,
        row_number() OVER (
            PARTITION BY region.region_code, newest.series_code ORDER BY CAST(newest.region_code = 'ALL' AS INTEGER)
        ) AS place
    FROM region
    INNER JOIN newest ON newest.region_code = region.region_code OR newest.region_code = 'ALL'
    WHERE newest.age = 1
)

SELECT
    region_code,
    max(value) FILTER (WHERE series_code = 'own_price_index') AS own_price_index,
    max(value) FILTER (WHERE series_code = 'competitor_price_index') AS competitor_price_index,
    max(value) FILTER (WHERE series_code = 'competitor_campaign_count' AND is_of_month) AS competitor_campaign_count,
    max(value) FILTER (WHERE series_code = 'confidence_index') AS confidence_index,
    max(value) FILTER (WHERE series_code = 'working_days' AND is_of_month) AS working_days,
    max(value) FILTER (WHERE series_code = 'holiday_days' AND is_of_month) AS holiday_days
FROM seen
WHERE place = 1
GROUP BY region_code
