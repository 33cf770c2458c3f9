"""Schema drift: each kind with its stated outcome and message, and the same through the step that extracts."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_tasks.checks.columns_read import columns_read
from churn_tasks.checks.delivered_types import type_word
from churn_tasks.checks.drift import Delivered, refusal, result_drift
from churn_tasks.checks.relation_drift import of_month, relation_drift
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.registry import load_contracts
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.work.drift import note_drift
from tests.lakes import put, rows, small_profile

PAYMENT = {
    "payment_id": "string",
    "customer_id": "string",
    "event_date": "date32[day]",
    "known_date": "date32[day]",
    "billed_month": "date32[day]",
    "due_date": "date32[day]",
    "amount_cny": "decimal128(12, 2)",
    "channel": "string",
}


@pytest.fixture(scope="module")
def contracts() -> dict[str, RawTable]:
    return load_contracts(load_settings("telecom"))


def costs(column: str) -> str:
    return {"due_date": "3 features (a, b, c)"}.get(column, "")


def changed(**columns: str | None) -> dict[str, str]:
    """The delivery of a payment month with columns added, retyped, or taken away (None)."""
    return {
        name: kind for name, kind in {**PAYMENT, **columns}.items() if kind is not None
    }


RESULT = {  # name -> (what arrives after PAYMENT, harmful, every finding in words)
    "nothing changed": (changed(), False, []),
    "new column": (
        changed(till_no="int32"), False, ["new: column till_no new in the delivery (int32); it is left out"],
    ),
    "two new columns": (
        changed(a_x="string", b_x="string"), False,
        ["new: column a_x new in the delivery (string); it is left out",
         "new: column b_x new in the delivery (string); it is left out"],
    ),
    "missing optional column": (
        changed(due_date=None), False,
        ["missing: column due_date optional and not delivered: NULL; costs 3 features (a, b, c)"],
    ),
    "missing optional column that costs nothing": (
        changed(channel=None), False, ["missing: column channel optional and not delivered: NULL"],
    ),
    "missing required column": (
        changed(amount_cny=None), True, ["missing: column amount_cny required and not delivered"],
    ),
    "renamed optional column": (
        changed(due_date=None, date_due="date32[day]"), False,
        ["renamed: column due_date optional and not delivered: NULL; costs 3 features (a, b, c);"
         " looks renamed from due_date to date_due"],
    ),
    "renamed required column": (
        changed(amount_cny=None, AMOUNT="decimal128(12, 2)"), True,
        ["renamed: column amount_cny required and not delivered; looks renamed from amount_cny to AMOUNT"],
    ),
    "missing and new of other types is no renaming": (
        changed(due_date=None, date_due="bool"), False,
        ["missing: column due_date optional and not delivered: NULL; costs 3 features (a, b, c)",
         "new: column date_due new in the delivery (bool); it is left out"],
    ),
    "retyped without loss: decimal to double": (
        changed(amount_cny="double"), False,
        ["retyped: column amount_cny arrives as double instead of decimal128(12, 2); nothing is lost"],
    ),
    "retyped to text": (
        changed(due_date="string"), False,
        ["retyped: column due_date arrives as string instead of date32[day];"
         " each value is read as date, and what cannot be read is set aside"],
    ),
    "retyped with loss: money to whole numbers": (
        changed(amount_cny="int64"), True,
        ["retyped: column amount_cny arrives as int64 instead of decimal128(12, 2): what it held is lost"],
    ),
    "retyped with loss: key to number": (
        changed(customer_id="int64"), True,
        ["retyped: column customer_id arrives as int64 instead of string: what it held is lost"],
    ),
    "retyped to a structure": (
        changed(amount_cny="struct<yuan: string>"), True,
        ["retyped: column amount_cny arrives as struct<yuan: string> instead of decimal128(12, 2),"
         " which cannot be read as decimal without loss"],
    ),
    "retyped to what cannot be read": (
        changed(due_date="bool"), True,
        ["retyped: column due_date arrives as bool instead of date32[day], which cannot be read as date without loss"],
    ),
    "retyped to a zoned timestamp": (
        changed(event_date="timestamp[us, tz=UTC]"), False,
        ["retyped: column event_date arrives as timestamp[us, tz=UTC] instead of date32[day];"
         " each value is read as date, and what cannot be read is set aside"],
    ),
    "key retyped to a fraction": (
        changed(customer_id="double"), True,
        ["retyped: column customer_id arrives as double instead of string, which cannot be read as text without loss"],
    ),
    "wider within one kind": (changed(channel="large_string", amount_cny="decimal128(18, 4)"), False, []),
    "empty this month": (changed(due_date="null"), False, []),
}  # fmt: skip


@pytest.mark.parametrize("name", RESULT)
def test_drift_of_what_the_select_gives(
    contracts: dict[str, RawTable], name: str
) -> None:
    now, is_harmful, expected = RESULT[name]
    found = result_drift(contracts["payment"], now, PAYMENT, costs)
    assert [f"{finding.kind}: {finding.text}" for finding in found] == expected
    assert (
        bool(refusal(found)) == is_harmful == any(finding.harmful for finding in found)
    )


def test_a_refusal_names_every_harmful_column_and_what_to_do(
    contracts: dict[str, RawTable],
) -> None:
    found = result_drift(
        contracts["payment"],
        changed(amount_cny=None, event_date=None, extra_x="int8"),
        PAYMENT,
        costs,
    )
    said = refusal(found)
    assert (
        "column event_date required and not delivered; column amount_cny required and not delivered"
        in said
    )
    assert (
        "extra_x" not in said
        and said.endswith("the month stops here")
        and "Mend extract/payment.sql" in said
    )


def test_a_renamed_column_is_also_known_by_its_values(
    contracts: dict[str, RawTable],
) -> None:
    now = changed(due_date=None, verfall="date32[day]")
    without = result_drift(contracts["payment"], now, PAYMENT, costs)
    assert [finding.kind for finding in without] == ["missing", "new"]
    seen = result_drift(
        contracts["payment"], now, PAYMENT, costs, lambda gone, new: 0.9
    )
    assert [(f.kind, f.column, f.renamed_to) for f in seen] == [
        ("renamed", "due_date", "verfall")
    ]


def test_numbers_to_be_tokenised_count_as_their_columns_whatever_type_they_come_in(
    contracts: dict[str, RawTable],
) -> None:
    now = {name: kind for name, kind in PAYMENT.items() if name != "customer_id"} | {
        "customer_number": "int64"
    }
    assert result_drift(contracts["payment"], now, PAYMENT, costs) == []
    master = {
        c.name: "string"
        for c in contracts["customer"].columns
        if c.name != "phone_token"
    }
    assert (
        result_drift(
            contracts["customer"],
            master | {"phone_number": "double"},
            master | {"phone_number": "string"},
        )
        == []
    )


def test_what_was_accepted_before_is_no_news_and_harm_stays_harm(
    contracts: dict[str, RawTable],
) -> None:
    now = changed(channel=None, till_no="int32", due_date="string")
    assert result_drift(contracts["payment"], now, now, costs) == []
    harm = changed(amount_cny=None)
    assert refusal(result_drift(contracts["payment"], harm, harm, costs))


def test_a_first_delivery_is_held_against_the_contract_alone(
    contracts: dict[str, RawTable],
) -> None:
    kinds = [
        f.kind
        for f in result_drift(
            contracts["payment"], changed(channel=None, more_x="int32"), None, costs
        )
    ]
    assert kinds == ["missing", "new"]
    assert (
        result_drift(contracts["payment"], changed(due_date="string"), None, costs)
        == []
    )


BELOW = {
    "rec_no": "bigint",
    "subs_id": "bigint",
    "vol_kb": "bigint",
    "fee": "numeric(12,2)",
    "old_flag": "text",
}
READS = "SELECT rec_no, subs_id, round(vol_kb / 1000, 3) AS mb, fee / 100 AS fee FROM boss.cdr"
RELATION = {  # name -> (columns of boss.cdr now, harmful, findings)
    "nothing changed": (BELOW, False, []),
    "new column": (
        {**BELOW, "volte_flag": "text"}, False, ["new: column volte_flag new in boss.cdr (text); it is left out"],
    ),
    "column gone that is read": (
        {k: v for k, v in BELOW.items() if k != "fee"}, True,
        ["missing: column fee gone from boss.cdr; extract/cdr.sql works with it"],
    ),
    "column gone that is not read": (
        {k: v for k, v in BELOW.items() if k != "old_flag"}, False,
        ["missing: column old_flag gone from boss.cdr; extract/cdr.sql does not read it"],
    ),
    "renamed column that is read": (
        {**{k: v for k, v in BELOW.items() if k != "vol_kb"}, "volume_kb": "bigint"}, True,
        ["renamed: column vol_kb gone from boss.cdr; extract/cdr.sql works with it;"
         " looks renamed from vol_kb to volume_kb"],
    ),
    "retyped without loss": (
        {**BELOW, "vol_kb": "numeric(20,3)"}, False,
        ["retyped: column vol_kb numeric(20,3) instead of bigint in boss.cdr; nothing is lost;"
         " extract/cdr.sql works with it"],
    ),
    "retyped with loss": (
        {**BELOW, "fee": "bigint"}, True,
        ["retyped: column fee bigint instead of numeric(12,2) in boss.cdr; values may be lost;"
         " extract/cdr.sql works with it"],
    ),
    "retyped with loss and passed on, to be judged where it arrives": (
        {**BELOW, "subs_id": "boolean"}, False,
        ["retyped: column subs_id boolean instead of bigint in boss.cdr; values may be lost;"
         " extract/cdr.sql passes it on"],
    ),
    "retyped with loss and not read": (
        {**BELOW, "old_flag": "bigint"}, False,
        ["retyped: column old_flag bigint instead of text in boss.cdr; values may be lost;"
         " extract/cdr.sql does not read it"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RELATION)
def test_drift_of_the_tables_below(contracts: dict[str, RawTable], name: str) -> None:
    now, is_harmful, expected = RELATION[name]
    read = columns_read(READS, "postgres")
    found = relation_drift(
        contracts["cdr"], {"boss.cdr": now}, {"boss.cdr": BELOW}, read
    )
    assert [f"{finding.kind}: {finding.text}" for finding in found] == expected
    assert bool(refusal(found)) == is_harmful


def test_how_a_select_reads_a_column() -> None:
    star = columns_read("SELECT * FROM bills WHERE period = 3", "duckdb")
    assert (star("anything"), star("period")) == ("passed", "worked")
    inner = columns_read(
        "SELECT * FROM (SELECT a, b::text AS b FROM bills) AS x ORDER BY a", "duckdb"
    )
    assert (inner("a"), inner("b"), inner("c")) == ("worked", "worked", "no")
    plain = columns_read("SELECT a, b AS c FROM bills", "duckdb")
    assert (plain("a"), plain("B"), plain("c")) == ("named", "named", "no")
    assert columns_read("this is no SQL )", "duckdb")("anything") == "worked"


def test_a_column_gone_that_a_star_passes_on_is_judged_in_the_result(
    contracts: dict[str, RawTable],
) -> None:
    read = columns_read("SELECT * FROM boss.cdr", "postgres")
    found = relation_drift(
        contracts["cdr"],
        {"boss.cdr": {"a": "text"}},
        {"boss.cdr": {"a": "text", "b": "text"}},
        read,
    )
    assert found == []


def test_an_extract_that_was_mended_since_is_trusted(
    contracts: dict[str, RawTable],
) -> None:
    """Otherwise a changed type would stop the source for ever: the last accepted delivery does not change."""
    read, now, before = (
        columns_read(READS, "postgres"),
        {**BELOW, "fee": "bigint"},
        BELOW,
    )
    unmended = relation_drift(
        contracts["cdr"], {"boss.cdr": now}, {"boss.cdr": before}, read
    )
    mended = relation_drift(
        contracts["cdr"], {"boss.cdr": now}, {"boss.cdr": before}, read, is_mended=True
    )
    assert refusal(unmended) and not refusal(mended) and mended[0].kind == "retyped"
    delivered = Delivered.of(pa.schema({}), {}, READS)
    assert delivered.is_other_extract(
        READS + " -- mended"
    ) and not delivered.is_other_extract(READS)
    assert not Delivered({}, {}).is_other_extract(READS), (
        "a delivery from before digests were kept"
    )


def test_the_parts_of_the_month_are_compared_where_they_carry_its_name() -> None:
    everything = {
        "boss.cdr": {"a": "text", "volte_flag": "text"},
        "boss.cdr/boss.cdr_202407": {"a": "text"},
        "boss.cdr/boss.cdr_202408": {"a": "text", "volte_flag": "text"},
        "bills": {"a": "text"},
        "bills/bills_2024-08.csv": {"a": "text", "b": "text"},
    }
    assert of_month(everything, Month(2024, 7)) == {
        "boss.cdr": {"a": "text"},
        "bills": {"a": "text"},
    }
    assert of_month(everything, Month(2024, 8))["boss.cdr"] == {
        "a": "text",
        "volte_flag": "text",
    }
    assert of_month(everything, Month(2024, 8))["bills"] == {"a": "text", "b": "text"}


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("VARCHAR", "text"), ("character varying(20)", "text"), ("int4", "integer"), ("BIGINT UNSIGNED", "integer"),
        ("decimal128(12, 0)", "integer"), ("NUMBER(10,2)", "decimal"), ("real", "double"), ("date32[day]", "date"),
        ("timestamp without time zone", "timestamp"), ("timestamp with time zone", "zoned"), ("bool", "boolean"),
        ("list<item: string>", "other"), ("struct<yuan: string>", "other"), ("VARCHAR[]", "other"),
        ("point", "other"), ("interval", "other"), ("null", "null"),
    ],
)  # fmt: skip
def test_types_of_any_source_are_told_apart(name: str, word: str) -> None:
    assert type_word(name) == word


def test_schemas_survive_being_written_down() -> None:
    one = Delivered.of(pa.schema({"a": pa.string()}), {"boss.cdr": {"号码": "text"}})
    assert (
        Delivered.from_json(one.as_json())
        == one
        == Delivered({"a": "string"}, {"boss.cdr": {"号码": "text"}})
    )


# ---- through the step: a source of Parquet files, one a month


def month_file(
    folder: Path,
    month: str,
    change: Callable[[dict[str, list[object]]], None] = lambda columns: None,
) -> None:
    day = pa.scalar(Month.parse(month).start, pa.date32()).as_py()
    columns: dict[str, list[object]] = {
        "bill_id": ["B1"], "customer_id": ["c1"], "event_date": [day], "known_date": [day],
        "item_code": ["plan_fee"], "amount_cny": [50.5],
    }  # fmt: skip
    change(columns)
    pq.write_table(pa.table(columns), folder / f"bills_{month}.parquet")


def extracted(
    tmp_path: Path, month: str, change: Callable[[dict[str, list[object]]], None]
) -> MonthRun:
    """January delivered and accepted, then another month with a change."""
    profile = small_profile(
        tmp_path,
        ["bill"],
        source={"kind": "files", "files": {"bills": "bills_{month}.parquet"}},
    )
    select = "SELECT * FROM bills WHERE event_date >= $month AND event_date < $as_of"
    (profile / "extract" / "bill.sql").write_text(select, encoding="utf-8")
    drops = tmp_path / "drops"
    drops.mkdir(exist_ok=True)
    settings = load_settings(
        str(profile), state_dir=tmp_path / "state", data_path=drops
    )
    first = MonthRun(settings, Month(2024, 1))
    month_file(drops, "2024-01")
    run_on("extract", first)
    put(first, "clean_bill", "2024-01", [])
    first.close()
    month_file(drops, month, change)
    return MonthRun(settings, Month.parse(month))


def test_a_new_column_is_noted_and_the_month_goes_on(tmp_path: Path) -> None:
    run = extracted(
        tmp_path,
        "2024-02",
        lambda columns: columns.update(volte_flag=["1"], cell_ref=["x"]),
    )
    assert run_on("extract", run).rows["raw_bill"] == 1
    assert note_drift(run) == 2
    noted = {
        (row["relation"], row["column_name"], row["kind"]) for row in rows(run, "drift")
    }
    assert {(column, kind) for _, column, kind in noted} == {
        ("volte_flag", "new"),
        ("cell_ref", "new"),
    }
    run.close()


def test_a_renamed_column_is_known_by_its_values(tmp_path: Path) -> None:
    def rename(columns: dict[str, list[object]]) -> None:
        columns["kostenart"] = columns.pop("item_code")

    run = extracted(tmp_path, "2024-02", rename)
    with pytest.raises(
        BadInput,
        match="column item_code required and not delivered; looks renamed from item_code to kostenart",
    ):
        run_on("extract", run)
    run.close()


def test_an_unchanged_month_has_no_notes_and_the_next_one_takes_a_change_for_granted(
    tmp_path: Path,
) -> None:
    run = extracted(tmp_path, "2024-02", lambda columns: None)
    run_on("extract", run)
    assert note_drift(run) == 0
    run.close()


def test_harm_that_extraction_could_not_see_stops_the_month_when_it_is_checked(
    tmp_path: Path,
) -> None:
    """Months that are extracted side by side have no accepted month before them yet."""
    run = extracted(
        tmp_path, "2024-02", lambda columns: columns.update(amount_cny=[50])
    )
    with pytest.raises(
        BadInput,
        match=r"column amount_cny arrives as int64 instead of double: what it held is lost",
    ):
        run_on("extract", run)
    january = MonthRun(run.settings, Month(2024, 1))
    january.lake.remove("clean_bill", january.month)
    run_on("extract", run)
    assert run.lake.has("raw_bill", run.month), "nothing to compare with"
    put(january, "clean_bill", "2024-01", [])
    with pytest.raises(BadInput, match="what it held is lost"):
        note_drift(run)
    january.close()
    run.close()


def test_a_required_column_that_is_gone_stops_before_anything_is_written(
    tmp_path: Path,
) -> None:
    def rename(columns: dict[str, list[object]]) -> None:
        columns["amount_yuan"] = columns.pop("amount_cny")

    run = extracted(tmp_path, "2024-02", rename)
    with pytest.raises(
        BadInput,
        match=r"raw_bill 2024-02: .*column amount_cny required and not delivered.*looks renamed",
    ):
        run_on("extract", run)
    assert not run.lake.has("raw_bill", Month(2024, 2)) and not run.lake.has(
        "delivery", Month(2024, 2)
    )
    run.close()
