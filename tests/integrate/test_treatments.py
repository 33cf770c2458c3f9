"""Missing and outlying values are treated as the contract states, learning from earlier accepted months alone."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from churn_tasks.core.months import Month
from churn_tasks.declared.contracts import RawTable
from churn_tasks.integrate.treat import Earlier, limits_of, treated_sql
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.standard import standard
from churn_tasks.walks.graph import run_on
from tests.lakes import another_month, put, rows, small_profile, small_run

CONTRACT: dict[str, Any] = {
    "table": "meter",
    "key": ["customer_id"],
    "min_rows": 1,
    "meaning": {"en": "Meter readings", "zh": "抄表读数"},
    "columns": [
        {"name": "customer_id", "type": "text", "required": True, "en": "Who", "zh": "客户编号"},
        {"name": "event_date", "type": "date", "required": True, "en": "Day", "zh": "日期"},
        {"name": "known_date", "type": "date", "required": True, "en": "Known", "zh": "获知日期"},
        {"name": "region_code", "type": "text", "en": "Region", "zh": "大区"},
        {"name": "birth_year", "type": "integer", "missing": "impute_previous", "en": "Born", "zh": "出生年"},
        {"name": "fee_cny", "type": "decimal", "missing": "impute_median_of_region", "en": "Fee", "zh": "月租"},
        {"name": "hours", "type": "integer", "outlier": "cap", "bounds": {"lowest": 0, "highest": 100},
         "en": "Hours", "zh": "小时"},
        {"name": "volume_kb", "type": "integer", "outlier": "quarantine",
         "bounds": {"high_quantile": 0.9, "times": 2}, "en": "Volume", "zh": "流量"},
        {"name": "note", "type": "text", "en": "Note", "zh": "备注"},
        {"name": "plan", "type": "text", "missing": "quarantine", "en": "Plan", "zh": "套餐"},
        {"name": "treated", "type": "text", "derived": {"form": "treated"}, "en": "Treated", "zh": "处理"},
    ],
    "rules": [],
}  # fmt: skip


def _run(folder: Path, month: str, **windows: int) -> MonthRun:
    profile = small_profile(folder, ["bill"], windows={"observe": 3, **windows})
    (profile / "extract" / "meter.sql").write_text("SELECT 1\n")
    (profile / "tables" / "raw").mkdir(parents=True)
    (profile / "tables" / "raw" / "meter.yaml").write_text(
        yaml.safe_dump(CONTRACT), encoding="utf-8"
    )
    return small_run(folder, month, profile=profile)


def _row(customer: str, month: str, **values: Any) -> dict[str, Any]:
    day = f"{month}-05"
    usual = {
        "region_code": "R1",
        "birth_year": 1980,
        "fee_cny": 58,
        "hours": 5,
        "volume_kb": 10,
        "plan": "P58",
    }
    return {
        "customer_id": customer,
        "event_date": day,
        "known_date": day,
        **usual,
        **values,
    }


def _integrate(
    run: MonthRun, month: str, given: list[dict[str, Any]], *, accepted: bool = True
) -> MonthRun:
    other = another_month(run, month)
    put(other, "raw_bill", month, [])
    put(other, "raw_meter", month, given)
    run_on("integrate", other)
    if accepted:
        put(other, "profile_accepted", month, [], checked=False)
    return other


def _clean(run: MonthRun) -> dict[str, dict[str, Any]]:
    return {row["customer_id"]: row for row in rows(run, "clean_meter")}


def _done(run: MonthRun) -> dict[tuple[str, str], int]:
    found = rows(run, "treatment")
    return {
        (r["column_name"], r["treatment"]): r["row_count"]
        for r in found
        if r["table_name"] == "meter"
    }


def test_a_missing_value_comes_from_the_customers_own_latest_earlier_month(
    tmp_path: Path,
) -> None:
    run = _run(tmp_path, "2024-01")
    _integrate(
        run,
        "2024-01",
        [_row("a", "2024-01", birth_year=1970), _row("b", "2024-01", birth_year=1975)],
    )
    _integrate(
        run,
        "2024-02",
        [_row("a", "2024-02", birth_year=1971), _row("b", "2024-02", birth_year=None)],
    )
    now = _integrate(
        run, "2024-03", [_row(c, "2024-03", birth_year=None) for c in "abx"]
    )
    clean = _clean(now)
    assert {c: row["birth_year"] for c, row in clean.items()} == {
        "a": 1971,
        "b": 1975,
        "x": None,
    }
    assert {c: row["treated"] for c, row in clean.items()} == {
        "a": "birth_year:previous", "b": "birth_year:previous", "x": None,
    }  # fmt: skip
    assert _done(now)["birth_year", "imputed_previous"] == 2
    assert _done(now)["birth_year", "nothing_to_impute"] == 1


def test_an_imputed_value_is_not_passed_on_beyond_the_window(tmp_path: Path) -> None:
    """Observe 2: March may learn from February alone, where the value was itself filled in."""
    run = _run(tmp_path, "2024-01", observe=2)
    _integrate(run, "2024-01", [_row("a", "2024-01", birth_year=1970)])
    february = _integrate(run, "2024-02", [_row("a", "2024-02", birth_year=None)])
    march = _integrate(run, "2024-03", [_row("a", "2024-03", birth_year=None)])
    assert _clean(february)["a"]["birth_year"] == 1970
    assert _clean(march)["a"]["birth_year"] is None


def test_months_that_did_not_pass_the_checks_teach_nothing(tmp_path: Path) -> None:
    run = _run(tmp_path, "2024-01")
    _integrate(run, "2024-02", [_row("a", "2024-02", birth_year=1970)], accepted=False)
    assert (
        _clean(_integrate(run, "2024-03", [_row("a", "2024-03", birth_year=None)]))[
            "a"
        ]["birth_year"]
        is None
    )


def test_a_missing_fee_is_the_middle_one_of_the_region(tmp_path: Path) -> None:
    run = _run(tmp_path, "2024-01")
    before = [_row(f"{region}{i}", "2024-02", region_code=region, fee_cny=fee)
              for region, fees in (("R1", (8, 19, 38)), ("R2", (88, 128, 288)))
              for i, fee in enumerate(fees)]  # fmt: skip
    _integrate(run, "2024-02", before)
    given = [_row("low", "2024-03", fee_cny=None), _row("high", "2024-03", fee_cny=None, region_code="R2"),
             _row("nowhere", "2024-03", fee_cny=None, region_code="R9")]  # fmt: skip
    clean = _clean(_integrate(run, "2024-03", given))
    assert {c: row["fee_cny"] and float(row["fee_cny"]) for c, row in clean.items()} == {
        "low": 19, "high": 128, "nowhere": None,
    }  # fmt: skip


def test_a_value_beyond_stated_bounds_is_capped_and_marked(tmp_path: Path) -> None:
    given = [_row("low", "2024-03", hours=-7), _row("high", "2024-03", hours=9_999), _row("edge", "2024-03", hours=100),
             _row("empty", "2024-03", hours=None)]  # fmt: skip
    now = _integrate(_run(tmp_path, "2024-03"), "2024-03", given)
    assert {c: row["hours"] for c, row in _clean(now).items()} == {
        "low": 0,
        "high": 100,
        "edge": 100,
        "empty": None,
    }
    assert _done(now)["hours", "capped"] == 2
    assert (
        _clean(now)["low"]["treated"] == "hours:capped"
        and _clean(now)["edge"]["treated"] is None
    )


def test_a_value_beyond_learnt_bounds_is_set_aside(tmp_path: Path) -> None:
    """Nine of ten values of February are 10, so its 90 % quantile is 10 and the limit 20."""
    run = _run(tmp_path, "2024-02")
    _integrate(
        run,
        "2024-02",
        [_row(f"c{i}", "2024-02", volume_kb=10 if i < 9 else 50) for i in range(10)],
    )
    now = _integrate(
        run,
        "2024-03",
        [_row("usual", "2024-03", volume_kb=20), _row("far", "2024-03", volume_kb=21)],
    )
    assert set(_clean(now)) == {"usual"}
    assert [r["rule"] for r in rows(now, "quarantine")] == ["volume_kb_outlier"]
    assert rows(now, "quarantine")[0]["column_name"] == "volume_kb"
    assert _done(now)["volume_kb", "quarantined_outlier"] == 1


def test_without_earlier_months_there_are_no_learnt_bounds(tmp_path: Path) -> None:
    now = _integrate(
        _run(tmp_path, "2024-03"), "2024-03", [_row("far", "2024-03", volume_kb=10**9)]
    )
    assert set(_clean(now)) == {"far"}


def test_a_row_without_a_value_that_is_demanded_is_set_aside(tmp_path: Path) -> None:
    now = _integrate(
        _run(tmp_path, "2024-03"),
        "2024-03",
        [_row("a", "2024-03"), _row("b", "2024-03", plan="  ")],
    )
    assert set(_clean(now)) == {"a"}
    assert [r["rule"] for r in rows(now, "quarantine")] == ["plan_missing"]
    assert _done(now)["plan", "quarantined_missing"] == 1


def test_what_is_left_is_counted(tmp_path: Path) -> None:
    given = [
        _row("a", "2024-03", note="x"),
        _row("b", "2024-03"),
        _row("c", "2024-03"),
        _row("d", "2024-03", note=" "),
    ]
    now = _integrate(_run(tmp_path, "2024-03"), "2024-03", given)
    found = next(r for r in rows(now, "treatment") if r["column_name"] == "note")
    assert (found["treatment"], found["row_count"], found["share"]) == (
        "left_missing",
        3,
        0.75,
    )


def test_no_look_ahead(tmp_path: Path) -> None:
    """March is the same to the byte when April, which knows better, is there and when it is not."""
    run = _run(tmp_path, "2024-02")
    _integrate(run, "2024-02", [_row("a", "2024-02", birth_year=1970, volume_kb=10)])
    march = [
        _row("a", "2024-03", birth_year=None),
        _row("b", "2024-03", birth_year=None, fee_cny=None),
    ]
    april = [_row("b", "2024-04", birth_year=1999, fee_cny=1, volume_kb=999)]
    tables = ("clean_meter", "treatment", "standardised", "quarantine", "audit_rows")
    digests = set()
    for later_is_there in (False, True):
        if later_is_there:
            _integrate(run, "2024-04", april)
        now = _integrate(run, "2024-03", march, accepted=False)
        digests.add(tuple(now.lake.sha256(table, now.month) for table in tables))
    assert len(digests) == 1


def test_the_naive_treatment_that_learns_from_every_month_is_found_out(
    tmp_path: Path,
) -> None:
    """Negative control: filled in from all months, March changes when April comes."""
    run = _run(tmp_path, "2024-03")
    _integrate(run, "2024-04", [_row("b", "2024-04", birth_year=1999)])
    put(run, "raw_meter", "2024-03", [_row("b", "2024-03", birth_year=None)])
    run.engine.view("clean_meter")
    table = run.registry.raw["meter"]
    noted = "unreadable, shortened, delivered, reversal, month"
    kept = f"SELECT * EXCLUDE ({noted}) FROM {standard(run, 'meter')}"
    naive = treated_sql(table, kept, limits_of(table, {}), Earlier("clean_meter"))
    assert run.engine.row(naive)["birth_year"] == 1999
    assert (
        run.engine.row(treated_sql(table, kept, limits_of(table, {}), Earlier(None)))[
            "birth_year"
        ]
        is None
    )


def test_a_regular_month_is_the_same_whatever_the_order_of_rows(tmp_path: Path) -> None:
    run = _run(tmp_path, "2024-02")
    _integrate(
        run,
        "2024-02",
        [_row(f"c{i}", "2024-02", birth_year=1960 + i, fee_cny=i) for i in range(20)],
    )
    march = [
        _row(f"c{i}", "2024-03", birth_year=None, fee_cny=None if i % 2 else 5)
        for i in range(20)
    ]
    digests = {_integrate(run, "2024-03", given).lake.sha256("clean_meter", Month.parse("2024-03"))
               for given in (march, march[::-1])}  # fmt: skip
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"outlier": "cap"}, "needs bounds"),
        ({"bounds": {"lowest": 0}}, "bounds need one of the two"),
        ({"outlier": "cap", "bounds": {}}, "bounds need lowest"),
        ({"missing": "impute_next"}, "impute_previous"),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(
    change: dict[str, Any], said: str
) -> None:
    columns = [
        {**c, **change} if c["name"] == "volume_kb" and change else c
        for c in CONTRACT["columns"]
    ]
    plain = [
        {
            k: v
            for k, v in c.items()
            if c["name"] != "volume_kb" or k not in ("outlier", "bounds") or k in change
        }
        for c in columns
    ]
    with pytest.raises(ValueError, match=said):
        RawTable(**{**CONTRACT, "columns": plain})


def test_a_table_that_changes_values_must_have_a_place_to_say_so() -> None:
    columns = [c for c in CONTRACT["columns"] if c["name"] != "treated"]
    with pytest.raises(ValueError, match="add a column with derived"):
        RawTable(**{**CONTRACT, "columns": columns})
