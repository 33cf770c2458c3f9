-- Who left, on which day and in what way. The relations member, counted, sign, evidence and rule are written in front
-- of this text from the definition that the profile adopts (declared/labels/sql.py); `churn definitions show` prints
-- the whole. A customer leaves on the day on which the last of the signs struck that the definition asks for. Who did
-- so before predict_start left before anyone could act: left_early and not churned, so the two are never mixed. Who
-- does so after the window is neither, though the day is told. Evidence counts up to that day, or to the end of its
-- month where the sign knows no day. Whose line has a successor (the same person opened another line around the end of
-- this one) as far as the month before label_known knew has changed numbers: rotated and not churned.
WITH struck AS (
    SELECT
        sign.customer_id,
        sign.event_date,
        sign.last_date,
        counted.needed,
        row_number() OVER (PARTITION BY sign.customer_id ORDER BY sign.event_date, sign.sign_name) AS nth
    FROM sign
    INNER JOIN member ON member.customer_id = sign.customer_id
    INNER JOIN counted ON counted.tier = member.tier AND counted.sign_name = sign.sign_name
    WHERE sign.event_date < $label_known
),

leaving AS (
    SELECT
        customer_id,
        event_date AS left_date,
        last_date
    FROM struck
    WHERE nth = needed
),

changed_number AS (
    SELECT customer_id
    FROM customer_line
    WHERE month = CAST($label_known - INTERVAL 1 MONTH AS DATE)
        AND successor_id IS NOT NULL
),

shown AS (
    SELECT
        evidence.customer_id,
        evidence.rule_number,
        count(*) AS found
    FROM evidence
    INNER JOIN leaving
        ON leaving.customer_id = evidence.customer_id AND evidence.event_date <= leaving.last_date
    GROUP BY evidence.customer_id, evidence.rule_number
),

told AS (
    SELECT
        shown.customer_id,
        rule.kind,
        row_number() OVER (PARTITION BY shown.customer_id ORDER BY shown.rule_number) AS place
    FROM shown
    INNER JOIN rule ON rule.rule_number = shown.rule_number
    WHERE shown.found >= rule.needed
),

judged AS (
    SELECT
        member.customer_id,
        nullif(member.tier, '') AS tier,
        coalesce(told.kind, 'unknown') AS kind,
        leaving.left_date,
        changed_number.customer_id IS NOT NULL AS has_successor,
        coalesce(leaving.left_date < $predict_start, false) AS left_early,
        coalesce(leaving.left_date >= $predict_start AND leaving.left_date < $predict_end, false) AS is_gone
    FROM member
    LEFT JOIN leaving ON leaving.customer_id = member.customer_id
    LEFT JOIN told ON told.customer_id = member.customer_id AND told.place = 1
    LEFT JOIN changed_number ON changed_number.customer_id = member.customer_id
)

SELECT
    customer_id,
    is_gone AND NOT has_successor AS churned,
    left_early,
    is_gone AND has_successor AS rotated,
    CASE WHEN left_early OR (is_gone AND NOT has_successor) THEN kind END AS kind,
    tier,
    left_date
FROM judged
