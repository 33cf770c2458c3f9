-- The master record as it stood at the end of the month: the latest version that held before as_of and was
-- entered before known_until. A version mostly starts long before the month, so event_date has no lower bound.
WITH versions AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY customer_id ORDER BY event_date DESC, known_date DESC) AS age
    FROM clean_customer
    WHERE month = $month AND event_date < $as_of
        AND known_date < $known_until
)

SELECT
    customer_id,
    phone_token,
    region_code,
    city_code,
    customer_group,
    key_account_class,
    network_type,
    plan_code,
    plan_fee_cny,
    service_status,
    coalesce(service_status = 'closed', false) AS has_left,
    CASE WHEN pay_mode IS NOT NULL THEN CAST(pay_mode = 'prepaid' AS INTEGER) END AS is_prepaid,
    date_diff('month', joined_date, $as_of) AS tenure_months,
    year($month) - birth_year AS age_years
FROM versions
WHERE age = 1
