"""The card of a model version says what it rests on, and nothing that people wrote can break its tables."""

import datetime as dt

from churn_tasks.core.mlflow_pages import run_page
from churn_tasks.core.settings import load_settings
from churn_tasks.report.model_card import CALIBRATION, FIGURES, CardFacts, model_card

JUDGED = {
    **dict.fromkeys((*FIGURES, *CALIBRATION), 0.25),
    "candidate": "lightgbm",
    "model_name": "telecom_churn",
    "model_version": 3,
    "mlflow_run_id": "abc",
    "feature_set": "f00d",
    "train_from": dt.date(2024, 3, 1),
    "train_to": dt.date(2024, 5, 1),
    "tested_month": dt.date(2024, 8, 1),
    "precision_in_time": None,
}
MONTH = {
    "judged_month": dt.date(2024, 7, 1),
    "churners": 120,
    "average_precision": 0.31,
    "rival_average_precision": 0.28,
    "gain_low": -0.002,
    "gain_high": 0.062,
}
COLUMNS = [
    {"feature": "complaint_count", "auc": 0.61, "gain": 0.2},
    {"feature": "tenure_months", "auc": 0.42, "gain": None},
    {"feature": "plan_code", "auc": None, "gain": None},
]
DECISION = {
    "valid_from": dt.date(2024, 11, 1),
    "valid_to": None,
    "model_version": 3,
    "decided_by": "Li",
    "why": "a | b\n<script>",
    "metrics": {"regret": -0.0125},
}


def card(**changed: object) -> str:
    facts = {
        "settings": load_settings("telecom"),
        "trained_in": "2024-11",
        "judged": JUDGED,
        "months": [MONTH],
        "columns": COLUMNS,
        "decisions": [DECISION],
        "files": {"model.skops": "ab" * 32},
    }
    return model_card(CardFacts(**{**facts, **changed}))


def test_its_run_is_a_link_where_somebody_serves_mlflow() -> None:
    page = run_page("http://mlflow:5000", "7", "abc")
    assert "/#/experiments/7/runs/abc?" in page
    assert f"| f00d | [abc]({page}) |" in card(run_page=page)


def test_it_says_what_the_model_is_and_what_it_rests_on() -> None:
    text = card()
    assert text.startswith("# telecom_churn version 3\nlightgbm, run of 2024-11")
    assert "| 2024-03 to 2024-05 | 3 | f00d | abc |" in text
    assert "| 2024-07 | 120 | 0.3100 | 0.2800 | +0.0300 | -0.0020 to +0.0620 |" in text
    assert "| precision in time 及时准确度 |  |" in text
    assert f"| model.skops | {'ab' * 32} |" in text
    assert "leaves in month 2 after the month" in text
    assert card() == text


def test_directions_are_those_of_the_leavers() -> None:
    text = card()
    assert "| complaint_count | high values 偏高 | 0.6100 | 0.2000 |" in text
    assert "| tenure_months | low values 偏低 | 0.4200 |  |" in text
    assert "| plan_code |  |  |  |" in text


def test_what_people_wrote_stays_in_its_cell() -> None:
    (line,) = [line for line in card().splitlines() if line.startswith("| 2024-11")]
    assert line == "| 2024-11 |  | 3 | Li | -0.0125 | a \\| b &lt;script> |"


def test_a_longer_window_and_no_decision_are_told() -> None:
    settings = load_settings(
        "telecom", windows={"observe": 3, "delay": 0, "predict": 2}
    )
    text = card(settings=settings, decisions=[])
    assert "leaves in months 1 to 2 after the month" in text
    assert "第 1 至 2 个月" in text
    assert "| 2024-11 |" not in text
