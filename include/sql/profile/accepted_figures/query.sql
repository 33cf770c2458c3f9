-- The figures of the accepted months before one, from which bounds are learnt: the month itself is never among them.
SELECT
    month,
    table_name,
    column_name,
    region_code,
    measure,
    item,
    value
FROM profile_accepted
WHERE month < $month AND month >= $first_month
ORDER BY ALL
