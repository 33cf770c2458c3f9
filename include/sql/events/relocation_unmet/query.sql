-- The first month with a relocation of a fixed access that cannot be met.
SELECT
    customer_id,
    min(month) AS event_date,
    min_by(unmet_relocation_count, month) AS unmet_relocation_count
FROM month_request
WHERE month >= $since AND month < $predict_end
    AND unmet_relocation_count > 0
GROUP BY customer_id
