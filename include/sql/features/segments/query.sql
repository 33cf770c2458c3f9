-- Where the customer belongs: region and group as the master record stood at the end of the month.
SELECT
    cohort.customer_id,
    held.region_code AS region,
    held.customer_group AS segment
FROM cohort
LEFT JOIN month_profile AS held
    ON held.customer_id = cohort.customer_id AND held.month = $month
    AND held.month >= $observe_start AND held.month < $as_of
WHERE cohort.month = $month
