"""The profile of a table: right figures, the same in any order, and nothing personal in it."""

import math
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from churn_tasks.checks import profile
from churn_tasks.checks.column_kinds import is_code
from churn_tasks.checks.column_sql import QUANTILES, TOP
from churn_tasks.checks.profile import (
    Figure,
    figures,
    profile_sql,
    region_figures,
    regions_sql,
    sampling_mask,
)
from churn_tasks.core.months import Month
from churn_tasks.declared.registry import Registry
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.standard import standard
from tests.lakes import small_run

MONTH = Month(2024, 3)
KNOWN_UNTIL = date(2024, 4, 6)
BILL = """
    SELECT 'B' || i AS bill_id, 'S' || i % 50 AS customer_id,
        DATE '2024-03-01' AS event_date, DATE '2024-04-03' AS known_date,
        CASE WHEN i % 4 = 0 THEN 'discount' WHEN i % 4 = 1 THEN 'voice' ELSE 'data' END AS item_code,
        CASE WHEN i % 4 = 0 THEN -(i % 100) / 10 ELSE (i % 100) / 10 END::DECIMAL(18,4) AS amount_cny,
        DATE '2024-03-01' AS month, NULL::VARCHAR AS unreadable,
        NULL::VARCHAR AS shortened, NULL::VARCHAR AS delivered, NULL::VARCHAR AS reversal,
        NULL::VARCHAR AS cancels_bill_id
    FROM range(2000) AS rows(i)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MonthRun]:
    made = small_run(
        tmp_path_factory.mktemp("profile"), "2024-03", raw=("bill", "customer")
    )
    yield made
    made.close()


def taken(
    run: MonthRun, relation: str, table: str = "bill", rows: int = 2000
) -> dict[tuple[str, str, str], float]:
    """(column, measure, item) to value."""
    contract = run.registry.raw[table]
    found = figures(
        contract,
        run.engine.row(profile_sql(contract, relation, MONTH, rows, KNOWN_UNTIL)),
    )
    return {
        (figure.column, figure.measure, figure.item): figure.value for figure in found
    }


def test_figures_by_hand(run: MonthRun) -> None:
    found = taken(run, f"({BILL})")
    assert found["", "rows", ""] == found["", "kept", ""] == 2000
    assert (
        found["bill_id", "distinct", ""] == 2000
        and found["customer_id", "distinct", ""] == 50
    )
    assert (
        found["item_code", "share_of", "data"] == 0.5
        and found["item_code", "share_of", "voice"] == 0.25
    )
    assert found["item_code", "distinct", ""] == 3
    # i % 4 = 0 gives i % 100 in {0, 4, ..., 96}, mean 48, negative; the others mean (49.5 * 100 - 48 * 25) / 75 = 50
    assert found["amount_cny", "mean", ""] == pytest.approx((0.75 * 5.0) - 0.25 * 4.8)
    assert (
        found["amount_cny", "negative_share", ""] == 0.25 - 20 / 2000
    )  # every hundredth discount is 0
    assert (found["amount_cny", "min", ""], found["amount_cny", "max", ""]) == (
        -9.6,
        9.9,
    )
    assert found["known_date", "p50", ""] == 33  # days from the first of the month
    assert found["amount_cny", "null_share", ""] == found["", "repeated_share", ""] == 0


def test_broken_rows_are_counted_and_do_not_speak_of_values(run: MonthRun) -> None:
    """Negative control: one stuck counter in a thousand would multiply the mean by 300."""
    broken = f"(SELECT * REPLACE (CASE WHEN bill_id = 'B1' THEN 1e6 ELSE amount_cny END AS amount_cny) FROM ({BILL}))"
    found = taken(run, broken)
    assert found["", "amount_absurd_share", ""] == 1 / 2000
    assert found["", "kept", ""] == 1999
    assert found["amount_cny", "mean", ""] == pytest.approx(2.55, rel=0.01)
    naive = run.engine.row(f"SELECT avg(amount_cny)::DOUBLE AS mean FROM {broken}")[
        "mean"
    ]
    assert naive > 500


def test_doubles_are_seen(run: MonthRun) -> None:
    twice = f"(SELECT * FROM ({BILL}) UNION ALL SELECT * FROM ({BILL}) WHERE bill_id LIKE 'B1%')"
    extra = run.engine.row(
        f"SELECT count(*) AS n FROM ({BILL}) WHERE bill_id LIKE 'B1%'"
    )["n"]
    assert taken(run, twice)["", "repeated_share", ""] == pytest.approx(
        extra / (2000 + extra)
    )


def test_the_figures_do_not_depend_on_order_or_threads(
    run: MonthRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: sums of doubles and approximate quantiles of the same rows differ with their order."""
    monkeypatch.setattr(profile, "SAMPLED_FROM", 500)
    lines = f"(SELECT * REPLACE ((hash(bill_id) % 1000000007 / 7.0)::DECIMAL(18,4) AS amount_cny) FROM ({BILL}))"
    orders = ("bill_id", "bill_id DESC", "hash(bill_id)")
    results, naive = [], set()
    for place, order in enumerate(orders):
        run.engine.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE shuffled{place} AS SELECT * FROM {lines} ORDER BY {order}"
        )
        results.append(taken(run, f"shuffled{place}"))
        sums = f"SELECT sum(amount_cny::DOUBLE / 3) AS s, approx_quantile(amount_cny, 0.5) AS q FROM shuffled{place}"
        naive.add(tuple(run.engine.row(sums).values()))
    run.engine.connection.execute("SET threads = 2")
    results.extend(
        taken(run, f"shuffled{place}") for place in (0, 1, 2) for _ in range(3)
    )
    assert all(result == results[0] for result in results) and len(results) == 12
    assert results[0]["", "close_share", ""] == pytest.approx(0.25, abs=0.05)
    assert len(naive) > 1


