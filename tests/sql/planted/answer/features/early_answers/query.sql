SELECT cohort.customer_id, coalesce(made.complaint_count, 0) AS early_answer_count
FROM cohort
LEFT JOIN month_early_answers AS made
    ON made.customer_id = cohort.customer_id AND made.month = $month
WHERE cohort.month = $month
