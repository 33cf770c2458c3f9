-- Everybody of a month's cohort whose truth is in, by what lists are told apart by, and whether the month saw any activity.
SELECT
    truth.customer_id,
    profile.region_code,
    profile.customer_group,
    truth.tier,
    truth.kind,
    coalesce(activity.is_active, FALSE) AS is_active
FROM label AS truth
LEFT JOIN month_profile AS profile
    ON profile.customer_id = truth.customer_id AND profile.month = truth.month
LEFT JOIN month_activity AS activity
    ON activity.customer_id = truth.customer_id AND activity.month = truth.month
WHERE truth.month = $month
ORDER BY truth.customer_id
