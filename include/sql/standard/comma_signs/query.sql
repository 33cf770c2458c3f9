-- How the numbers of one column are written that hold a comma.
SELECT
    count(*) AS value_count,
    count(*) FILTER (WHERE can_be_read_two_ways({{column}})) AS two_ways,
    count(*) FILTER (WHERE shows_decimal_comma({{column}})) AS decimal_comma,
    count(*) FILTER (WHERE shows_thousands({{column}})) AS thousands,
    count(*) FILTER (WHERE shows_decimal_point({{column}})) AS decimal_point,
    CAST(any_value(month) AS DATE) AS month,
    list_sort(list(DISTINCT {{column}}) FILTER (WHERE can_be_read_two_ways({{column}}) OR shows_decimal_comma({{column}})))[:5]
        AS examples
FROM {{rows}}
WHERE {{column}} IS NOT NULL
