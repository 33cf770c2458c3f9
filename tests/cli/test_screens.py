"""What people see at the end: masked numbers, the counts of F2, and a plain word when there is nothing yet."""

from datetime import date

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
    "warned_churners": 32_753, "precision_pct": 77.86, "coverage_pct": 71.84, "left_in_delay": 12,
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


def test_the_result_table_has_the_counts_and_the_rates(show, monkeypatch):
    monkeypatch.setattr(Planted, "results", (RESULT,))
    monkeypatch.setattr(
        Planted,
        "judged",
        [
            JUDGED | {"measure": "precision", "value": "0.75"},
            JUDGED | {"measure": "warned", "value": "50"},
        ],
    )
    text = show(screens.validation_screens)
    for word in (
        "2024-05",
        "601,037",
        "45,594",
        "42,068",
        "32,753",
        "77.860",
        "71.840",
        "lightgbm",
        "0.750",
        "50",
    ):
        assert word in text
