"""The result table (F2) in words of the field: for the browser of MLflow and for ``churn validate``."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

COUNTS = {
    "customers": "customers 客户数",
    "churners": "churners 离网数",
    "churn_rate": "churn rate 离网率",
    "warned": "warned 预警数",
    "warned_left_before_list": "warned who left before the list 出单前离网",
    "warned_left_in_delay": "warned who left in the delay 延迟期离网",
    "warned_churners": "warned who churned 预警且离网",
    "warned_left_later": "warned who left later 预测期后离网",
    "warned_rotated": "warned who changed lines 换号",
    "precision": "precision 准确度",
    "coverage": "coverage 覆盖率",
}
EARLY = {
    "days_to_leaving_lower": "days to leaving, lower quartile 离网天数下四分位",
    "days_to_leaving_median": "days to leaving, median 离网天数中位数",
    "days_to_leaving_upper": "days to leaving, upper quartile 离网天数上四分位",
    "precision_in_time": "precision in time 及时准确度",
    "coverage_in_time": "coverage in time 及时覆盖率",
}
RANKING = {
    "auc": "AUC",
    "average_precision": "average precision 平均精确率",
    "break_even_precision": "break-even precision 平衡点准确度",
}


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
    for name, label in {**COUNTS, **EARLY, **RANKING}.items():
        record[label] = row[name]
    return record
