-- Signs of another operator: with whom the customer talks, whose long-distance service is dialled, porting requests.
WITH observed AS (
    SELECT CAST(unnest(generate_series($observe_start, $month, INTERVAL 1 MONTH)) AS DATE) AS month
),

grid AS (
    SELECT
        cohort.customer_id,
        observed.month,
        date_diff('month', observed.month, $month) AS ago,
        coalesce(made.off_net_min, 0) AS off_net_min,
        coalesce(made.off_net_min, 0) + coalesce(made.on_net_min, 0) AS mobile_min,
        coalesce(made.off_net_peer_count, 0) AS off_net_peer_count,
        coalesce(made.peer_count, 0) AS peer_count,
        coalesce(made.long_distance_other_min, 0) AS long_distance_other_min,
        coalesce(made.competitor_hotline_count, 0) AS competitor_hotline_count,
        coalesce(porting.port_request_count, 0) AS port_request_count
    FROM cohort
    CROSS JOIN observed
    LEFT JOIN month_usage AS made
        ON made.customer_id = cohort.customer_id AND made.month = observed.month
        AND made.month >= $observe_start AND made.month < $as_of
    LEFT JOIN month_porting AS porting
        ON porting.customer_id = cohort.customer_id AND porting.month = observed.month
        AND porting.month >= $observe_start AND porting.month < $as_of
    WHERE cohort.month = $month
)

SELECT
    customer_id,
    sum(off_net_min) FILTER (WHERE ago = 0) / nullif(sum(mobile_min) FILTER (WHERE ago = 0), 0) AS off_net_last_share,
    sum(off_net_min) FILTER (WHERE ago = 0) / nullif(sum(mobile_min) FILTER (WHERE ago = 0), 0)
        - sum(off_net_min) FILTER (WHERE ago > 0) / nullif(sum(mobile_min) FILTER (WHERE ago > 0), 0) AS off_net_change_share,
    sum(off_net_peer_count) FILTER (WHERE ago = 0) / nullif(sum(peer_count) FILTER (WHERE ago = 0), 0) AS off_net_peer_last_share,
    sum(off_net_peer_count) FILTER (WHERE ago = 0) / nullif(sum(peer_count) FILTER (WHERE ago = 0), 0)
        - sum(off_net_peer_count) FILTER (WHERE ago > 0) / nullif(sum(peer_count) FILTER (WHERE ago > 0), 0) AS off_net_peer_change_share,
    sum(long_distance_other_min) FILTER (WHERE ago = 0) AS other_carrier_last_min,
    sum(competitor_hotline_count) AS competitor_hotline_window_count,
    sum(competitor_hotline_count) FILTER (WHERE ago = 0) AS competitor_hotline_last_count,
    sum(port_request_count) AS port_request_window_count
FROM grid
GROUP BY customer_id
