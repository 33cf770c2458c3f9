-- Every judged measure of every month, and what was measured beside it of whole columns.
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
WHERE region_code = '' AND measure NOT IN ('kept', 'close_share', 'p01', 'p25', 'p75')
ORDER BY ALL
