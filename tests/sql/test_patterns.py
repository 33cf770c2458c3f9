"""Each pattern of ``trajectory.yaml`` on rows whose sum is done by hand, in windows of one to four months.

The measures below live in a profile's own folder, so this is also the proof that a YAML file alone makes features.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from churn_tasks.core.months import Month
from churn_tasks.declared.trajectory.patterns import PATTERNS
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import make, put, query_named, small_profile, small_run

CASES = Path(__file__).parent / "patterns"
MONTH = "2024-03"
WINDOWS = (1, 2, 3, 4)
OUTSIDE = 9999  # what every customer has in the months before and after the window
MEASURES = {
    "counted": "sql: usage.voice_out_min, type: decimal, unit: min, empty: zero",
    "whole": "sql: usage.sms_count, type: integer, unit: count, empty: zero",
    "read": "sql: billing.balance_cny, type: decimal, unit: CNY, empty: unknown",
    "date": "sql: usage.last_use_date, type: date, unit: days, empty: unknown",
    "pair": "sql: usage.voice_out_min, type: decimal, unit: min, empty: zero",
    "whole_of": "sql: usage.data_mb, type: decimal, unit: MB, empty: zero",
}
BY_KIND = {
    "counted": "one",
    "whole": "one",
    "read": "one",
    "date": "date",
    "pair": "two",
}


def _trajectory() -> str:
    """Every pattern of every kind of measure, as one file."""
    lines = ["table: feat_pattern", "meaning: {en: Every pattern once, zh: 各种模式}"]
    lines += ["sources: {usage: month_usage, billing: month_billing}", "measures:"]
    lines += [
        f"  {name}: {{{told}, group: usage_drop, en: a test, zh: 测试}}"
        for name, told in MEASURES.items()
    ]
    lines += ["features:"]
    for measure, kind in BY_KIND.items():
        other = ", in: whole_of" if kind == "two" else ""
        names = [name for name, pattern in PATTERNS.items() if pattern.kind == kind]
        lines += [
            f"  - {{of: {measure}{other}, by: [{name}], name: {measure}_{name}_days}}"
            for name in names
        ]
    lines += ["  - {of: counted, by: [to_region], name: counted_to_region_days}"]
    return "\n".join(lines) + "\n"


def _run(folder: Path, observe: int, trajectory: str = "") -> MonthRun:
    profile = small_profile(
        folder,
        ("bill", "cdr", "customer"),
        first_month="2023-01",
        windows={"observe": observe},
    )
    own = profile / "sql" / "features" / "pattern"
    own.mkdir(parents=True)
    (own / "trajectory.yaml").write_text(trajectory or _trajectory(), encoding="utf-8")
    return small_run(folder, MONTH, profile=profile)


def _cases(observe: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(customer, feature, case) of every case whose months fit the window."""
    for file in sorted(CASES.glob("*.yaml")):
        for kind, cases in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            for number, case in enumerate(cases):
                if kind != "region" and len(case["months"]) == observe:
                    yield (
                        f"{file.stem}-{kind}-{number}",
                        f"{kind}_{file.stem}_days",
                        case,
                    )


def _row(kind: str, value: Any, month: Month) -> dict[str, dict[str, Any]]:
    """What a value of a case is in the month tables."""
    if kind == "pair":
        return {"month_usage": {"voice_out_min": value[0], "data_mb": value[1]}}
    if kind == "date":
        day = min(value, 28 if value == OUTSIDE else value)
        return {
            "month_usage": {
                "last_use_date": date(month.start.year, month.start.month, day)
            }
        }
    column = {"counted": "voice_out_min", "whole": "sms_count", "read": "balance_cny"}[
        kind
    ]
    return {"month_billing" if kind == "read" else "month_usage": {column: value}}


def _fill(run: MonthRun, observe: int) -> dict[tuple[str, str], Any]:
    """Write every case of the window; what is expected of (customer, feature)."""
    start = run.month + 1 - observe
    months = [start + ago for ago in range(-1, observe + 1)]
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {
        (table, str(month)): []
        for table in ("month_usage", "month_billing")
        for month in months
    }
    expected = {}
    for customer, feature, case in _cases(observe):
        kind = customer.split("-")[1]
        outside = [OUTSIDE, OUTSIDE] if kind == "pair" else OUTSIDE
        for month, value in zip(
            months, [outside, *case["months"], outside], strict=True
        ):
            for table, row in (
                _row(kind, value, month).items() if value is not None else ()
            ):
                rows[table, str(month)].append({"customer_id": customer, **row})
        expected[customer, feature] = case["is"]
    for (table, month), given in rows.items():
        put(run, table, month, given, checked=False)
    put(
        run,
        "cohort",
        MONTH,
        [{"customer_id": customer} for customer, _ in expected],
        checked=False,
    )
    return expected


