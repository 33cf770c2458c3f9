"""The one bridge between Airflow and ``churn_tasks``."""
