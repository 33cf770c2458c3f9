-- Every judged measure of the months, and what was measured beside it of whole columns of the tables asked for.
SELECT
    month,
    table_name,
    column_name,
    measure,
    '' AS item,
    value,
    usual_low,
    usual_high,
    allowed_low,
    allowed_high,
    verdict
FROM check_result
WHERE month >= $first_month
UNION ALL
SELECT
    month,
    table_name,
    column_name,
    measure,
    item,
    value,
    NULL AS usual_low,
    NULL AS usual_high,
    NULL AS allowed_low,
    NULL AS allowed_high,
    'pass' AS verdict
FROM profile
ANTI JOIN check_result USING (month, table_name, column_name, measure)
WHERE
    month >= $first_month
    AND list_contains($tables, table_name)
    AND region_code = ''
    AND measure NOT IN ('kept', 'summed', 'close_share', 'p01', 'p25', 'p75')
ORDER BY ALL
