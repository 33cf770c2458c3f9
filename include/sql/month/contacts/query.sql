-- Who of the operator's customers was in touch with whom in the month: people at the other end whose number another
-- customer held, as the month knew it. A number that has changed hands belongs to the holder who has not left, then to
-- the one who joined last. Lines of the same person are nobody's contact.
WITH holder AS (
    SELECT
        customer_id,
        phone_token,
        row_number() OVER (
            PARTITION BY phone_token ORDER BY CAST(has_left AS INTEGER), tenure_months NULLS LAST, customer_id
        ) AS place
    FROM month_profile
    WHERE month = $month AND phone_token IS NOT NULL
),

pair AS (
    SELECT
        made.customer_id,
        holder.customer_id AS contact_id,
        count(*) AS contact_count,
        sum(CAST(CASE WHEN made.kind = 'voice' THEN made.duration_s ELSE 0 END AS BIGINT)) / 60 AS call_min
    FROM clean_cdr AS made
    INNER JOIN holder ON holder.phone_token = made.peer_token AND holder.place = 1
    WHERE made.month = $month AND made.event_date >= $month AND made.event_date < $as_of
        AND made.known_date < $known_until
        AND coalesce(made.peer_kind, 'person') = 'person'
    GROUP BY made.customer_id, holder.customer_id
),

line AS (
    SELECT
        customer_id,
        person_id
    FROM customer_line
    WHERE month = $month
)

SELECT
    pair.customer_id,
    pair.contact_id,
    pair.contact_count,
    coalesce(pair.call_min, 0) AS call_min
FROM pair
LEFT JOIN line AS mine ON mine.customer_id = pair.customer_id
LEFT JOIN line AS theirs ON theirs.customer_id = pair.contact_id
WHERE pair.contact_id <> pair.customer_id
    AND (mine.person_id IS NULL OR mine.person_id IS DISTINCT FROM theirs.person_id)
