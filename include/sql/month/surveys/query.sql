-- Answers to satisfaction surveys; csat runs from 1 to 5 and nps from 0 to 10. The later answer of a month counts.
WITH answer AS (
    SELECT
        customer_id,
        kind,
        event_date,
        score,
        row_number() OVER (PARTITION BY customer_id, kind ORDER BY event_date DESC, score) AS age
    FROM clean_survey
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until
)

SELECT
    customer_id,
    count(*) FILTER (WHERE kind = 'csat') AS csat_count,
    coalesce(sum(score) FILTER (WHERE kind = 'csat'), 0) AS csat_sum,
    max(score) FILTER (WHERE kind = 'csat' AND age = 1) AS csat_latest_score,
    count(*) FILTER (WHERE kind = 'nps') AS nps_count,
    coalesce(sum(score) FILTER (WHERE kind = 'nps'), 0) AS nps_sum,
    max(score) FILTER (WHERE kind = 'nps' AND age = 1) AS nps_latest_score,
    max(event_date) AS last_survey_date
FROM answer
GROUP BY customer_id
