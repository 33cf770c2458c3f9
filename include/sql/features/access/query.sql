-- The fixed access: who else has lines into the building, whether it stands, and what was asked for in vain.
WITH asked AS (
    SELECT
        customer_id,
        sum(unmet_request_count) AS unmet_request_count,
        sum(unmet_relocation_count) AS unmet_relocation_count
    FROM month_request
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    premises.building_operator_count AS building_operator_last_count,
    CASE WHEN premises.months_to_demolition IS NOT NULL THEN 1 ELSE 0 END AS is_demolition_planned,
    coalesce(asked.unmet_request_count, 0) AS request_unmet_count,
    coalesce(asked.unmet_relocation_count, 0) AS relocation_unmet_count
FROM cohort
LEFT JOIN month_premises AS premises
    ON premises.customer_id = cohort.customer_id AND premises.month = $month
    AND premises.month >= $observe_start AND premises.month < $as_of
LEFT JOIN asked ON asked.customer_id = cohort.customer_id
WHERE cohort.month = $month
