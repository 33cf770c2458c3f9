-- The bundle around the line at the end of the month and how it shrank or grew over the window.
WITH held AS (
    SELECT
        customer_id,
        sum(has_fixed_line) FILTER (WHERE month = $month) AS has_fixed_line,
        sum(has_iptv) FILTER (WHERE month = $month) AS has_iptv,
        sum(has_broadband) FILTER (WHERE month = $month) AS has_broadband,
        sum(service_fee_cny) FILTER (WHERE month = $month) AS fee_cny,
        sum(service_fee_cny) FILTER (WHERE month = $observe_start) AS first_fee_cny,
        sum(service_count) FILTER (WHERE month = $month) AS service_count,
        max(service_count) AS peak_count,
        sum(suspended_service_count) FILTER (WHERE month = $month) AS suspended_count,
        max(last_service_date) FILTER (WHERE month = $month) AS last_service_date
    FROM month_service
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    coalesce(held.has_fixed_line, 0) AS has_fixed_line,
    coalesce(held.has_iptv, 0) AS has_iptv,
    coalesce(held.fee_cny, 0) AS service_fee_last_cny,
    coalesce(held.fee_cny, 0) - coalesce(held.first_fee_cny, 0) AS service_fee_change_cny,
    coalesce(held.fee_cny, 0) / nullif(billed.charged_cny, 0) AS service_fee_share,
    coalesce(held.peak_count, 0) - coalesce(held.service_count, 0) AS service_below_peak_count,
    coalesce(held.suspended_count, 0) AS service_suspended_last_count,
    date_diff('day', held.last_service_date, $as_of) AS service_gap_days,
    coalesce(held.has_fixed_line, 0) + coalesce(held.has_iptv, 0) + coalesce(held.has_broadband, 0) AS fixed_access_last_count
FROM cohort
LEFT JOIN held ON held.customer_id = cohort.customer_id
LEFT JOIN month_billing AS billed
    ON billed.customer_id = cohort.customer_id AND billed.month = $month
    AND billed.month >= $observe_start AND billed.month < $as_of
WHERE cohort.month = $month
