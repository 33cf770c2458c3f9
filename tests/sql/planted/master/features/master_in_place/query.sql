SELECT cohort.customer_id, CAST(made.service_status = 'suspended' AS INTEGER) AS is_master_in_place
FROM cohort
LEFT JOIN month_master_in_place AS made
    ON made.customer_id = cohort.customer_id AND made.month = $month
WHERE cohort.month = $month
