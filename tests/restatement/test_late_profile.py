"""Figures of rows that came late, added to those before: as measured on all rows together, or as they stood."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from churn_tasks.adapters.versions import LATE
from churn_tasks.checks.added_figures import (
    OF_SUMMED_ROWS,
    Part,
    added,
    tells_weights,
)
from churn_tasks.checks.column_sql import QUANTILES
from churn_tasks.checks.profile import (
    FATES,
    Figure,
    figures,
    profile_sql,
    region_figures,
    regions_sql,
)
from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.months import Month
from churn_tasks.integrate.standardise import prepare
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.work import late_profile, raw_profile
from tests.checks.test_check_raw import bill, checked
from tests.lakes import pour, rows, small_run

MARCH = Month(2024, 3)
STAND = {
    "close_share",
    "repeated_share",
    "distinct",
    "share_of",
    *QUANTILES,
    *(f"{fate}_share" for fate in FATES),
    "known_share",
    "shape_share",
    "rounded_share",
    "long",
}
# Rows of an unknown kind are set aside and mostly lack a charge; so a charge is missing less often in the kept rows.
CALLS = """
    SELECT 'C' || (i - i % 3 // 2) AS cdr_id, 'S' || h % 300 AS customer_id,
        TIMESTAMP '2024-03-01 08:00:00' + to_hours((h % 740)::INT) AS event_at,
        (DATE '2024-03-01' + (h % 31)::INT)::DATE AS event_date, DATE '2024-04-01' + (h % 5)::INT AS known_date,
        IF(h % 13 = 0, 'fax', ['voice', 'sms', 'data'][1 + h % 3]) AS kind, IF(h % 2 = 0, 'in', 'out') AS direction,
        't' || h % 900 AS peer_token, IF(h % 5 > 0, ['own', 'mobile_a'][1 + h % 2], NULL) AS peer_operator,
        NULL::VARCHAR AS peer_kind, h % 17 = 0 AS is_roaming, NULL::BOOLEAN AS is_long_distance, 'own' AS carrier,
        IF(h % 7 > 0, h % 4000 - 100, NULL)::BIGINT AS duration_s, (h % 100)::BIGINT AS volume_kb,
        CASE WHEN h % 13 = 0 AND h % 4 > 0 OR h % 11 = 0 THEN NULL ELSE h % 1009 / 7 END::DECIMAL(18,4) AS charge_cny,
        DATE '2024-03-01' AS month, NULL::VARCHAR AS unreadable,
        NULL::VARCHAR AS shortened, NULL::VARCHAR AS delivered, NULL::VARCHAR AS reversal,
        NULL::VARCHAR AS cancels_bill_id, h
    FROM (SELECT i, (hash(i, {seed}) % 1000003)::BIGINT AS h FROM range(6000) AS rows(i))
"""
MASTER = "(SELECT 'S' || c AS customer_id, 'R0' || c % 3 AS region_code FROM range(280) AS customers(c))"
IS_LATE = {
    "few": "h % 41 = 0",
    "as many": "h % 2 = 0",
    "most": "h % 41 > 0",
    "none": "false",
    "all but one": "cdr_id <> 'C0'",
    "with other values": "duration_s > 3500",
    "set aside": "kind = 'fax' AND h % 3 = 0",
    "without a charge": "charge_cny IS NULL AND h % 3 = 0",
    "alone with a charge": "charge_cny IS NOT NULL",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MonthRun]:
    made = small_run(
        tmp_path_factory.mktemp("late_profile"),
        "2024-03",
        raw=("cdr", "bill", "customer"),
    )
    yield made
    made.close()


def measured(run: MonthRun, calls: str) -> list[Figure]:
    """The figures of some calls, those of regions among them."""
    table = run.registry.raw["cdr"]
    sql = profile_sql(table, calls, MARCH, 6000, date(2024, 4, 6))
    by_region = regions_sql(table, calls, MASTER)
    assert by_region
    regions = region_figures(table, run.engine.records(by_region))
    return figures(table, run.engine.row(sql)) + regions


def by_what(every: list[Figure]) -> dict[tuple[str, ...], float]:
    return {figure.about: figure.value for figure in every}


def assert_added_up(run: MonthRun, is_late: str, seed: int) -> set[str]:
    """Compare every figure of two parts with that of all rows; returns the measures that were added up."""
    calls = CALLS.format(seed=seed)
    table = run.registry.raw["cdr"]
    every, before, late = (
        measured(run, f"(SELECT * EXCLUDE (h) FROM ({calls}) WHERE {condition})")
        for condition in ("true", f"NOT coalesce({is_late}, false)", is_late)
    )
    without_regions = [figure for figure in late if not figure.region]
    together = by_what(added(table, before, without_regions))
    merged = {f.about for f in every if f.measure not in STAND and not f.region}
    for about in merged:
        assert together[about] == pytest.approx(by_what(every)[about], rel=1e-9), about
    stood = {about: value for about, value in together.items() if about not in merged}
    assert stood == {a: v for a, v in by_what(before).items() if a not in merged}
    assert all(measure in STAND or region for _, _, region, measure, _ in stood)
    return {measure for _, _, _, measure, _ in merged}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("part", IS_LATE)
def test_what_is_added_up_is_what_all_rows_together_give(
    run: MonthRun, part: str, seed: int
) -> None:
    """All but the figures of ``STAND`` and of regions, which are those before."""
    merged = assert_added_up(run, IS_LATE[part], seed)
    assert {"rows", "kept", "summed", "null_share", "mean", "min", "max"} <= merged
    assert {"negative_share", "kind_unknown_share", "any_missing_share"} <= merged


def _by_all_filled_rows(part: Part, figure: Figure) -> float:
    """Of means the kept rows, as if as many of them lacked a value as of all: what one takes without ``summed``."""
    if figure.measure not in OF_SUMMED_ROWS:
        return part.figures[figure.table, "", "", "rows", ""].value
    kept = part.figures[figure.table, "", "", "kept", ""].value
    null = part.figures[figure.table, figure.column, "", "null_share", ""].value
    return kept * (1 - null)


def _by_parts(_: Part, figure: Figure) -> float:
    return 1.0


@pytest.mark.parametrize("weight", [_by_all_filled_rows, _by_parts])
def test_a_wrong_weight_is_seen(
    run: MonthRun, monkeypatch: pytest.MonkeyPatch, weight: object
) -> None:
    """Negative control."""
    monkeypatch.setattr(Part, "weight", weight)
    late = "kind = 'fax' OR duration_s > 3000"
    with pytest.raises(AssertionError, match=r"mean|_share"):
        assert_added_up(run, late, 1)


def test_figures_without_weights_are_not_added_to(run: MonthRun) -> None:
    """An older release has not noted them, and an older contract had other rules."""
    table = run.registry.raw["cdr"]
    every = measured(run, f"({CALLS.format(seed=1)})")
    assert tells_weights(table, every)
    for missing in ("summed", "kind_unknown_share", "kept"):
        assert not tells_weights(table, [f for f in every if f.measure != missing])


# A month of bills through the step: 2,346 rows, and up to 117 of them, a twentieth, may be added.
JUNE, DAY = Month(2024, 6), date(2024, 8, 6)
UNKNOWN = "'unheard_of'"
SOME_UNKNOWN = (
    f"IF(bill_id < 'B12-' AND item_code = 'voice', {UNKNOWN}, item_code) AS item_code"
)


@pytest.fixture
def restated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MonthRun]:
    """June after it was checked and cleaned, about to be restated; every part counts as one of a large table."""
    monkeypatch.setattr(late_profile, "LEAST_ROWS", 1000)
    first = small_run(tmp_path, "2024-06", raw=("bill", "customer"))
    checked(first, bill=f"(SELECT * REPLACE ({SOME_UNKNOWN}) FROM {bill(JUNE)})")
    pour(first, "clean_bill", JUNE, f"({bill(JUNE)} LIMIT 0)")
    run = MonthRun(first.settings, JUNE, DAY, only_late=True)
    first.close()
    yield run
    run.close()


def add_bills(run: MonthRun, *, count: int, item: str = "item_code") -> None:
    """Late bills of eighty yuan more than those before them."""
    columns = run.registry.columns_sql("raw_bill")
    names = [column.name for column in run.registry.raw["bill"].delivered_columns]
    empty = ", ".join(f'NULL AS "{name}"' for name in names)
    late = (
        f"SELECT * REPLACE ('L' || bill_id AS bill_id, {item} AS item_code, amount_cny + 80 AS amount_cny)"
        f" FROM {bill(JUNE)} LIMIT {count}"
    )
    every = f"(SELECT {empty} WHERE false UNION ALL BY NAME ({late}))"
    run.engine.write_part("raw_bill", JUNE, LATE, f"SELECT {columns} FROM {every}")


def bill_figures(lines: list[dict[str, object]]) -> dict[tuple[object, ...], object]:
    about = ("table_name", "column_name", "region_code", "measure", "item")
    found = {tuple(line[name] for name in about): line["value"] for line in lines}
    return {name: value for name, value in found.items() if name[0] == "bill"}


def test_a_restated_month_is_judged_by_the_figures_of_both_parts(
    restated: MonthRun,
) -> None:
    before = MonthRun(restated.settings, JUNE)
    stood = bill_figures(rows(before, "profile"))
    before.close()
    add_bills(restated, count=110)
    report = run_on("check_raw", restated)
    assert report.facts["failed"] == 0
    noted = bill_figures(rows(restated, "profile"))
    assert noted == bill_figures(rows(restated, "profile_accepted"))
    whole = by_what(raw_profile.profiled(restated, "bill"))
    amount = ("bill", "amount_cny", "")
    for about in (("bill", "", "", "rows", ""), (*amount, "mean", ""), (*amount, "max", "")):  # fmt: skip
        assert noted[about] == pytest.approx(whole[about], rel=1e-9) != stood[about]
    assert noted[(*amount, "p99", "")] == stood[(*amount, "p99", "")]
    assert noted[(*amount, "p99", "")] != whole[(*amount, "p99", "")], "control"
    judged = [r["value"] for r in rows(restated, "check_result") if r["measure"] == "rows"]  # fmt: skip
    assert whole["bill", "", "", "rows", ""] in judged


def test_a_large_part_is_measured_with_all_others(restated: MonthRun) -> None:
    add_bills(restated, count=130)
    run_on("check_raw", restated)
    whole = by_what(raw_profile.profiled(restated, "bill"))
    assert bill_figures(rows(restated, "profile")) == whole


def test_figures_of_an_older_release_are_taken_anew(restated: MonthRun) -> None:
    """It has not noted how many rows a mean is about."""
    before = MonthRun(restated.settings, JUNE)
    before.engine.view("profile")
    pour(before, "profile", JUNE, "(FROM profile WHERE measure <> 'summed')")
    before.close()
    add_bills(restated, count=110)
    run_on("check_raw", restated)
    whole = by_what(raw_profile.profiled(restated, "bill"))
    assert bill_figures(rows(restated, "profile")) == whole


def test_late_rows_that_break_a_rule_are_refused(restated: MonthRun) -> None:
    """The contract allows one row in twenty: neither those before nor the late ones are as many alone."""
    unknown = (
        "SELECT count(*) AS rows FROM standard_bill WHERE item_code = 'unheard_of'"
    )
    add_bills(restated, count=110, item=UNKNOWN)
    refused = r"raw_bill\.item_unknown_share is 0\.0[5-9].*rows, e\.g\. bill_id"
    with pytest.raises(CheckFailed, match=refused):
        run_on("check_raw", restated)
    assert restated.engine.row(unknown)["rows"] > 110, (
        "the rows shown are of both parts"
    )
    assert not restated.lake.has_version("profile_accepted", JUNE, DAY)


def test_regions_are_read_without_names_and_addresses(
    restated: MonthRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures of a region are those that the whole customer record gives; nobody's address is read for them."""
    read: list[str] = []
    make = prepare.make_lookups

    def noted(connection, table, declared, rows, wanted, folders):
        read.extend(wanted)
        make(connection, table, declared, rows, wanted, folders)

    monkeypatch.setattr(prepare, "make_lookups", noted)
    restated.shared.clear()
    narrow = raw_profile.profiled(restated, "bill")
    assert "address_text" not in read
    assert any(figure.region for figure in narrow)
    monkeypatch.setattr(restated, "only_late", False)
    whole = raw_profile.profiled(restated, "bill")
    assert "address_text" in read, "control"
    assert narrow == whole
