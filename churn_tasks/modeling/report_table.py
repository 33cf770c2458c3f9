"""The result table (F2) in words of the field: for the browser of MLflow and for ``churn validate``."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from churn_tasks.core.list_figures import WORDS

SHOWN = (
    "customers",
    "churners",
    "churn_rate",
    "warned",
    "warned_left_before_list",
    "warned_left_in_delay",
    "warned_churners",
    "warned_left_later",
    "warned_rotated",
    "precision",
    "coverage",
    "days_to_leaving_lower",
    "days_to_leaving_median",
    "days_to_leaving_upper",
    "precision_in_time",
    "coverage_in_time",
    "auc",
    "average_precision",
    "break_even_precision",
)


def result_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows of ``out_validation`` as the table of F2, one a tested month and model, figures as numbers."""
    in_order = sorted(rows, key=_month_and_name)
    return pd.DataFrame([_record(row) for row in in_order])


def _month_and_name(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row["tested_month"]), row["candidate"]


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    model = f"{row['candidate']} v{int(row['model_version'])}"
    record = {
        "tested month 检验月": str(row["tested_month"])[:7],
        "model 模型": f"{model} *" if row["is_selected"] else model,
    }
    for name in SHOWN:
        record[WORDS[name]] = row[name]
    return record
