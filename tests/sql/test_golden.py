"""Golden rows: one file a rule, few rows, the arithmetic in its comments.

``golden/<family>/<query>/<rule>.yaml`` holds::

    month: 2024-03                    # the month the query is run for
    key: region_code                  # what a row is about, customer_id if absent
    raw: [bill]                       # what the profile delivers, everything if absent
    settings: {windows: {delay: 0}}   # sections of the profile that differ from the defaults, optional
    defaults: {clean_cdr: {...}}      # values of columns that the rows below leave out, optional
    given: {clean_cdr: {2024-03: [rows]}}
    expect: [rows]                    # every row that must come out; columns not named are not compared
"""

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.query import read_query
from tests.lakes import make, put, query_named, raw_tables, small_run

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(GOLDEN.glob("*/*/*.yaml"))
TELECOM = ("month", "cohort", "labels", "features")


def _name(case: Path) -> str:
    return "/".join([*case.parts[-3:-1], case.stem])


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_golden_rows(case: Path, tmp_path: Path) -> None:
    content = yaml.safe_load(case.read_text(encoding="utf-8"))
    family, query = case.parts[-3:-1]
    sections = {"first_month": "2023-01", **content.get("settings", {})}
    run = small_run(
        tmp_path, content["month"], raw=content.get("raw") or raw_tables(), **sections
    )
    for table, partitions in content["given"].items():
        for month, rows in partitions.items():
            filled = [
                {**content.get("defaults", {}).get(table, {}), **row} for row in rows
            ]
            put(run, table, month, filled, checked=False)
    made = make(run, query_named(run, family, query))
    run.close()
    key = content.get("key", "customer_id")
    assert _comparable(_only(made, content["expect"], key), key) == _comparable(
        content["expect"], key
    )


def _only(
    made: list[dict[str, Any]], expected: list[dict[str, Any]], key: str = "customer_id"
) -> list[dict[str, Any]]:
    """The made rows cut to the columns that the expected row of the same customer names."""
    named = {row[key]: list(row) for row in expected}
    return [{name: row[name] for name in named.get(row[key], row)} for row in made]


def _comparable(
    rows: list[dict[str, Any]], key: str = "customer_id"
) -> dict[str, dict[str, Any]]:
    repeated = [
        customer
        for customer, count in Counter(row[key] for row in rows).items()
        if count > 1
    ]
    assert not repeated, f"{key} twice: {repeated}"
    return {
        row[key]: {name: _value(value) for name, value in row.items()} for row in rows
    }


def _value(value: object) -> object:
    """Numbers to nine digits, so that 1/3 can be written as 0.333333333."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return str(value) if isinstance(value, date) else value
    return round(float(value), 9)


def test_every_telecom_query_has_golden_rows(tmp_path: Path) -> None:
    """A query folder whose sources are the telecom contracts has at least one case; no case names a lost query."""
    covered = {case.parts[-3:-1] for case in CASES}
    registry = small_run(tmp_path, "2024-03", raw=raw_tables()).registry
    known = {
        (family, query.name) for family in TELECOM for query in registry.queries[family]
    }
    known |= {
        (family, name) for family, name in covered if family in ("cohort", "labels")
    }
    known |= {("month", "usage_from_summary")}  # not active beside call records
    assert covered == known


def test_every_feature_has_a_golden_value() -> None:
    """Also of generated folders: a pattern is proved once, which column a measure reads is proved for each feature."""
    unproved = {}
    for folder in sorted((INCLUDE / "sql" / "features").glob("*/")):
        for query in read_query("features", folder, months=3):
            cases = (GOLDEN / "features" / query.name).glob("*.yaml")
            rows = [
                row
                for case in cases
                for row in yaml.safe_load(case.read_text(encoding="utf-8"))["expect"]
            ]
            unproved[query.name] = set(query.output.column_names) - {
                name for row in rows for name in row
            }
    assert len(unproved) >= 30
    assert {name: columns for name, columns in unproved.items() if columns} == {}


def test_a_wrong_row_is_found(tmp_path: Path) -> None:
    """Control: the comparison sees a wrong value, a missing and a strange customer."""
    right = [{"customer_id": "a", "n": 1.0}]
    assert _comparable(
        _only([{"customer_id": "a", "n": 1, "m": 2}], right)
    ) == _comparable(right)
    for wrong in (
        [{"customer_id": "a", "n": 2}],
        [],
        [*right, {"customer_id": "b", "n": 1}],
    ):
        assert _comparable(_only(wrong, right)) != _comparable(right)
