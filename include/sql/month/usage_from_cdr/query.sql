-- Usage of the month from call detail records. Sums and peers are grouped apart: a row a customer and peer carries
-- nothing but the peer, which makes exact counts of different people several times faster, and much smaller, than
-- count(DISTINCT ...) or one grouping for both. Days are bits of an integer, counted exactly without another grouping.
WITH record AS (
    SELECT
        customer_id,
        peer_token,
        peer_kind,
        kind,
        event_date,
        kind = 'voice' AND direction = 'in' AS is_call_in,
        kind = 'voice' AND direction IS DISTINCT FROM 'in' AS is_call_out,
        coalesce(peer_operator NOT IN ('own', 'fixed'), false) AS is_off_net,
        coalesce(peer_operator = 'own', false) AS is_on_net,
        coalesce(is_roaming, false) AS is_roaming,
        coalesce(carrier = 'other', false) AS is_other_carrier,
        hour(event_at) >= 22 OR hour(event_at) < 6 AS is_night,
        day(event_date) > 15 AS is_late,
        CAST(CASE WHEN kind = 'voice' THEN duration_s ELSE 0 END AS INTEGER) AS call_s,
        CAST(CASE WHEN kind = 'data' THEN volume_kb ELSE 0 END AS BIGINT) AS data_kb
    FROM clean_cdr
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until
),

summed AS (
    SELECT
        customer_id,
        sum(CAST(is_call_out AS INTEGER)) AS voice_out_count,
        sum(CAST(is_call_in AS INTEGER)) AS voice_in_count,
        sum(CASE WHEN is_call_out THEN call_s ELSE 0 END) / 60 AS voice_out_min,
        sum(CASE WHEN is_call_in THEN call_s ELSE 0 END) / 60 AS voice_in_min,
        sum(CASE WHEN is_on_net THEN call_s ELSE 0 END) / 60 AS on_net_min,
        sum(CASE WHEN is_off_net THEN call_s ELSE 0 END) / 60 AS off_net_min,
        sum(CASE WHEN is_roaming THEN call_s ELSE 0 END) / 60 AS roaming_min,
        sum(CASE WHEN is_other_carrier THEN call_s ELSE 0 END) / 60 AS long_distance_other_min,
        sum(CASE WHEN is_night THEN call_s ELSE 0 END) / 60 AS night_min,
        sum(CASE WHEN is_late THEN call_s ELSE 0 END) / 60 AS late_month_min,
        sum(CAST(kind = 'sms' AS INTEGER)) AS sms_count,
        sum(CAST(kind = 'mms' AS INTEGER)) AS mms_count,
        sum(data_kb) / 1000 AS data_mb,
        bit_count(bit_or(CAST(1 AS INTEGER) << CAST(day(event_date) - 1 AS INTEGER))) AS active_days,
        coalesce(sum(CAST(is_call_out AND peer_kind = 'own_hotline' AS INTEGER)), 0) AS own_hotline_count,
        coalesce(sum(CAST(is_call_out AND peer_kind = 'competitor_hotline' AS INTEGER)), 0) AS competitor_hotline_count,
        max(event_date) AS last_use_date
    FROM record
    GROUP BY customer_id
),

peer AS (
    SELECT
        customer_id,
        peer_token,
        bool_or(is_off_net) AS is_off_net
    FROM record
    WHERE peer_token IS NOT NULL AND coalesce(peer_kind, 'person') = 'person'
    GROUP BY customer_id, peer_token
),

circle AS (
    SELECT
        customer_id,
        count(*) AS peer_count,
        count(*) FILTER (WHERE is_off_net) AS off_net_peer_count
    FROM peer
    GROUP BY customer_id
)

SELECT
    summed.customer_id,
    summed.voice_out_count,
    summed.voice_in_count,
    summed.voice_out_min,
    summed.voice_in_min,
    summed.on_net_min,
    summed.off_net_min,
    summed.roaming_min,
    summed.long_distance_other_min,
    summed.night_min,
    summed.late_month_min,
    summed.sms_count,
    summed.mms_count,
    summed.data_mb,
    summed.active_days,
    -- hotlines and businesses are no part of a calling circle; who is not classified counts as a person
    coalesce(circle.peer_count, 0) AS peer_count,
    coalesce(circle.off_net_peer_count, 0) AS off_net_peer_count,
    summed.own_hotline_count,
    summed.competitor_hotline_count,
    summed.last_use_date
FROM summed
LEFT JOIN circle ON circle.customer_id = summed.customer_id
