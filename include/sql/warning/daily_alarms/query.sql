-- Triggers of days with what the latest list before them says of their customers; who is not on it may have a score all
-- the same. A line belongs to the person of the latest month that has named persons.
WITH latest AS (
    SELECT
        (SELECT max(month) FROM score_churn) AS scored,
        (SELECT max(month) FROM customer_line) AS matched
)

SELECT
    raised.month,
    raised.customer_id,
    raised."trigger",
    raised.event_date,
    raised.known_date,
    raised.priority,
    raised.evidence_en,
    raised.evidence_zh,
    raised.phone_token,
    raised.region_code,
    raised.has_left OR coalesce(profile.has_left, false) AS has_left,
    line.person_id,
    latest.scored AS list_month,
    listed.rank AS list_rank,
    score.churn_score
FROM raised
CROSS JOIN latest
LEFT JOIN month_profile AS profile ON profile.customer_id = raised.customer_id AND profile.month = $month
LEFT JOIN score_churn AS score ON score.customer_id = raised.customer_id AND score.month = latest.scored
LEFT JOIN out_warning_list AS listed ON listed.customer_id = raised.customer_id AND listed.month = latest.scored
LEFT JOIN customer_line AS line ON line.customer_id = raised.customer_id AND line.month = latest.matched
ORDER BY raised.month, raised.customer_id, raised."trigger"
