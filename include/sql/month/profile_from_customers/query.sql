-- The master record as it stood at the end of the month: the latest version that held before as_of and was
-- entered before known_until. A version mostly starts long before the month, so event_date has no lower bound. The day
-- of closing is that of the first version that says closed since the last one that did not, of the versions that this
-- month delivered: what earlier months said of the closing, the events of a definition look up.
WITH versions AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY customer_id ORDER BY event_date DESC, known_date DESC) AS age,
        sum(CASE WHEN service_status = 'closed' THEN 0 ELSE 1 END)
            OVER (PARTITION BY customer_id ORDER BY event_date DESC, known_date DESC) AS open_since
    FROM clean_customer
    WHERE month = $month AND event_date < $as_of
        AND known_date < $known_until
),

closed AS (
    SELECT
        customer_id,
        min(event_date) AS closed_date
    FROM versions
    WHERE open_since = 0
    GROUP BY customer_id
)

SELECT
    versions.customer_id,
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
    closed.closed_date,
    CASE WHEN pay_mode IS NOT NULL THEN CAST(pay_mode = 'prepaid' AS INTEGER) END AS is_prepaid,
    date_diff('month', joined_date, $as_of) AS tenure_months,
    year($month) - birth_year AS age_years
FROM versions
LEFT JOIN closed ON closed.customer_id = versions.customer_id
WHERE age = 1
