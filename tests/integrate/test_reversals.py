"""Bills, their reversals, credit notes and the right bills after them: what a customer was billed net.

Each case is the bills of one customer in March as ``document, item, amount, day known[, bill that it takes back]``.
"""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml

from churn_tasks.core.errors import CheckFailed, SettingsError
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import INCLUDE, Settings, load_settings
from churn_tasks.declared.registry import load_registry
from churn_tasks.declared.sql_parts import Relation
from churn_tasks.integrate.standardise.reversals import reversals_sql
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.walks.month import run_step
from tests.lakes import make, put, query_named, rows, small_profile, small_run

Line = tuple[Any, ...]
TEXTS = ("bill_id", "customer_id", "item_code", "event_date", "known_date")
ROW = pa.schema(
    {
        **dict.fromkeys((*TEXTS, "cancels_bill_id"), pa.string()),
        "amount_cny": pa.float64(),
    }
)
FEE, DISCOUNT, DATA = "plan_fee", "discount", "data"
NOBODY = None  # no row in month_activity: every line was set aside
# customer -> lines, (is_active, revenue), rules under which lines are set aside
CASES: dict[str, tuple[list[Line], tuple[bool, float] | None, list[str]]] = {
    "billed": ([("B1", FEE, 58, 2)], (True, 58), []),
    "month_for_free": ([("B1", FEE, 58, 2), ("B1", DISCOUNT, -58, 2)], (True, 0), []),
    "paid_to_stay": ([("B1", FEE, 58, 2), ("B1", DISCOUNT, -80, 2)], (True, -22), []),
    "charged_nothing": ([("B1", FEE, 0, 2)], (False, 0), []),
    "reversed": ([("B1", FEE, 58, 2), ("R1", FEE, -58, 3)], (False, 0), []),
    "reversed_at_once": ([("B1", FEE, 58, 2), ("R1", FEE, -58, 2)], (False, 0), []),
    "billed_anew": (
        [("B1", FEE, 500, 2), ("R1", FEE, -500, 3), ("B2", FEE, 58, 4)],
        (True, 58),
        [],
    ),
    "taken_back_and_billed_anew_on_one_document": (
        [("B1", FEE, 500, 2), ("B2", FEE, -500, 3), ("B2", FEE, 58, 3)],
        (True, 58),
        [],
    ),
    "billed_anew_the_same": (
        [("B1", FEE, 58, 2), ("R1", FEE, -58, 3), ("B2", FEE, 58, 4)],
        (True, 58),
        [],
    ),
    "whole_bill_reversed": (
        [
            *[("B1", FEE, 58, 2), ("B1", DATA, 9, 2), ("B1", DISCOUNT, -10, 2)],
            *[("R1", FEE, -58, 3), ("R1", DATA, -9, 3), ("R1", DISCOUNT, 10, 3)],
        ],
        (False, 0),
        [],
    ),
    "under_one_number": (
        [("B1", FEE, 58, 2), ("B1", FEE, -58, 3)],
        NOBODY,
        ["cancelled_on_one_bill"] * 2,
    ),
    "under_one_number_then_anew": (
        [("B1", FEE, 500, 2), ("B1", FEE, -500, 2), ("B2", FEE, 58, 3)],
        (True, 58),
        ["cancelled_on_one_bill"] * 2,
    ),
    "reversal_delivered_twice": (
        [("B1", FEE, 58, 2), ("R1", FEE, -58, 3), ("R1", FEE, -58, 3)],
        (False, 0),
        [],
    ),
    "credit_note": ([("B1", FEE, 58, 2), ("C1", FEE, -18, 3)], (True, 40), []),
    "credit_for_all": (
        [("B1", FEE, 58, 2), ("B1", DATA, 9, 2), ("C1", FEE, -67, 3)],
        (False, 0),
        [],
    ),
    "discount_taken_back": (
        [("B1", FEE, 58, 2), ("B1", DISCOUNT, -10, 2), ("R1", DISCOUNT, 10, 3)],
        (True, 58),
        [],
    ),
    "february_taken_back": (
        [("R0", FEE, -500, 2), ("B1", FEE, 58, 2)],
        (True, 58),
        ["takes_back_other_month"],
    ),
    "february_taken_back_before_the_bill": (  # of one size with March's own bill, and made before it
        [("R0", FEE, -58, 1), ("B1", FEE, 58, 3)],
        (True, 58),
        ["takes_back_other_month"],
    ),
    "february_named": (
        [("R0", FEE, -58, 3, "B0"), ("B1", FEE, 58, 2)],
        (True, 58),
        ["takes_back_other_month"],
    ),
    "march_named": (
        [("B1", FEE, 58, 2), ("B2", FEE, 58, 2), ("R1", FEE, -58, 3, "B2")],
        (True, 58),
        [],
    ),
    "posting_error": ([("B1", FEE, -58, 2), ("B1", DATA, 9, 2)], (True, 9), ["sign_wrong"]),
    "posting_error_alone": ([("B1", FEE, -58, 2)], NOBODY, ["sign_wrong"]),
}  # fmt: skip


