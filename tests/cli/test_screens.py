"""What people see at the end: masked numbers, the counts of F2, and a plain word when there is nothing yet."""

import re
from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from rich.console import Console

from churn_tasks.cli import screens
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings

ROW = {
    "rank": 1, "phone_masked": "138****8000", "arpu_cny": 88.5, "region_code": "R1", "customer_group": None,
    "churn_score": 0.4567, "action_priority": 40.418, "level": "high", "reason_1_en": "Bill falls", "reason_2_en": None,
    "reason_3_en": None, "strategy_en": "Offer a smaller plan", "model_name": "m", "model_version": 3, "run_id": "abc",
}  # fmt: skip
RESULT = {
    "month": date(2024, 5, 1), "customers": 601_037, "churners": 45_594, "churn_rate_pct": 7.59, "warned": 42_068,
    "warned_churners": 32_753, "precision_pct": Decimal("77.88"), "coverage_pct": Decimal("71.84"),
    "warned_left_before_list": 0, "warned_left_in_delay": 12, "warned_left_later": 1_507, "warned_rotated": 9,
    "days_to_leaving_lower": 27.0, "days_to_leaving_median": 39.0, "days_to_leaving_upper": 48.5,
    "precision_in_time_pct": Decimal("77.88"), "coverage_in_time_pct": Decimal("65.00"),
}  # fmt: skip
JUDGED = {
    "month": date(2024, 7, 1),
    "tested_month": date(2024, 5, 1),
    "candidate": "lightgbm",
}


class Planted:
    rows: tuple = ()
    results: tuple = ()
    judged: tuple = ()

    def __init__(self, settings):
        pass

    def published(self, month, limit):
        return self.rows[:limit]

    def read(self, statement):
        return self.results if "bi_result" in statement else self.judged

    def close(self):
        pass


@pytest.fixture
def show(tmp_path, monkeypatch):
    monkeypatch.setattr(screens, "Warehouse", Planted)
    settings = load_settings("telecom", state_dir=tmp_path)

    def shown(make, *arguments) -> str:
        console = Console(width=240)
        with console.capture() as capture:
            made = make(settings, *arguments)
            for screen in made if isinstance(made, list) else [made]:
                console.print(screen)
        return capture.get()

    return shown


def test_the_list(show, monkeypatch):
    monkeypatch.setattr(Planted, "rows", (ROW,))
    text = show(screens.list_screen, Month(2024, 3), 10)
    for word in (
        "2024-03",
        "138****8000",
        "88.50",
        "0.457",
        "40.42",
        "high",
        "Bill falls",
        "Offer a smaller plan",
        "version 3",
    ):
        assert word in text


def test_who_has_no_phone_is_told_by_the_number_of_the_customer(show, monkeypatch):
    row = ROW | {"phone_masked": None, "customer_id": "K-000217"}
    monkeypatch.setattr(Planted, "rows", (row,))
    assert "K-000217" in show(screens.list_screen, Month(2024, 3), 10)


def test_no_list(show):
    assert "No warning list is published for 2024-03" in show(
        screens.list_screen, Month(2024, 3), 10
    )


@pytest.fixture
def judged(monkeypatch):
    """Two lists whose truth is in, and a candidate with a precision of 20 %."""
    june = RESULT | {"month": date(2024, 6, 1), "days_to_leaving_median": 20.0}
    monkeypatch.setattr(Planted, "results", (RESULT, june))
    measured = {"precision": "0.2", "coverage": "1.0", "warned": "50", "auc": "0.75"}
    rows = [JUDGED | {"measure": name, "value": measured[name]} for name in measured]
    monkeypatch.setattr(Planted, "judged", rows)


def test_the_result_table_has_the_counts_and_the_rates(show, judged):
    text = show(screens.validation_screens)
    for word in ("2024-05", "601,037", "45,594", "42,068", "32,753", "lightgbm", "50"):
        assert word in text


def test_shares_are_written_in_one_way(show, judged):
    """Percent with one decimal, whether the view holds percent or the run has written a share of 1."""
    text = show(screens.validation_screens)
    for word in ("7.6%", "77.9%", "71.8%", "65.0%", "20.0%", "100.0%", "0.750"):
        assert word in text
    assert not re.search(r"77\.88|0\.200| 1\.000", text), "nor in any other"


def test_it_is_told_when_the_warned_left(show, judged):
    text = " ".join(show(screens.validation_screens).split())
    assert "before list" in text and "39 (27-48)" in text and "20 (27-48)" in text
    assert "3 days after the list or later" in text
    line = "Of 68,544 warned who left 预警后离网: 0 before list, 24 in delay, 65,506 in window, 3,014 later"
    assert f"{line}; 2024-06: 20 (27-48) days after it" in text


def test_the_demo_tells_it_in_one_line(show, judged):
    whole, brief = (
        show(partial(screens.validation_screens, is_brief=is_brief))
        for is_brief in (False, True)
    )
    assert "Of 68,544 warned who left" in brief and "When the warned left" not in brief
    assert "When the warned left" in whole


def test_every_table_fits_a_line_of_120(show, judged):
    """No head is cut, so no cell is."""
    settings = load_settings("telecom")
    for screen in screens.validation_screens(settings):
        needed = Console(width=500).measure(screen)
        assert needed.maximum <= 120, screen.title


def test_lists_judged_before_days_were_counted_say_so(show, monkeypatch):
    old = dict.fromkeys(RESULT) | {"month": date(2024, 5, 1), "warned": 42_068}
    monkeypatch.setattr(Planted, "results", (old, RESULT))
    text = " ".join(show(screens.validation_screens).split())
    assert "Some lists were judged before days of leaving were counted" in text
    assert "42,068" in text and "–" in text