def test_large_tables_are_looked_at_in_part_and_counted_in_full() -> None:
    assert [sampling_mask(rows) for rows in (0, 1_000_000, 1_000_001, 36_000_000)] == [
        0,
        0,
        1,
        63,
    ]


def test_nothing_personal_is_in_a_profile(run: MonthRun) -> None:
    """Columns with personal data have counts only; a rare value and a phone number in a code column are not named."""
    contract = run.registry.raw["customer"]
    columns = {
        c.name: f"'{c.name} of ' || i" if c.type == "text" else f"NULL::{c.type}"
        for c in contract.columns
    }
    columns |= {
        "plan_code": "CASE WHEN i < 9 THEN 'rare' ELSE 'P1' END",
        "city_code": "'13800138000'",
        "birth_year": "1980",
    }
    columns |= {
        "customer_id": "'S' || i",
        "pay_mode": "'prepaid'",
        "service_status": "'active'",
        "event_date": "DATE '2024-01-01'",
    }
    columns |= {
        "known_date": "DATE '2024-01-01'",
        "unreadable": "NULL::VARCHAR",
        "shortened": "NULL::VARCHAR",
    }
    select = ", ".join(
        f'{sql.replace("NULL::decimal", "NULL::DECIMAL(18,4)").replace("NULL::double", "NULL::DOUBLE")} AS "{name}"'
        for name, sql in columns.items()
    )
    relation = (
        f"(SELECT {select}, DATE '2024-03-01' AS month FROM range(500) AS rows(i))"
    )
    found = figures(
        contract,
        run.engine.row(profile_sql(contract, relation, MONTH, 500, KNOWN_UNTIL)),
    )
    personal = {column.name for column in contract.columns if column.pii != "none"}
    assert {"customer_name", "phone_token", "birth_year"} <= personal
    assert (
        {f.measure for f in found if f.column in personal}
        <= {
            "null_share",
            "distinct",
            "shape_share",  # of a number its length and whether it holds letters, which tells nobody
        }
    )
    named = {figure.item for figure in found if figure.item}
    assert "P1" in named and "138****8000" in named
    assert not any(
        "rare" in item or " of " in item or "13800138000" in item
        for item in named - {"P1"}
        if item
    )


def test_ids_are_not_codes(run: MonthRun) -> None:
    codes = {
        column.name for column in run.registry.raw["bill"].columns if is_code(column)
    }
    assert codes == {"item_code"}


def test_rows_and_means_by_region_come_from_the_master(run: MonthRun) -> None:
    contract = run.registry.raw["bill"]
    region = "CASE WHEN i < 10 THEN 'R01' ELSE 'R02' END AS region_code"
    master = (
        f"(SELECT 'S' || i AS customer_id, {region} FROM range(40) AS customers(i))"
    )
    sql = regions_sql(contract, f"({BILL})", master)
    assert sql
    found = {
        (f.region, f.measure, f.column): f.value
        for f in region_figures(contract, run.engine.records(sql))
    }
    assert (
        found["R01", "rows", ""] == 400
        and found["R02", "rows", ""] == 1200
        and found["?", "rows", ""] == 400
    )
    assert found["R01", "customers", ""] == 10
    assert ("R02", "mean", "amount_cny") in found
    assert regions_sql(contract, f"({BILL})", None) is None


def test_an_empty_table_has_rows_and_no_shares(run: MonthRun) -> None:
    found = taken(run, f"(SELECT * FROM ({BILL}) WHERE false)", rows=0)
    assert found["", "rows", ""] == 0 and found["", "any_missing_share", ""] == 0
    assert not any(
        measure in ("mean", "null_share", "share_of") for _, measure, _ in found
    )


def test_figures_say_what_they_are_about() -> None:
    one = Figure("bill", "item_code", "share_of", 0.5, item="voice")
    assert one.about == ("bill", "item_code", "", "share_of", "voice")


def test_every_table_of_the_repository_can_be_profiled(tmp_path: Path) -> None:
    from tests.lakes import raw_tables

    run = small_run(tmp_path, "2024-03", raw=raw_tables())
    registry: Registry = run.registry
    assert len(registry.raw) >= 17
    for name, table in registry.raw.items():
        run.engine.write(f"raw_{name}", run.month, _empty(table.delivered_columns))
        found = run.engine.row(
            profile_sql(table, standard(run, name), run.month, 0, KNOWN_UNTIL)
        )
        assert figures(table, found)[0] == Figure(name, "", "rows", 0.0)
    run.close()


