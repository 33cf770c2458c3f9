-- Usage of the month from call records. Peers are grouped apart: their counts are several times faster than DISTINCT.
-- Days are bits of an integer, and a text of 0 and 1 for the longest run of 0. The 1st of January 1900 was a Monday.
WITH record AS (
    SELECT
        *,
        kind = 'voice' AND direction = 'in' AS is_call_in,
        kind = 'voice' AND direction IS DISTINCT FROM 'in' AS is_call_out,
        direction IS DISTINCT FROM 'in' AS is_out,
        coalesce(peer_operator NOT IN ('own', 'fixed'), false) AS is_off_net,
        coalesce(peer_operator = 'own', false) AS is_on_net,
        coalesce(carrier = 'other', false) AS is_other_carrier,
        hour(event_at) AS hour,
        date_diff('day', DATE '1900-01-01', event_date) % 7 AS weekday,
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
        sum(CASE WHEN is_long_distance THEN call_s ELSE 0 END) / 60 AS long_distance_min,
        sum(CASE WHEN is_other_carrier THEN call_s ELSE 0 END) / 60 AS long_distance_other_min,
        sum(CASE WHEN hour >= 22 OR hour < 6 THEN call_s ELSE 0 END) / 60 AS night_min,
        sum(CASE WHEN weekday >= 5 THEN call_s ELSE 0 END) / 60 AS weekend_min,
        sum(CASE WHEN weekday < 5 AND hour >= 8 AND hour < 18 THEN call_s ELSE 0 END) / 60 AS work_hour_min,
        sum(CASE WHEN day(event_date) > 15 THEN call_s ELSE 0 END) / 60 AS late_month_min,
        sum(CAST(kind = 'sms' AS INTEGER)) AS sms_count,
        sum(CAST(kind = 'sms' AND is_out AS INTEGER)) AS sms_out_count,
        sum(CAST(kind = 'mms' AS INTEGER)) AS mms_count,
        sum(data_kb) / 1000 AS data_mb,
        sum(CASE WHEN is_roaming THEN data_kb ELSE 0 END) / 1000 AS roaming_mb,
        sum(CAST(kind = 'data' AS INTEGER)) AS data_session_count,
        sum(CAST(date_diff('day', event_date, $as_of) <= 10 AS INTEGER)) AS last_ten_use_count,
        bit_or(CAST(1 AS INTEGER) << CAST(day(event_date) - 1 AS INTEGER)) AS day_bits,
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
        bool_or(is_off_net) AS is_off_net,
        bool_or(is_on_net) AS is_on_net,
        sum(CAST(is_out AS INTEGER)) AS out_count,
        count(*) AS contact_count
    FROM record
    WHERE peer_token IS NOT NULL AND coalesce(peer_kind, 'person') = 'person'
    GROUP BY customer_id, peer_token
),

circle AS (
    SELECT
        customer_id,
        count(*) AS peer_count,
        count(*) FILTER (WHERE is_off_net) AS off_net_peer_count,
        count(*) FILTER (WHERE is_on_net) AS on_net_peer_count,
        count(*) FILTER (WHERE out_count > 0) AS peer_called_count,
        count(*) FILTER (WHERE out_count < contact_count) AS peer_calling_count,
        sum(contact_count) AS peer_contact_count,
        max(contact_count) AS top_peer_contact_count
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
    summed.long_distance_min,
    summed.long_distance_other_min,
    summed.night_min,
    summed.weekend_min,
    summed.work_hour_min,
    summed.late_month_min,
    summed.sms_count,
    summed.sms_out_count,
    summed.mms_count,
    summed.data_mb,
    summed.roaming_mb,
    summed.data_session_count,
    summed.last_ten_use_count,
    bit_count(summed.day_bits) AS active_days,
    bit_count(summed.day_bits >> CAST(date_diff('day', $month, $as_of) - 10 AS INTEGER)) AS last_ten_active_days,
    list_max(list_transform(string_split(
        lpad(bin(summed.day_bits), CAST(date_diff('day', $month, $as_of) AS INTEGER), '0'), '1'
    ), lambda run: length(run))) AS longest_silence_days,
    -- hotlines and businesses are no part of a calling circle; who is not classified counts as a person
    coalesce(circle.peer_count, 0) AS peer_count,
    coalesce(circle.off_net_peer_count, 0) AS off_net_peer_count,
    coalesce(circle.on_net_peer_count, 0) AS on_net_peer_count,
    coalesce(circle.peer_called_count, 0) AS peer_called_count,
    coalesce(circle.peer_calling_count, 0) AS peer_calling_count,
    coalesce(circle.peer_called_count + circle.peer_calling_count - circle.peer_count, 0) AS peer_mutual_count,
    coalesce(circle.peer_contact_count, 0) AS peer_contact_count,
    coalesce(circle.top_peer_contact_count, 0) AS top_peer_contact_count,
    summed.own_hotline_count,
    summed.competitor_hotline_count,
    summed.last_use_date
FROM summed
LEFT JOIN circle ON circle.customer_id = summed.customer_id
