-- The first month whose share of minutes with other mobile networks lies so far above that of the first observed month
-- in which the customer called.
WITH called AS (
    SELECT
        customer_id,
        month,
        on_net_min + off_net_min AS minutes,
        off_net_min / nullif(on_net_min + off_net_min, 0) AS off_net_share,
        row_number() OVER (PARTITION BY customer_id ORDER BY month) AS nth
    FROM month_usage
    WHERE month >= $observe_start AND month < $predict_end
        AND on_net_min + off_net_min >= $least_min
)

SELECT
    later.customer_id,
    min(later.month) AS event_date
FROM called AS later
INNER JOIN called AS earliest
    ON earliest.customer_id = later.customer_id AND earliest.nth = 1 AND earliest.month < $as_of
WHERE later.month >= $since
    AND later.off_net_share - earliest.off_net_share >= $share
GROUP BY later.customer_id
