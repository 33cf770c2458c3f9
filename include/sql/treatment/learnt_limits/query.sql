-- The quantiles from which the limits of outliers are reckoned.
SELECT
    {{limits}}
FROM {{earlier}}