def _empty(columns: object) -> str:
    names = ", ".join(f'NULL AS "{column.name}"' for column in columns)  # type: ignore[attr-defined]
    return f"SELECT {names} WHERE false"


RANDOM = """
    SELECT 'B' || (i - i % {double}) AS bill_id, CASE WHEN h % 7 > 0 THEN 'S' || h % 5000 END AS customer_id,
        (DATE '2024-03-01' + (h % 31)::INT)::DATE AS event_date, DATE '2024-04-03' AS known_date,
        ['plan_fee', 'voice', 'sms', 'mms', 'data', 'roaming', 'value_added', 'broadband', 'discount'][c] AS item_code,
        CASE WHEN h % 11 > 0 THEN (h % 100000) / 100 * IF(c = 9, -1, 1) END::DECIMAL(18,4) AS amount_cny,
        DATE '2024-03-01' AS month, NULL::VARCHAR AS unreadable,
        NULL::VARCHAR AS shortened, NULL::VARCHAR AS delivered, NULL::VARCHAR AS reversal,
        NULL::VARCHAR AS cancels_bill_id
    FROM (SELECT i, h, 1 + floor(sqrt(h % 81))::INT AS c
        FROM (SELECT i, (hash(i, {seed}) % 1000003)::BIGINT AS h FROM range({rows}) AS rows(i)))
"""


def random_bills(seed: int, rows: int, double: int = 1) -> str:
    """Bills without an order, some of them without customer or amount; ``double`` rows share a key."""
    return f"({RANDOM.format(seed=seed, rows=rows, double=double)})"


@pytest.mark.parametrize(("seed", "rows"), [(1, 1), (2, 37), (3, 5_000), (4, 60_000)])
def test_figures_are_those_of_plain_python(run: MonthRun, seed: int, rows: int) -> None:
    """Up to ``SAMPLED_FROM`` rows every figure is exact: counted here without any SQL but the reading."""
    lines = random_bills(seed, rows, double=3)
    found = taken(run, lines, rows=rows)
    given = run.engine.records(f"SELECT * FROM {lines}")
    kept = [
        row for row in given if row["customer_id"] and row["amount_cny"] is not None
    ]
    assert found["", "kept", ""] == len(kept)
    assert found["", "any_missing_share", ""] == (rows - len(kept)) / rows
    key = run.registry.raw["bill"].key
    keys = {tuple(row[name] for name in key) for row in given}
    assert found["", "repeated_share", ""] == (rows - len(keys)) / rows
    if not kept:
        return
    amounts = sorted(row["amount_cny"] for row in kept)
    assert found["amount_cny", "mean", ""] == pytest.approx(
        float(sum(amounts)) / len(amounts), rel=1e-12
    )
    assert found["amount_cny", "min", ""] == float(amounts[0])
    assert found["amount_cny", "max", ""] == float(amounts[-1])
    for name, share in QUANTILES.items():
        place = max(math.ceil(share * len(amounts)) - 1, 0)
        assert found["amount_cny", name, ""] == float(amounts[place])
    negative = sum(amount < 0 for amount in amounts)
    assert found["amount_cny", "negative_share", ""] == negative / len(amounts)
    codes = Counter(row["item_code"] for row in kept)
    assert found["item_code", "distinct", ""] == len(codes)
    named = {item: share for (_, measure, item), share in found.items() if measure == "share_of"}  # fmt: skip
    assert named == {
        code: count / len(kept)
        for code, count in sorted(codes.items(), key=lambda each: (-each[1], each[0]))[:TOP]
        if count >= profile.LEAST_NAMED
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_a_part_that_is_looked_at_closely_says_what_all_rows_say(
    run: MonthRun, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Of 1 in 8 rows: counts, means and extremes stay exact, shares of values and quantiles lie within their error."""
    lines, rows = random_bills(seed, 80_000), 80_000
    exact = taken(run, lines, rows=rows)
    monkeypatch.setattr(profile, "SAMPLED_FROM", 10_000)
    found = taken(run, lines, rows=rows)
    assert found["", "close_share", ""] == pytest.approx(1 / 8, abs=0.01)
    close = found["", "close_share", ""] * rows
    of_part = {
        "close_share",
        "distinct",
        "share_of",
        "shape_share",
        "repeated_share",
        *QUANTILES,
    }
    for (column, measure, item), value in exact.items():
        if measure not in of_part:
            assert found[column, measure, item] == value
        if measure == "share_of" and value > 0.02:
            error = math.sqrt(value * (1 - value) / close)
            assert abs(found[column, measure, item] - value) < 5 * error
    for name, share in QUANTILES.items():
        error = math.sqrt(share * (1 - share) / close)
        reach = (
            5 * error * 1000 / 0.2
        )  # a fifth of the rows, at least, lies evenly over a thousand yuan
        assert (
            abs(found["amount_cny", name, ""] - exact["amount_cny", name, ""]) < reach
        )
