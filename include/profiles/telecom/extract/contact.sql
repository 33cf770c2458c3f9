SELECT
    contact_no::text AS contact_id,
    subs_id::text AS customer_id,
    (contact_tm AT TIME ZONE 'Asia/Shanghai')::date AS event_date,
    (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    CASE chnl_cd WHEN 'C' THEN 'call' WHEN 'V' THEN 'visit' WHEN 'M' THEN 'sms' WHEN 'S' THEN 'shop' END AS channel,
    reach_flag = '1' AS is_reached,
    CASE reply_cd WHEN '1' THEN 'stays' WHEN '2' THEN 'undecided' WHEN '3' THEN 'leaves' END AS response
FROM boss.keep_contact
WHERE contact_tm >= $month_start_at AND contact_tm < $as_of_at
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
