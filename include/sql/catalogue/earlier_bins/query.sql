-- The bins of each feature in the first month that has it, and in the month before this one.
WITH known AS (
    SELECT
        *,
        min(month) OVER (PARTITION BY feature) AS first_month
    FROM feature_bin
)

SELECT
    feature,
    month,
    place,
    up_to,
    text_value,
    row_count
FROM known
WHERE month < $month AND (month = $before OR month = first_month)
ORDER BY feature, month, place
