-- What is held and where, as codes of the master record at the end of the month: tariff, key account class, city.
SELECT
    cohort.customer_id,
    held.plan_code AS tariff,
    held.key_account_class AS key_account,
    held.city_code AS city
FROM cohort
LEFT JOIN month_profile AS held
    ON held.customer_id = cohort.customer_id AND held.month = $month
    AND held.month >= $observe_start AND held.month < $as_of
WHERE cohort.month = $month
