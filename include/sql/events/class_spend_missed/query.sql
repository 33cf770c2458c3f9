-- The first month that ends so many months running in which a key account spent less than its class asks for. A month
-- without a bill is a month of no spend. Exactly the spend of the class is enough.
WITH spent AS (
    SELECT
        profile.customer_id,
        profile.month,
        coalesce(made.revenue_cny, 0) AS spent_cny,
        CASE profile.key_account_class
            WHEN 'A' THEN $class_a_cny
            WHEN 'B' THEN $class_b_cny
            WHEN 'C' THEN $class_c_cny
            WHEN 'D' THEN $class_d_cny
        END AS class_cny
    FROM month_profile AS profile
    LEFT JOIN month_activity AS made
        ON made.customer_id = profile.customer_id AND made.month = profile.month AND made.month < $predict_end
    WHERE profile.month < $predict_end AND date_diff('month', profile.month, $since) < $months
),

missed AS (
    SELECT
        customer_id,
        month,
        spent_cny,
        class_cny,
        lag(month, $months - 1) OVER (PARTITION BY customer_id ORDER BY month) AS first_month
    FROM spent
    WHERE spent_cny < class_cny
)

SELECT
    customer_id,
    min(month) AS event_date,
    min_by(spent_cny, month) AS spent_cny,
    min_by(class_cny, month) AS class_cny
FROM missed
WHERE month >= $since AND date_diff('month', first_month, month) = $months - 1
GROUP BY customer_id
