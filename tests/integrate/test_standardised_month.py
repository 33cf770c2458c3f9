"""A month whose columns arrive in other forms than the contract's: read, counted, conserved."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from churn_tasks.core.errors import SettingsError
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.delivered import delivered_sql, is_lossless
from churn_tasks.declared.registry import load_registry
from churn_tasks.declared.units import ratio
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import another_month, put, rows, small_profile, small_run
from tests.property_sizes import examples

CONTRACT: dict[str, Any] = {
    "table": "meter",
    "key": ["customer_id", "event_date"],
    "min_rows": 1,
    "meaning": {"en": "Meter readings", "zh": "抄表读数"},
    "columns": [
        {"name": "customer_id", "type": "text", "required": True, "en": "Who", "zh": "客户编号"},
        {"name": "event_date", "type": "date", "required": True, "en": "Day", "zh": "日期"},
        {"name": "known_date", "type": "date", "required": True, "en": "Known", "zh": "获知日期"},
        {"name": "amount_cny", "type": "decimal", "unit": "CNY", "en": "Money", "zh": "金额"},
        {"name": "duration_s", "type": "integer", "unit": "s", "en": "Seconds", "zh": "秒数"},
        {"name": "region_code", "type": "text", "en": "Region", "zh": "大区"},
        {"name": "holder", "type": "text", "pii": "direct", "en": "Holder", "zh": "姓名"},
        {"name": "holder_standard", "type": "text", "pii": "direct", "derived": {"form": "name", "of": "holder"},
         "en": "Holder in one form", "zh": "姓名标准形式"},
    ],
    "rules": [{"name": "amount_negative", "reject_when": "amount_cny < 0", "en": "negative", "zh": "为负"}],
}  # fmt: skip
DECLARED = {
    "meter.amount_cny": {"from": "fen", "decimal": "point"},
    "meter.duration_s": {"from": "min"},
    "meter.region_code": {"mapping": "area"},
}


def _run(folder: Path, month: str = "2024-03", **declared: Any) -> MonthRun:
    profile = small_profile(
        folder, ["bill"], standardise=declared.pop("standardise", {})
    )
    (profile / "extract" / "meter.sql").write_text("SELECT 1\n")
    for name in ("tables/raw", "mappings"):
        (profile / name).mkdir(parents=True)
    (profile / "tables" / "raw" / "meter.yaml").write_text(
        yaml.safe_dump(CONTRACT), encoding="utf-8"
    )
    (profile / "mappings" / "area.csv").write_text(
        "delivered,standard,note\n东港,R01,\n西岭,R02,\n", encoding="utf-8"
    )
    return small_run(folder, month, profile=profile)


def _row(
    customer: str | None, day: str = "2024-03-05", **values: Any
) -> dict[str, Any]:
    return {
        "customer_id": customer,
        "event_date": day,
        "known_date": "2024-03-09",
        **values,
    }


def _integrate(
    run: MonthRun, given_rows: list[dict[str, Any]], month: str = "2024-03"
) -> MonthRun:
    other = another_month(run, month)
    put(other, "raw_bill", month, [])
    put(other, "raw_meter", month, given_rows)
    run_on("integrate", other)
    return other


def _clean(run: MonthRun) -> dict[str, dict[str, Any]]:
    return {row["customer_id"]: row for row in rows(run, "clean_meter")}


def _counted(run: MonthRun) -> dict[tuple[str, str], int]:
    return {
        (r["column_name"], r["rule"]): r["row_count"]
        for r in rows(run, "standardised")
        if r["unmapped"] is None
    }


def test_units_and_codes_are_read_as_declared_and_counted(tmp_path: Path) -> None:
    given_rows = [
        _row(
            "a",
            amount_cny="5,800",
            duration_s="1.5",
            region_code="东港",
            holder="張　偉",
        ),
        _row("b", amount_cny="100", duration_s="2", region_code="R02", holder="李娜"),
        _row("c", amount_cny="N/A", duration_s=None, region_code="R77", holder=None),
        _row("d", region_code="R77"),
        _row("e", region_code="火星"),
    ]
    run = _integrate(_run(tmp_path, standardise=DECLARED), given_rows)
    clean = _clean(run)
    assert [clean[c]["amount_cny"] for c in "abc"] == [Decimal(58), Decimal(1), None]
    assert [clean[c]["duration_s"] for c in "abc"] == [90, 120, None]
    assert [clean[c]["region_code"] for c in "abce"] == ["R01", "R02", "R77", "火星"]
    assert [clean[c]["holder_standard"] for c in "abc"] == ["张伟", "李娜", None]
    assert clean["a"]["holder"] == "張　偉", "the name as written stays"
    assert _counted(run) == {
        ("amount_cny", "fen_to_CNY"): 3,
        ("amount_cny", "thousands_separator"): 1,
        ("amount_cny", "no_value"): 1,
        ("duration_s", "min_to_s"): 2,
        ("region_code", "mapped"): 1,
        ("holder_standard", "spacing"): 1,
        ("holder_standard", "traditional"): 1,
        ("holder_standard", "width"): 1,
    }
    unmapped = {
        r["unmapped"]: r["row_count"]
        for r in rows(run, "standardised")
        if r["unmapped"]
    }
    assert unmapped == {"R77": 2, "火星": 1}


def test_examples_are_shown_of_plain_columns_and_never_of_personal_ones(
    tmp_path: Path,
) -> None:
    run = _integrate(
        _run(tmp_path, standardise=DECLARED),
        [_row("a", region_code="东港", holder="張 偉")],
    )
    examples = {r["column_name"]: r["examples"] for r in rows(run, "standardised")}
    assert examples == {"region_code": "东港", "holder_standard": None}


def test_the_report_of_the_step_names_what_no_mapping_knows(tmp_path: Path) -> None:
    run = _run(tmp_path, standardise=DECLARED)
    put(run, "raw_bill", "2024-03", [])
    put(
        run,
        "raw_meter",
        "2024-03",
        [_row("a", region_code="R77"), _row("b", region_code="R77")],
    )
    assert run_on("integrate", run).facts["unmapped meter.region_code"] == "R77 2"


def test_an_unmapped_value_is_set_aside_where_the_profile_says_so(
    tmp_path: Path,
) -> None:
    declared = {"meter.region_code": {"mapping": "area", "unmapped": "quarantine"}}
    run = _integrate(
        _run(tmp_path, standardise=declared),
        [_row("a", region_code="R77"), _row("b", region_code="东港")],
    )
    assert set(_clean(run)) == {"b"}
    (aside,) = rows(run, "quarantine")
    assert (aside["rule"], aside["value_text"]) == ("region_code_unreadable", "R77")


def test_doubles_are_merged_by_their_key_in_standard_form(tmp_path: Path) -> None:
    given_rows = [
        _row("a", "2024-03-05"),
        _row(" a　", "2024/3/5"),
        _row("a", "20240305"),
        _row("b", "2024年3月5日"),
    ]
    run = _integrate(_run(tmp_path), given_rows)
    assert set(_clean(run)) == {"a", "b"}
    books = next(r for r in rows(run, "audit_rows") if r["table_name"] == "meter")
    assert (
        books["rows_in"],
        books["rows_out"],
        books["quarantined"],
        books["merged"],
    ) == (4, 2, 0, 2)


def test_what_cannot_be_read_is_set_aside_as_it_came(tmp_path: Path) -> None:
    given_rows = [
        _row("a", "2024-02-30"),
        _row("b", amount_cny="a lot"),
        _row("  "),
        _row("c"),
        _row("=1+1|x"),  # a text like any other: it is made harmless where it goes out
    ]
    run = _integrate(_run(tmp_path), given_rows)
    assert set(_clean(run)) == {"c", "=1+1|x"}
    aside = {r["rule"]: r["value_text"] for r in rows(run, "quarantine")}
    assert {
        "event_date_unreadable": "2024-02-30",
        "amount_cny_unreadable": "a lot",
    }.items() <= aside.items()
    assert "customer_id_missing" in aside


def test_months_of_different_types_live_side_by_side(tmp_path: Path) -> None:
    """February delivers text, March numbers: neither month breaks the other."""
    run = _run(tmp_path)
    february = _integrate(
        run,
        [_row("a", "2024-02-05", amount_cny="¥5") | {"known_date": "2024-02-09"}],
        "2024-02",
    )
    march = _integrate(run, [_row("a", amount_cny=7)])
    again = _integrate(
        run,
        [_row("a", "2024-02-05", amount_cny="¥5") | {"known_date": "2024-02-09"}],
        "2024-02",
    )
    assert [_clean(r)["a"]["amount_cny"] for r in (february, march, again)] == [
        Decimal(5),
        Decimal(7),
        Decimal(5),
    ]
    run.engine.view("raw_meter")
    assert run.engine.row("SELECT count(*) AS n FROM raw_meter")["n"] == 2


def test_a_month_delivered_before_a_column_was_added_is_read_as_empty_there(
    tmp_path: Path,
) -> None:
    run = _run(tmp_path)
    put(run, "raw_bill", "2024-03", [])
    path = run.lake.root / "raw_meter" / "month=2024-03-01" / "data.parquet"
    path.parent.mkdir(parents=True)
    duckdb.sql(
        "COPY (SELECT 'a' AS customer_id, DATE '2024-03-05' AS event_date, DATE '2024-03-05' AS known_date)"
        f" TO '{path}'"
    )
    run_on("integrate", run)
    assert _clean(run)["a"]["amount_cny"] is None


CELLS = st.sampled_from(["5", "¥5", "1,23", "", "N/A", "-3", "(3)", "五", None])
DAYS = st.sampled_from(
    ["2024-03-05", "2024/3/5", "20240305", "2024-02-30", "2024-04-01", "", None]
)


@settings(
    max_examples=examples(12),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", " a", "b", "", None]), DAYS, CELLS), max_size=12
    )
)
def test_rows_are_conserved_whatever_comes(
    tmp_path: Path, cells: list[tuple[Any, Any, Any]]
) -> None:
    run = _integrate(_run(tmp_path), [_row(c, d, amount_cny=a) for c, d, a in cells])
    books = next(r for r in rows(run, "audit_rows") if r["table_name"] == "meter")
    assert (
        books["rows_in"]
        == len(cells)
        == books["rows_out"] + books["quarantined"] + books["merged"]
    )
    assert books["quarantined"] == sum(r["row_count"] for r in rows(run, "quarantine"))
    run.close()


def test_raw_keeps_what_a_cast_would_lose() -> None:
    types = {
        "event_date": "date",
        "known_date": "date",
        "n": "integer",
        "d": "decimal",
        "absent": "text",
    }
    columns = [
        {"name": name, "type": kind, "en": "x", "zh": "x"}
        for name, kind in types.items()
    ]
    table = RawTable(
        table="x", key=(), meaning={"en": "x", "zh": "x"}, columns=columns
    ).as_delivered  # type: ignore[arg-type]
    delivered = {
        "event_date": "VARCHAR",
        "known_date": "DATE",
        "n": "DOUBLE",
        "d": "DECIMAL(10,2)",
    }
    assert delivered_sql(table, delivered).split(", ") == [
        '"event_date"',
        'CAST("known_date" AS DATE) AS "known_date"',
        '"n"',
        'CAST("d" AS DECIMAL(18,4)) AS "d"',
        'NULL::VARCHAR AS "absent"',
    ]
    assert not is_lossless("decimal", "DECIMAL(20,2)") and not is_lossless(
        "timestamp", "TIMESTAMP WITH TIME ZONE"
    )


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (
            {"meter.amount_cny": {"from": "dollars"}},
            "allowed are fen, jiao, yuan, CNY, thousand_yuan, wan_yuan",
        ),
        ({"meter.duration_s": {"from": "GB"}}, "allowed are ms, s, min, h, days"),
        (
            {"meter.region_code": {"from": "fen"}},
            "region_code is text, it is for integer, decimal, double",
        ),
        (
            {"meter.amount_cny": {"mapping": "area"}},
            "amount_cny is decimal, it is for text",
        ),
        ({"meter.amount_cny": {"dates": ["%d.%m.%Y"]}}, "it is for date, timestamp"),
        (
            {"meter.amount": {"from": "fen"}},
            "has no column 'amount'; it has customer_id",
        ),
        (
            {"metre.amount_cny": {"from": "fen"}},
            "extracts no 'metre'; it has bill, meter",
        ),
        (
            {"meter.event_date": {"dates": ["%d/%m/%Y", "%m/%d/%Y"]}},
            "declare one order of day and month",
        ),
        (
            {"meter.event_date": {"dates": ["%H:%M"]}},
            "allowed are spreadsheet, epoch_s, epoch_ms",
        ),
        ({"meter.amount_cny": {}}, r"give from \(a unit\)"),
        ({"meter.amount_cny": {"form": "fen"}}, "form: there is no such field"),
        (
            {"meter.region_code": {"mapping": "no_such_table"}},
            "there are area, city, district, province",
        ),
    ],
)
def test_a_wrong_declaration_is_refused_with_what_is_allowed(
    tmp_path: Path, declared: Any, said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        _integrate(_run(tmp_path, standardise=declared), [_row("a", region_code="x")])


def test_the_shipped_profiles_declare_what_their_contracts_hold() -> None:
    from churn_tasks.core.settings import load_settings

    declared = {
        name: sorted(load_settings(name).standardise)
        for name in ("telecom", "retail", "telecom_wide")
    }
    assert declared["telecom"] == ["customer.plan_code", "customer.region_code"]
    for name in declared:
        assert load_registry(load_settings(name)).raw


def test_a_unit_of_its_own_has_none_beside_it() -> None:
    with pytest.raises(SettingsError, match="allowed are none"):
        ratio("fen", "year", "customer.birth_year")
