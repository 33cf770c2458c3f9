-- A version as the month that fitted it has judged it: the latest such month, up to that of the run.
SELECT
    month,
    candidate,
    tested_month,
    model_name,
    model_version,
    mlflow_run_id,
    feature_set,
    train_from,
    train_to,
    list_size,
    customers,
    at_risk,
    churners,
    churn_rate,
    precision,
    coverage,
    precision_in_time,
    coverage_in_time,
    auc,
    average_precision,
    brier,
    calibration_error,
    mean_score,
    gain,
    gain_low,
    gain_high
FROM out_validation
WHERE kind = 'candidate' AND model_name = $name AND model_version = $version AND month <= $month
ORDER BY month DESC
LIMIT 1
