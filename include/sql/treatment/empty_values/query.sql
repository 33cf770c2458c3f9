-- Empty values of each column, told by the footer of the partition without reading it.
SELECT
    path_in_schema AS name,
    CAST(coalesce(sum(stats_null_count), 0) AS BIGINT) AS rows
FROM parquet_metadata({{file}})
GROUP BY name
ORDER BY name