def bill(customer: str, line: Line) -> dict[str, Any]:
    document, item, amount, day, *cancels = line
    cancelled = f"{customer}-{cancels[0]}" if cancels else None
    return {
        "bill_id": f"{customer}-{document}", "customer_id": customer, "item_code": item, "amount_cny": amount,
        "event_date": "2024-03-01", "known_date": f"2024-04-{day:02d}", "cancels_bill_id": cancelled,
    }  # fmt: skip


def every_bill() -> list[dict[str, Any]]:
    """The cases among three hundred plain bills, so that no rule has many of the rows."""
    plain = [bill(f"plain{n:03d}", ("B1", FEE, 58, 2)) for n in range(300)]
    cases = [bill(who, line) for who, (lines, _, _) in CASES.items() for line in lines]
    return [*plain, *cases]


@pytest.fixture(scope="module")
def march(tmp_path_factory: pytest.TempPathFactory) -> MonthRun:
    run = small_run(tmp_path_factory.mktemp("reversals"), "2024-03", raw=["bill"])
    put(run, "raw_bill", "2024-03", every_bill(), checked=False)
    assert run_on("integrate", run).outcome == "done"
    return run


@pytest.fixture(scope="module")
def active(march: MonthRun) -> dict[str, tuple[bool, float]]:
    made = make(march, query_named(march, "month", "activity_from_bills"))
    found = {}
    for row in made:
        found[row["customer_id"]] = (row["is_active"], float(row["revenue_cny"]))
    return found


@pytest.mark.parametrize("customer", CASES)
def test_a_customer_was_billed_what_is_left(
    customer: str, march: MonthRun, active: dict[str, tuple[bool, float]]
) -> None:
    _, billed, rules = CASES[customer]
    assert active.get(customer) == billed
    aside = []
    for row in rows(march, "quarantine"):
        if f'"{customer}"' in row["row_json"]:
            aside += [row["rule"]] * row["row_count"]
    assert aside == rules


def test_the_books_balance_and_count_what_was_taken_back(march: MonthRun) -> None:
    (books,) = rows(march, "audit_rows")
    every = every_bill()
    set_aside = sum(len(rules) for _, _, rules in CASES.values())
    assert books["rows_in"] == len(every)
    assert books["quarantined"] == set_aside == 9
    assert books["merged"] == 2  # the reversal that came twice, two lines of one item
    assert books["rows_out"] == len(every) - set_aside - 2
    done = {row["treatment"]: row["row_count"] for row in rows(march, "treatment")}
    assert done["taken_back"] == 13  # two of them take a discount back


def test_a_rule_that_sees_one_side_calls_the_reversed_customer_billed(
    march: MonthRun,
) -> None:
    """Control: judged by its sign alone, a reversal is set aside and what it takes back stays."""
    sign = march.registry.raw["bill"].reversals
    assert sign is not None
    naive = march.engine.records(
        "SELECT customer_id, sum(amount_cny) AS revenue_cny FROM clean_bill"
        f" WHERE month = DATE '2024-03-01' AND NOT ({sign.takes_back}) GROUP BY customer_id"
    )
    revenue = {row["customer_id"]: float(row["revenue_cny"]) for row in naive}
    assert revenue["reversed"] == 58
    assert revenue["billed_anew"] == 558


@pytest.mark.parametrize(
    ("customer", "becomes"),
    [
        ("posting_error_alone", {None}),
        ("february_named", {"other_month"}),
        ("reversed", {"cancelled"}),
        ("credit_note", {"credit"}),
        ("billed", set()),
    ],
)
def test_the_only_bills_of_a_month_are_judged_like_any_others(
    customer: str, becomes: set[str | None], march: MonthRun
) -> None:
    """No customer beside them has a bill that is taken back."""
    declared = march.registry.raw["bill"].reversals
    assert declared is not None
    lines = [bill(customer, line) for line in CASES[customer][0]]
    with duckdb.connect() as connection:
        connection.register("read_rows", pa.Table.from_pylist(lines, ROW))
        sql = reversals_sql(declared, Relation("read_rows"))
        found = connection.execute(f"SELECT reversal FROM ({sql})").fetchall()
    assert {reversal for (reversal,) in found} == becomes


def test_many_reversals_of_other_months_stop_the_month(tmp_path: Path) -> None:
    run = small_run(tmp_path, "2024-03", raw=["bill"])
    plain = [bill(f"plain{n:03d}", ("B1", FEE, 58, 2)) for n in range(300)]
    back = [bill(f"plain{n:03d}", ("R0", FEE, -500, 2)) for n in range(30)]
    put(run, "raw_bill", "2024-03", [*plain, *back])
    with pytest.raises(CheckFailed, match=r"takes_back_other_month_share is 0\.0909"):
        run_on("check_raw", run)


