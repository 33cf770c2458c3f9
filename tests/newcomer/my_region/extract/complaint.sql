SELECT
    工单号 AS complaint_id,
    用户编号 AS customer_id,
    投诉日期 AS event_date,
    投诉日期 AS known_date,
    'network' AS category,
    投诉内容 AS complaint_text
FROM complaints
WHERE strptime(投诉日期, '%Y/%m/%d') >= $month AND strptime(投诉日期, '%Y/%m/%d') < $as_of
