-- Services that the customer held at the end of the month.
SELECT
    customer_id,
    count(*) FILTER (WHERE service_status = 'active') AS service_count,
    count(*) FILTER (WHERE service_status = 'suspended') AS suspended_service_count,
    max(CAST(service_code = 'broadband' AS INTEGER)) AS has_broadband,
    max(CAST(service_code = 'broadband' AND service_status = 'suspended' AS INTEGER)) AS is_broadband_suspended,
    max(CAST(service_code = 'fixed_line' AS INTEGER)) AS has_fixed_line,
    max(CAST(service_code = 'iptv' AS INTEGER)) AS has_iptv,
    max(start_date) FILTER (WHERE start_date < $as_of) AS last_service_date,
    sum(fee_cny) AS service_fee_cny,
    sum(traffic_mb) FILTER (WHERE service_code = 'broadband') AS broadband_mb
FROM clean_service
WHERE month = $month AND event_date >= $month AND event_date < $as_of
    AND known_date < $known_until
GROUP BY customer_id
