-- What the gate knew of a version, month by month, when it was fitted.
SELECT
    judged_month,
    churners,
    average_precision,
    rival_average_precision,
    gain_low,
    gain_high
FROM out_gate
WHERE month = $trained AND model_version = $version
ORDER BY judged_month
