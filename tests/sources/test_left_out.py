"""Rows of a month's own file that the extract's WHERE leaves out: counted, told, and refused where they are most."""

import logging
from pathlib import Path

import pytest

from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.work.left_out import file_of_the_month
from tests.lakes import small_profile, small_run

HEAD = "bill_id,customer_id,period,amount_cny\n"
SELECT = """
SELECT bill_id, customer_id, 'plan_fee' AS item_code, amount_cny,
    TRY_CAST(period AS DATE) AS event_date, TRY_CAST(period AS DATE) + 32 AS known_date
FROM bills
"""
IN_MONTH = (
    "WHERE TRY_CAST(period AS DATE) >= $month AND TRY_CAST(period AS DATE) < $as_of"
)


def _run(folder: Path, periods: list[str], where: str = IN_MONTH) -> MonthRun:
    """January of bills whose period is written as given."""
    source = {"kind": "files", "files": {"bills": "bills_{month}.csv"}}
    profile = small_profile(folder, ["bill"], source=source)
    (profile / "extract" / "bill.sql").write_text(SELECT + where, encoding="utf-8")
    drops = folder / "drops"
    drops.mkdir(parents=True)
    lines = [f"B{n},{700_000 + n},{period},20" for n, period in enumerate(periods)]
    text = HEAD + "\n".join(lines) + "\n"
    (drops / "bills_2024-01.csv").write_text(text, encoding="utf-8")
    settings = load_settings(str(profile), state_dir=folder / "state", data_path=drops)
    return MonthRun(settings, Month(2024, 1))


@pytest.mark.parametrize("other", ["2023-01-01", "31.01.2024", ""])
def test_most_of_a_file_left_out_is_refused_before_it_is_written(
    tmp_path: Path, other: str
) -> None:
    """Another year, a date in another form, none at all: each is no row of the month to the WHERE."""
    run = _run(tmp_path, ["2024-01-01"] * 100 + [other] * 300)
    with pytest.raises(BadInput, match="leaves out 75%") as refused:
        run_on("extract", run)
    assert "400 rows" in str(refused.value) and "extract/bill.sql" in str(refused.value)


def test_a_few_are_told_and_all_is_said_of_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    run_on("extract", _run(tmp_path / "some", ["2024-01-01"] * 300 + ["?"] * 60))
    assert "leaves out 17%" in caplog.text
    caplog.clear()
    run_on("extract", _run(tmp_path / "none", ["2024-01-01"] * 300))
    assert caplog.text == ""


def test_files_of_few_rows_say_nothing(tmp_path: Path) -> None:
    run_on("extract", _run(tmp_path, ["2024-01-01"] * 10 + ["?"] * 90))


@pytest.mark.parametrize(
    ("sql", "relation"),
    [
        (SELECT + IN_MONTH.replace("$month", "DATE '2024-01-01'").replace("$as_of", "DATE '2024-02-01'"), "bills"),
        ("SELECT * FROM Bills", "bills"),
        ("SELECT customer_id, sum(x) FROM bills GROUP BY ALL", None),
        ("SELECT DISTINCT customer_id FROM bills", None),
        ("SELECT * FROM bills JOIN other USING (customer_id)", None),
        ("SELECT * FROM bills UNION ALL SELECT * FROM bills", None),
        ("SELECT * FROM whole_history", None),
        ("SELECT * FROM bills QUALIFY row_number() OVER () = 1", None),
        ("no SQL", None),
    ],
)  # fmt: skip
def test_only_a_plain_select_over_a_file_of_the_month_is_asked(
    tmp_path: Path, sql: str, relation: str | None
) -> None:
    files = {"bills": "bills_{month}.csv", "whole_history": "history.csv"}
    source = {"kind": "files", "files": files}
    profile = small_profile(tmp_path, ["bill"], source=source)
    run = small_run(tmp_path, "2024-01", profile=profile)
    assert file_of_the_month(run.settings, sql) == relation
