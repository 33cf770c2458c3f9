SELECT
    用户编号 AS customer_id,
    入网日期 AS event_date,
    入网日期 AS known_date,
    手机号码 AS phone_number,
    机主姓名 AS customer_name,
    所在乡镇 AS region_code,
    出生年份 AS birth_year,
    套餐 AS plan_code,
    月租分 AS plan_fee_cny,
    CASE 付费方式 WHEN '预付' THEN 'prepaid' WHEN '后付' THEN 'postpaid' END AS pay_mode,
    入网日期 AS joined_date,
    CASE 状态 WHEN '在用' THEN 'active' WHEN '停机' THEN 'suspended' WHEN '销户' THEN 'closed' END AS service_status
FROM customers
