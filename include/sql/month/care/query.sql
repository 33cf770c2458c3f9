-- What service and sales heard from the customer in the month. Answers that come late (how a complaint or an offer
-- ended, how long a repair took) count only when their own day of being known lies before known_until.
WITH entry AS (
    SELECT
        customer_id,
        'fault' AS kind,
        event_date,
        CASE WHEN repair_known_date < $known_until THEN repair_hours END AS value,
        false AS is_marked
    FROM clean_fault
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until
    UNION ALL
    SELECT
        customer_id,
        CASE WHEN category = 'porting' THEN 'porting_complaint' ELSE 'complaint' END,
        event_date,
        NULL,
        outcome_known_date < $known_until AND outcome IN ('unsatisfied', 'reluctant')
    FROM clean_complaint
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until
    UNION ALL
    SELECT
        customer_id,
        kind,
        event_date,
        score,
        false
    FROM clean_survey
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until
    UNION ALL
    SELECT
        customer_id,
        'contact',
        event_date,
        NULL,
        response = 'leaves'
    FROM clean_contact
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until
    UNION ALL
    SELECT
        customer_id,
        'offer',
        event_date,
        NULL,
        accepted_known_date < $known_until AND accepted
    FROM clean_offer
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until
)

SELECT
    customer_id,
    count(*) FILTER (WHERE kind = 'fault') AS fault_count,
    max(value) FILTER (WHERE kind = 'fault') AS longest_repair_hours,
    count(*) FILTER (WHERE kind LIKE '%complaint') AS complaint_count,
    count(*) FILTER (WHERE kind LIKE '%complaint' AND is_marked) AS unsatisfied_complaint_count,
    count(*) FILTER (WHERE kind = 'porting_complaint') AS porting_complaint_count,
    max(event_date) FILTER (WHERE kind LIKE '%complaint') AS last_complaint_date,
    min(value) FILTER (WHERE kind = 'csat') AS csat_score,
    min(value) FILTER (WHERE kind = 'nps') AS nps_score,
    count(*) FILTER (WHERE kind = 'contact') AS contact_count,
    count(*) FILTER (WHERE kind = 'contact' AND is_marked) AS leaving_answer_count,
    count(*) FILTER (WHERE kind = 'offer') AS offer_count,
    count(*) FILTER (WHERE kind = 'offer' AND is_marked) AS offer_accepted_count
FROM entry
GROUP BY customer_id
