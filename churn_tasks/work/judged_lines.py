"""How a judged measure is kept: the same columns in ``check_result`` and in ``relation``."""

import pyarrow as pa

from churn_tasks.checks.data_docs import Line

JUDGED = {
    "measure": pa.string(),
    "value": pa.float64(),
    "usual_low": pa.float64(),
    "usual_high": pa.float64(),
    "allowed_low": pa.float64(),
    "allowed_high": pa.float64(),
    "learnt_months": pa.int64(),
    "verdict": pa.string(),
}


def judged_line(line: Line) -> dict[str, object]:
    """The values of these columns; the measure without the column that it is about."""
    measure = line.measure
    return {
        "measure": measure.name.removeprefix(f"{measure.column}."),
        "value": line.value,
        "usual_low": measure.usual_lowest,
        "usual_high": measure.usual_highest,
        "allowed_low": measure.lowest,
        "allowed_high": measure.highest,
        "learnt_months": measure.learnt_months,
        "verdict": line.outcome,
    }