def test_a_table_that_takes_back_needs_its_columns(tmp_path: Path) -> None:
    profile = small_profile(tmp_path, ["bill"])
    folder = profile / "tables" / "raw"
    folder.mkdir(parents=True)
    shipped = small_run(tmp_path, "2024-03", profile=profile).registry.raw["bill"]
    contract = shipped.model_dump(exclude_unset=True, by_alias=True)
    contract["reversals"]["cancels"] = "takes_back_bill"
    (folder / "bill.yaml").write_text(yaml.safe_dump(contract), encoding="utf-8")
    with pytest.raises(SettingsError, match="not there: takes_back_bill"):
        load_registry(load_settings(str(profile), state_dir=tmp_path / "state"))


def test_what_billed_means_stands_once(march: MonthRun) -> None:
    """The contract and the definitions refer to the column that says it."""
    contract = march.registry.raw["bill"]
    assert "month_activity.is_active" in contract.meaning.en
    assert "month_activity.is_active" in contract.meaning.zh
    told = []
    for path in sorted(INCLUDE.rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if "True when billed" in text or "is billed in a month when" in text:
            told.append(path.relative_to(INCLUDE).as_posix())
    assert told == ["sql/month/activity_from_bills/query.yaml"]


EXTRACT = """
SELECT document AS bill_id, account AS customer_id, 'plan_fee' AS item_code, amount AS amount_cny,
    CAST(period || '-01' AS DATE) AS event_date, CAST(known AS DATE) AS known_date
FROM bills
WHERE CAST(period || '-01' AS DATE) >= $month AND CAST(period || '-01' AS DATE) < $as_of
    AND CAST(known AS DATE) < $known_until
"""
SUMMARISED = (
    "extract", "late", "check_raw", "integrate", "match", "texts", "summarise",
)  # fmt: skip
JANUARY, FEBRUARY = Month(2024, 1), Month(2024, 2)


def late_reversals(folder: Path) -> Settings:
    """Five bills of January are wrong and taken back in February, with the right ones; two customers had left before.

    The reversals are dated as the contract asks: on the month whose bill they take back.
    """
    data = folder / "data"
    data.mkdir()
    january = [f"J{n},{n},2024-01,58,2024-02-03" for n in range(300)]
    january += [f"W{n},{n},2024-01,500,2024-02-03" for n in range(5)]
    january += [f"W{n},{n},2024-01,58,2024-02-03" for n in (900, 901)]
    february = [f"F{n},{n},2024-02,58,2024-03-03" for n in range(300)]
    february += [f"R{n},{n},2024-01,-500,2024-02-20" for n in range(5)]
    february += [f"R{n},{n},2024-01,-58,2024-02-20" for n in (900, 901)]
    for month, lines in ((JANUARY, january), (FEBRUARY, february)):
        text = "\n".join(["document,account,period,amount,known", *lines])
        (data / f"bills_{month}.csv").write_text(text + "\n")
    profile = small_profile(
        folder, ["bill"], source={"kind": "files", "files": {"bills": "bills_*.csv"}}
    )
    (profile / "extract" / "bill.sql").write_text(EXTRACT)
    return load_settings(str(profile), state_dir=folder / "state", data_path=data)


def test_a_reversal_that_comes_later_nets_the_month_of_the_bill(tmp_path: Path) -> None:
    settings = late_reversals(tmp_path)
    for month in months_between(JANUARY, FEBRUARY + 1):
        for step in SUMMARISED:
            run_step(step, settings, month)
    first = _activity(MonthRun(settings, JANUARY))
    assert first["0"] == (True, 558) and first["900"] == (True, 58)
    restated = MonthRun(settings, JANUARY, date(2024, 3, 6))
    later = _activity(restated)
    assert later["0"] == (True, 58) and later["900"] == (False, 0)
    assert later["7"] == first["7"] == (True, 58)
    assert rows(restated, "quarantine") == []
    touched = {row["customer_id"] for row in rows(restated, "touched_customer")}
    assert touched == {"0", "1", "2", "3", "4", "900", "901"}
    (books,) = rows(restated, "audit_rows")
    assert (books["rows_in"], books["rows_out"]) == (314, 314)
    seen = MonthRun(settings, FEBRUARY)
    assert _activity(seen)["0"] == (True, 58) and "900" not in _activity(seen)
    assert rows(seen, "quarantine") == []


def test_late_rows_judged_alone_do_not_find_what_they_take_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: the reversals are set aside as posting errors, and the wrong bills stay."""
    monkeypatch.setattr("churn_tasks.work.cleaning._takes_back", lambda *_: False)
    settings = late_reversals(tmp_path)
    for month in (JANUARY, FEBRUARY):
        for step in SUMMARISED:
            run_step(step, settings, month)
    restated = MonthRun(settings, JANUARY, date(2024, 3, 6))
    assert {row["rule"] for row in rows(restated, "quarantine")} == {"sign_wrong"}
    assert _activity(MonthRun(settings, JANUARY))["0"] == (True, 558)


def _activity(run: MonthRun) -> dict[str, tuple[bool, float]]:
    found = {}
    for row in rows(run, "month_activity"):
        found[row["customer_id"]] = (row["is_active"], float(row["revenue_cny"]))
    return found
