-- Money of the month: what was billed, paid, put in, left over and owed, one row a customer of any of the five.
WITH entry AS (
    SELECT
        customer_id,
        item_code,
        amount_cny
    FROM clean_bill
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until
),

billed AS (
    SELECT
        customer_id,
        sum(amount_cny) AS bill_cny,
        sum(amount_cny) FILTER (WHERE item_code <> 'discount') AS charged_cny,
        sum(amount_cny) FILTER (WHERE item_code = 'plan_fee') AS plan_fee_cny,
        sum(amount_cny) FILTER (WHERE item_code = 'voice') AS voice_fee_cny,
        sum(amount_cny) FILTER (WHERE item_code IN ('sms', 'mms')) AS message_fee_cny,
        sum(amount_cny) FILTER (WHERE item_code = 'data') AS data_fee_cny,
        sum(amount_cny) FILTER (WHERE item_code = 'value_added') AS value_added_fee_cny,
        -sum(amount_cny) FILTER (WHERE item_code = 'discount') AS discount_cny,
        -sum(amount_cny) FILTER (WHERE item_code <> 'discount' AND amount_cny < 0) AS credited_cny
    FROM entry
    GROUP BY customer_id
),

paid AS (
    SELECT
        customer_id,
        sum(amount_cny) AS payment_cny,
        max(date_diff('day', due_date, event_date)) AS payment_delay_days
    FROM clean_payment
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until
    GROUP BY customer_id
),

recharged AS (
    SELECT
        customer_id,
        count(*) AS recharge_count,
        sum(amount_cny) AS recharge_cny,
        max(event_date) AS last_recharge_date
    FROM clean_recharge
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until
    GROUP BY customer_id
),

account AS (
    SELECT
        customer_id,
        sum(balance_cny) AS balance_cny
    FROM clean_balance
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until
    GROUP BY customer_id
),

owed AS (
    SELECT
        customer_id,
        sum(arrears_cny) AS arrears_cny,
        max(overdue_days) AS overdue_days
    FROM clean_arrears
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until
    GROUP BY customer_id
)

SELECT
    customer_id,
    coalesce(bill_cny, 0) AS bill_cny,
    coalesce(charged_cny, 0) AS charged_cny,
    coalesce(plan_fee_cny, 0) AS plan_fee_cny,
    coalesce(voice_fee_cny, 0) AS voice_fee_cny,
    coalesce(message_fee_cny, 0) AS message_fee_cny,
    coalesce(data_fee_cny, 0) AS data_fee_cny,
    coalesce(value_added_fee_cny, 0) AS value_added_fee_cny,
    coalesce(discount_cny, 0) AS discount_cny,
    coalesce(credited_cny, 0) AS credited_cny,
    coalesce(payment_cny, 0) AS payment_cny,
    payment_delay_days,
    coalesce(recharge_count, 0) AS recharge_count,
    coalesce(recharge_cny, 0) AS recharge_cny,
    last_recharge_date,
    balance_cny,
    coalesce(arrears_cny, 0) AS arrears_cny,
    coalesce(overdue_days, 0) AS overdue_days
FROM billed
FULL JOIN paid USING (customer_id)
FULL JOIN recharged USING (customer_id)
FULL JOIN account USING (customer_id)
FULL JOIN owed USING (customer_id)
