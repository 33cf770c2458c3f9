"""The README's smallest profile in other currencies and sizes: nothing stops an honest first month.

And what is wrong with one amount, or with the unit of all, is found all the same.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from churn_tasks.by_hand.source import look
from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.declared.lineage.gaps import load_gaps
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.month import run_step
from tests.lakes import rows
from tests.own_profile import FIRST, own_profile, settings_below

STEPS = ("extract", "late", "check_raw", "integrate", "match", "texts", "summarise")
SECOND = FIRST + 1
Bill = Callable[[random.Random], float]
OPERATORS: dict[str, tuple[str, int, Bill]] = {
    "companies in roubles, who do not say so": ("", 60, lambda c: c.uniform(40e3, 9e5)),
    "companies in roubles": ("RUB", 60, lambda c: 30e3 * c.lognormvariate(0, 1.5)),
    "rupiah, unsaid": ("", 25, lambda c: c.choice([65_000, 120_000, 250_000])),
    "yen": ("JPY", 40, lambda c: c.choice([2_980, 7_480, 98_000])),
    "euro cents, unsaid": ("EUR", 30, lambda c: c.uniform(9e3, 9e5)),
    "yuan, companies with lines of three cities": ("CNY", 15, lambda c: c.uniform(2e4, 2e5)),
    "dinars": ("KWD", 21, lambda c: c.uniform(3, 12)),
}  # fmt: skip


def operator(folder: Path, currency: str, *more: str) -> Settings:
    """The README's profile, with a currency where one is said, before its first delivery."""
    own_profile(folder, "")
    file = folder / "my_operator" / "settings.yaml"
    stated = file.read_text(encoding="utf-8").splitlines()
    lines = [line for line in stated if not line.startswith("currency:")]
    if currency:
        lines.append(f"currency: {currency}")
    file.write_text("\n".join([*lines, *more]) + "\n", encoding="utf-8")
    for drop in (folder / "drops").glob("bills_*.csv"):
        drop.unlink()
    return settings_below(folder, "")


def deliver(folder: Path, month: Month, amounts: dict[str, float]) -> None:
    lines = [f"{account},{month},{amount:.2f}" for account, amount in amounts.items()]
    text = "\n".join(["account,period,amount", *lines]) + "\n"
    (folder / "drops" / f"bills_{month}.csv").write_text(text)


def bills(customers: int, bill: Bill) -> dict[str, float]:
    chance = random.Random(5)
    return {f"C{number:03}": bill(chance) for number in range(customers)}


def run_month(settings: Settings, month: Month) -> None:
    for step in STEPS:
        run_step(step, settings, month)


@pytest.mark.parametrize("name", OPERATORS)
def test_an_honest_first_month_goes_on_with_every_bill(
    tmp_path: Path, name: str
) -> None:
    currency, customers, bill = OPERATORS[name]
    settings = operator(tmp_path, currency)
    deliver(tmp_path, FIRST, bills(customers, bill))
    run_month(settings, FIRST)
    run = MonthRun(settings, FIRST)
    assert run.lake.rows("clean_bill", FIRST) == customers
    run.close()
    judged = look(settings, FIRST, load_gaps(settings), most_rows=1_000)
    (bill,) = [one for one in judged if one.table == "bill"]
    assert not bill.stops, "check-source and the run agree"


@pytest.mark.parametrize("currency", ["", "RUB", "CNY"])
def test_one_amount_beyond_all_others_is_set_aside(
    tmp_path: Path, currency: str
) -> None:
    settings = operator(tmp_path, currency)
    honest = bills(60, lambda c: c.uniform(300, 900))
    deliver(tmp_path, FIRST, honest | {"C007": 9_999_999_999.0})
    run_month(settings, FIRST)
    run = MonthRun(settings, FIRST)
    (broken,) = rows(run, "quarantine")
    assert (broken["rule"], broken["value_text"]) == ("amount_absurd", "9999999999.00")  # fmt: skip
    run.close()


def test_the_number_of_the_contract_alone_would_stop_them(tmp_path: Path) -> None:
    """Negative control; and how a profile states a limit of its own."""
    currency, customers, bill = OPERATORS["companies in roubles"]
    settings = operator(tmp_path, currency, "limits: {bill.amount_absurd: 50000}")
    deliver(tmp_path, FIRST, bills(customers, bill))
    with pytest.raises(CheckFailed, match=r"amount_absurd_share .*50,000 RUB"):
        run_month(settings, FIRST)


@pytest.mark.parametrize(("currency", "times"), [("RUB", 100), ("", 100), ("JPY", 0.001)])  # fmt: skip
def test_another_unit_is_found_in_the_second_month(
    tmp_path: Path, currency: str, times: float
) -> None:
    settings = operator(tmp_path, currency)
    honest = bills(60, lambda c: c.uniform(300, 900))
    deliver(tmp_path, FIRST, honest)
    deliver(tmp_path, SECOND, {c: times * amount for c, amount in honest.items()})
    run_month(settings, FIRST)
    with pytest.raises(CheckFailed, match=r"raw_bill\.amount_cny\.scale is .*allowed") as stop:  # fmt: skip
        run_month(settings, SECOND)
    assert "{measures: bill.amount_cny.scale, allowed: [" in str(stop.value)


def test_an_empty_first_delivery_still_stops(tmp_path: Path) -> None:
    settings = operator(tmp_path, "RUB")
    deliver(tmp_path, FIRST, {})
    with pytest.raises(CheckFailed, match=r"raw_bill\.rows is 0"):
        run_month(settings, FIRST)