def _found(
    run: MonthRun, expected: dict[tuple[str, str], Any]
) -> dict[tuple[str, str], Any]:
    made = {
        row["customer_id"]: row
        for row in make(run, query_named(run, "features", "pattern"))
    }
    values = {
        (customer, feature): made[customer][feature] for customer, feature in expected
    }
    return {
        key: None if value is None else round(float(value), 9)
        for key, value in values.items()
    }


@pytest.mark.parametrize("observe", WINDOWS)
def test_every_case_of_every_pattern(observe: int, tmp_path: Path) -> None:
    run = _run(tmp_path, observe)
    expected = _fill(run, observe)
    assert len(expected) >= 20
    assert _found(run, expected) == expected
    run.close()


def test_a_window_that_slips_by_a_month_is_noticed(tmp_path: Path) -> None:
    """Control: where the latest month is the one after as_of, the rows outside the window show."""
    run = _run(tmp_path, 3)
    expected = _fill(run, 3)
    query = query_named(run, "features", "pattern")
    slipped = query.sql.replace(
        "month = $month\n        AND", "month = $as_of\n        AND"
    ).replace("< $as", "<= $as")
    assert slipped != query.sql
    object.__setattr__(query, "generated", slipped)
    assert (
        sum(found != expected[key] for key, found in _found(run, expected).items()) > 50
    )
    run.close()


def test_leaving_silent_months_out_is_noticed(tmp_path: Path) -> None:
    """Control: a counted measure declared as read drops months without a row, and the cases see it."""
    run = _run(tmp_path, 3, _trajectory().replace("empty: zero", "empty: unknown"))
    expected = _fill(run, 3)
    wrong = {
        feature
        for (_, feature), found in _found(run, expected).items()
        if found != expected[_, feature]
    }
    assert {
        "counted_mean_days",
        "counted_to_past_days",
        "counted_decline_days",
        "counted_idle_days",
    } <= wrong
    run.close()


def test_the_latest_month_against_the_region(tmp_path: Path) -> None:
    run = _run(tmp_path, 3)
    cases = yaml.safe_load((CASES / "to_region.yaml").read_text(encoding="utf-8"))[
        "region"
    ]
    customers = [
        (f"r{region}-{number}", f"region {region}", value, case["is"][number])
        for region, case in enumerate(cases)
        for number, value in enumerate(case["latest"])
    ] + [
        ("nowhere", None, 50, None)
    ]  # whose region is not known has nobody to be compared with
    used = [
        {"customer_id": name, "voice_out_min": value}
        for name, _, value, _ in customers
        if value is not None
    ]
    stranger = {
        "customer_id": "stranger",
        "voice_out_min": OUTSIDE,
    }  # in the region, not in the cohort
    regions = [
        {"customer_id": name, "region_code": region} for name, region, _, _ in customers
    ]
    put(run, "month_usage", MONTH, [*used, stranger], checked=False)
    put(
        run,
        "month_profile",
        MONTH,
        [*regions, {"customer_id": "stranger", "region_code": "region 0"}],
        checked=False,
    )
    put(
        run,
        "cohort",
        MONTH,
        [{"customer_id": name} for name, *_ in customers],
        checked=False,
    )
    made = {
        row["customer_id"]: row["counted_to_region_days"]
        for row in make(run, query_named(run, "features", "pattern"))
    }
    run.close()
    assert made == {name: expected for name, _, _, expected in customers}


def test_every_pattern_has_its_cases() -> None:
    assert {file.stem for file in CASES.glob("*.yaml")} == set(PATTERNS)
    for name, pattern in PATTERNS.items():
        kinds = yaml.safe_load(
            (CASES / f"{name}.yaml").read_text(encoding="utf-8")
        ).keys()
        assert (
            kinds
            >= {
                "one": {"counted", "read"},
                "two": {"pair"},
                "date": {"date"},
                "region": {"region"},
            }[pattern.kind]
        )
