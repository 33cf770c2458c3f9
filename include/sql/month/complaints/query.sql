-- Complaints by subject and by what became of them. An outcome counts, and a wait ends, only on a day before
-- known_until; until then the complaint is open.
WITH ticket AS (
    SELECT
        customer_id,
        category,
        channel,
        coalesce(outcome_known_date < $known_until, false) AS is_settled,
        CASE WHEN outcome_known_date < $known_until THEN outcome END AS answer,
        CASE WHEN outcome_known_date < $known_until THEN date_diff('day', event_date, outcome_known_date) END AS wait_days
    FROM clean_complaint
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until
)

SELECT
    customer_id,
    count(*) FILTER (WHERE category = 'price') AS price_complaint_count,
    count(*) FILTER (WHERE category = 'network') AS network_complaint_count,
    count(*) FILTER (WHERE category = 'service') AS service_complaint_count,
    count(*) FILTER (WHERE category = 'billing') AS billing_complaint_count,
    count(category) - count(DISTINCT category) AS repeated_complaint_count,
    count(*) FILTER (WHERE channel = 'regulator') AS regulator_complaint_count,
    count(*) FILTER (WHERE is_settled) AS settled_complaint_count,
    count(*) FILTER (WHERE NOT is_settled) AS open_complaint_count,
    count(*) FILTER (WHERE answer = 'reluctant') AS reluctant_complaint_count,
    coalesce(sum(wait_days), 0) AS waited_days,
    max(wait_days) AS longest_wait_days
FROM ticket
GROUP BY customer_id
