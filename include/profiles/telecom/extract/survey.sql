SELECT
    answer_no::text AS survey_id,
    subs_id::text AS customer_id,
    (answer_tm AT TIME ZONE 'Asia/Shanghai')::date AS event_date,
    (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    lower(survey_typ) AS kind,
    score::bigint AS score
FROM boss.survey_ans
WHERE answer_tm >= $month_start_at AND answer_tm < $as_of_at
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
