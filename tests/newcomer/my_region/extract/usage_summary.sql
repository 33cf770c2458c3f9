SELECT
    用户编号 AS customer_id,
    $as_of - 1 AS event_date,
    $as_of AS known_date,
    主叫分钟 AS voice_out_min,
    被叫分钟 AS voice_in_min,
    流量GB AS data_mb,
    短信条数 AS sms_count,
    使用天数 AS active_days,
    最后使用日 AS last_use_date
FROM usage
