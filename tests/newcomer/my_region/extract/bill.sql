SELECT
    账单号 AS bill_id,
    用户编号 AS customer_id,
    账期 AS event_date,
    出账日期 AS known_date,
    CASE 费用科目 WHEN '月租' THEN 'plan_fee' WHEN '语音' THEN 'voice' WHEN '流量' THEN 'data' WHEN '优惠' THEN 'discount'
        ELSE 费用科目
    END AS item_code,
    金额分 AS amount_cny
FROM bills
