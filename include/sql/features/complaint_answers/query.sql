-- What complaints of the window were about, how long the answer took, and how it was taken.
WITH heard AS (
    SELECT
        customer_id,
        sum(price_complaint_count) AS price_count,
        sum(network_complaint_count) AS network_count,
        sum(service_complaint_count) AS service_count,
        sum(billing_complaint_count) AS billing_count,
        sum(regulator_complaint_count) AS regulator_count,
        sum(open_complaint_count) AS open_count,
        sum(reluctant_complaint_count) AS reluctant_count,
        sum(settled_complaint_count) AS settled_count,
        sum(waited_days) AS waited_days,
        max(longest_wait_days) AS longest_wait_days,
        sum(CASE WHEN month = $month THEN 1 ELSE 0 END * (
            price_complaint_count + network_complaint_count + service_complaint_count + billing_complaint_count
        )) - sum(CASE WHEN month = $observe_start THEN 1 ELSE 0 END * (
            price_complaint_count + network_complaint_count + service_complaint_count + billing_complaint_count
        )) AS change_count
    FROM month_complaint
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    coalesce(heard.price_count, 0) AS complaint_price_count,
    coalesce(heard.network_count, 0) AS complaint_network_count,
    coalesce(heard.service_count, 0) AS complaint_service_count,
    coalesce(heard.billing_count, 0) AS complaint_billing_count,
    coalesce(greatest(heard.price_count, heard.network_count, heard.service_count, heard.billing_count), 0)
        AS complaint_most_on_one_subject_count,
    coalesce(heard.regulator_count, 0) AS complaint_regulator_count,
    coalesce(heard.open_count, 0) AS complaint_open_count,
    coalesce(heard.reluctant_count, 0) AS complaint_reluctant_count,
    heard.waited_days / nullif(heard.settled_count, 0) AS complaint_wait_mean_days,
    heard.longest_wait_days AS complaint_wait_longest_days,
    coalesce(heard.change_count, 0) AS complaint_change_count
FROM cohort
LEFT JOIN heard ON heard.customer_id = cohort.customer_id
WHERE cohort.month = $month
