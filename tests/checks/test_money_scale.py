"""Fen for yuan: found in the second month of the smallest operator, and between two tables in the first."""

import random
from pathlib import Path

import pytest

from churn_tasks.checks.baseline import Baseline
from churn_tasks.checks.money_scale import STOPS, WARNS, scale_measure
from churn_tasks.checks.month_figures import MonthFigures
from churn_tasks.checks.profile import Figure
from churn_tasks.checks.raw_suite import raw_suite
from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.months import Month
from churn_tasks.core.sections import Quality
from churn_tasks.core.settings import load_settings
from churn_tasks.declared.registry import load_registry
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import put, rows, small_profile, small_run

JANUARY = Month(2024, 1)
BILL = load_registry(load_settings("telecom")).raw["bill"]
(AMOUNT,) = [column for column in BILL.columns if column.name == "amount_cny"]


def amounts(seed: int, rows: int, times: float = 1.0) -> list[float]:
    """Amounts as uneven as those of companies: the largest a thousand times the smallest."""
    chance = random.Random(seed)
    return sorted(times * chance.lognormvariate(4, 1.2) for _ in range(rows))


def figures(given: list[float]) -> list[Figure]:
    """What a profile says of them."""
    told = {"rows": len(given), "kept": len(given)}
    made = [Figure("bill", "", name, float(value)) for name, value in told.items()]
    of_column = {"summed": float(len(given)), "mean": sum(given) / len(given), "null_share": 0.0}  # fmt: skip
    for part in (5, 25, 50, 75, 95, 99):
        of_column[f"p{part:02}"] = given[part * (len(given) - 1) // 100]
    return made + [Figure("bill", "amount_cny", n, v) for n, v in of_column.items()]


def month_after(
    accepted: int, given: list[Figure], rows: int, **quality: object
) -> MonthFigures:
    """A month beside so many accepted ones of other amounts of the same kind."""
    records = []
    for place in range(accepted):
        for figure in figures(amounts(100 + place, rows)):
            records.append(
                {
                    "month": (JANUARY + place).start, "table_name": figure.table, "column_name": figure.column,
                    "region_code": "", "measure": figure.measure, "item": "", "value": figure.value,
                }
            )  # fmt: skip
    settings = Quality.model_validate(quality)
    baseline = Baseline.of(JANUARY + accepted, settings, records)
    return MonthFigures(BILL, given, baseline)


@pytest.mark.parametrize("rows", [12, 60, 5_000])
@pytest.mark.parametrize("times", [100.0, 0.01, 1000.0])
def test_another_unit_stops_from_the_second_month_on(times: float, rows: int) -> None:
    """Negative control: bounds that are learnt need four months and 200 rows, and know nothing of this one."""
    wrong = figures(amounts(1, rows, times))
    month = month_after(1, wrong, rows)
    (judged,) = scale_measure(month, AMOUNT)
    assert not 1 / STOPS <= judged.value <= STOPS
    assert (judged.measure.lowest, judged.measure.highest) == (1 / STOPS, STOPS)
    suite, _ = raw_suite(BILL, wrong, month.baseline)
    others = [m for m in suite.measures if m.column == "amount_cny" and not m.name.endswith("scale")]  # fmt: skip
    assert not any(m.may_stop for m in others)


@pytest.mark.parametrize("rows", [10, 25, 60, 400])
def test_months_of_uneven_amounts_say_nothing(rows: int) -> None:
    """The largest bill alone moves by more than the bound from month to month."""
    moved, largest = [], []
    for seed in range(400):
        given = amounts(1_000 + seed, rows)
        month = month_after(2, figures(given), rows)
        moved += [judged.value for judged in scale_measure(month, AMOUNT)]
        largest.append(given[-1] / amounts(100, rows)[-1])
    assert len(moved) == 400
    assert all(1 / WARNS < value < WARNS for value in moved)
    assert max(*largest, *(1 / each for each in largest)) > WARNS


def test_where_there_is_nothing_to_compare_nothing_is_said() -> None:
    assert not list(scale_measure(month_after(0, figures(amounts(1, 60)), 60), AMOUNT))
    assert not list(scale_measure(month_after(3, figures(amounts(1, 9)), 60), AMOUNT))
    ignored = month_after(3, figures(amounts(1, 60)), 60, ignore=["bill.amount_cny.scale"])  # fmt: skip
    assert not list(scale_measure(ignored, AMOUNT))


# --- between tables, in the first month


@pytest.fixture
def run(tmp_path: Path):
    tables = ("bill", "customer", "payment", "recharge", "arrears")
    made = small_run(tmp_path, "2024-01", profile=small_profile(tmp_path, tables))
    yield made
    made.close()


def deliver(run: MonthRun, times: dict[str, float], customers: int = 60) -> None:
    """A month of bills and what lies beside them, each in its own unit."""
    chance = random.Random(7)
    billing, profiles, activity = [], [], []
    for number in range(customers):
        bill, customer = chance.lognormvariate(4, 1), f"C{number}"
        paid = bill * chance.choice([1, 1, 1, 0.5, 12])  # some pay for a year
        billing.append(
            {
                "customer_id": customer, "bill_cny": bill * times.get("bill", 1), "arrears_cny": 0,
                "payment_cny": paid * times.get("payment", 1), "recharge_cny": bill * times.get("recharge", 1),
            }
        )  # fmt: skip
        lines = chance.choice([1] * 18 + [2, 40])  # some hold forty lines of that fee
        fee = bill / lines * times.get("plan_fee", 1)
        profiles.append(
            {"customer_id": customer, "plan_fee_cny": fee, "has_left": False}
        )
        activity.append(
            {"customer_id": customer, "is_active": True, "revenue_cny": bill}
        )
    put(run, "month_billing", "2024-01", billing)
    put(run, "month_profile", "2024-01", profiles)
    put(run, "month_activity", "2024-01", activity)
    lines = [{"customer_id": row["customer_id"], "person_id": row["customer_id"]} for row in activity]  # fmt: skip
    put(run, "customer_line", "2024-01", lines, checked=False)
    put(run, "clean_bill", "2024-01", [])


@pytest.mark.parametrize(
    ("wrong", "times", "named"),
    [
        ("bill", 100, "plan_fee_to_bill"),
        ("payment", 100, "payment_to_bill"),
        ("recharge", 0.01, "recharge_to_bill"),
        ("plan_fee", 100, "plan_fee_to_bill"),
    ],
)
def test_a_table_in_another_unit_stops_the_first_month(
    run: MonthRun, wrong: str, times: float, named: str
) -> None:
    deliver(run, {wrong: times})
    with pytest.raises(CheckFailed, match=rf"relation\.{named} is .*another unit"):
        run_on("check_relations", run)


def test_advances_and_many_lines_are_no_other_unit(run: MonthRun) -> None:
    """Negative control: the mean of what they paid is many times the mean bill."""
    deliver(run, {})
    run_on("check_relations", run)
    found = {row["measure"]: row for row in rows(run, "relation")}
    assert {"payment_to_bill", "recharge_to_bill", "plan_fee_to_bill"} <= set(found)
    assert {row["verdict"] for row in found.values()} == {"pass"}


def test_of_few_customers_nothing_is_said(run: MonthRun) -> None:
    deliver(run, {"bill": 100}, customers=19)
    run_on("check_relations", run)
    assert not [r for r in rows(run, "relation") if r["measure"].endswith("_to_bill")]
