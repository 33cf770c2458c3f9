-- What ties the customer: services held beside the line, and answers to contacts and offers.
WITH observed AS (
    SELECT CAST(unnest(generate_series($observe_start, $month, INTERVAL 1 MONTH)) AS DATE) AS month
),

grid AS (
    SELECT
        cohort.customer_id,
        observed.month,
        date_diff('month', observed.month, $month) AS ago,
        coalesce(made.contact_count, 0) AS contact_count,
        coalesce(made.leaving_answer_count, 0) AS leaving_answer_count,
        coalesce(made.offer_count, 0) AS offer_count,
        coalesce(made.offer_accepted_count, 0) AS offer_accepted_count,
        coalesce(held.service_count, 0) AS service_count,
        coalesce(held.has_broadband, 0) AS has_broadband,
        coalesce(held.is_broadband_suspended, 0) AS is_broadband_suspended,
        held.broadband_mb
    FROM cohort
    CROSS JOIN observed
    LEFT JOIN month_care AS made
        ON made.customer_id = cohort.customer_id AND made.month = observed.month
        AND made.month >= $observe_start AND made.month < $as_of
    LEFT JOIN month_service AS held
        ON held.customer_id = cohort.customer_id AND held.month = observed.month
        AND held.month >= $observe_start AND held.month < $as_of
    WHERE cohort.month = $month
)

SELECT
    customer_id,
    sum(service_count) FILTER (WHERE ago = 0) AS service_last_count,
    sum(service_count) FILTER (WHERE ago = 0)
        - sum(service_count) FILTER (WHERE month = $observe_start) AS service_change_count,
    sum(has_broadband) FILTER (WHERE ago = 0) AS has_broadband,
    count(*) FILTER (WHERE is_broadband_suspended = 1) AS broadband_suspended_months,
    sum(broadband_mb) FILTER (WHERE ago = 0) * count(broadband_mb) FILTER (WHERE ago > 0)
        / nullif(sum(broadband_mb) FILTER (WHERE ago > 0), 0) AS broadband_to_past_ratio,
    sum(contact_count) AS contact_window_count,
    sum(leaving_answer_count) AS contact_leaving_count,
    sum(offer_accepted_count) / nullif(sum(offer_count), 0) AS offer_accepted_share
FROM grid
GROUP BY customer_id
