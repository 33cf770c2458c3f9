-- The handset on each line at the end of the month. A day of first use that lies beyond as_of is no day of the past.
WITH reading AS (
    SELECT
        customer_id,
        coalesce(maker, '') || ' ' || coalesce(model, '') AS handset_model,
        network_generation,
        is_smartphone,
        is_dual_sim,
        locked_to,
        list_price_cny,
        CASE WHEN first_used_date < $as_of THEN first_used_date END AS first_date,
        row_number() OVER (
            PARTITION BY customer_id
            ORDER BY event_date DESC, known_date DESC, first_used_date DESC NULLS LAST, maker, model, network_generation
        ) AS age
    FROM clean_handset
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until
)

SELECT
    customer_id,
    handset_model,
    network_generation AS handset_generation,
    CAST(is_smartphone AS INTEGER) AS is_smartphone,
    CAST(is_dual_sim AS INTEGER) AS is_dual_sim,
    CASE WHEN locked_to IS NOT NULL THEN CAST(locked_to = 'competitor' AS INTEGER) END AS is_locked_elsewhere,
    list_price_cny AS handset_price_cny,
    first_date AS handset_first_date
FROM reading
WHERE age = 1
