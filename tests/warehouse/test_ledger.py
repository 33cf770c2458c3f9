"""The ledger in the warehouse: files taken in once, rows set aside and taken in later, corrections beside what was."""

import csv
import datetime as dt
import hashlib
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_tasks.adapters.warehouse import Erasure, Warehouse
from churn_tasks.adapters.warehouse.audit_rules import ADDED_LATER, checksum
from churn_tasks.by_hand.ledger import Import, correct, import_file, replay
from churn_tasks.core.errors import BadInput, SettingsError
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.local.postgres import Cluster
from tests.warehouse.warehouses import JULY, JUNE, count, listed, new_url

Rows = Sequence[dict[str, Any]]


@pytest.fixture
def settings(postgres: Cluster, tmp_path: Path) -> Settings:
    """A published list of June: customer_1 and customer_2 to be called, customer_3 held out."""
    made = load_settings(
        "telecom", warehouse_url=new_url(postgres), state_dir=tmp_path / "state"
    )
    publish(made, JUNE, 3)
    return made


def publish(settings: Settings, month: Any, customers: int) -> None:
    rows = []
    for rank in range(1, customers + 1):
        arm = "hold_out" if rank == customers else "treat"
        rows.append(listed(rank, arm=arm, arm_month=month.start))
    warehouse = Warehouse(settings)
    warehouse.publish(warehouse.take_lease(month), f"run_{month}", rows)
    warehouse.close()


def contact(customer: int = 1, **changes: Any) -> dict[str, Any]:
    row = {
        "month": "2024-06",
        "customer_id": f"customer_{customer}",
        "contact_day": "2024-07-10",
        "channel": "call",
        "agent": "A17",
        "outcome": "reached",
        "cost_cny": "12.5",
    }
    return {**row, **changes}


def csv_file(folder: Path, rows: Rows, name: str = "calls.csv") -> Path:
    file = folder / name
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def entries(settings: Settings) -> list[dict[str, Any]]:
    warehouse = Warehouse(settings)
    rows = warehouse.read("SELECT * FROM bi_ledger ORDER BY ledger_id")
    warehouse.close()
    return rows


def waiting(settings: Settings) -> list[dict[str, Any]]:
    warehouse = Warehouse(settings)
    rows = warehouse.ledger_waiting()
    warehouse.close()
    return rows


def url(settings: Settings) -> str:
    return settings.environment.warehouse_url


def test_a_file_is_taken_in_once(settings: Settings, tmp_path: Path) -> None:
    file = csv_file(tmp_path, [contact(1), contact(2), contact(3)])
    assert import_file(settings, file, None) == Import(3, 3, 0, 0, 1, {})
    before = entries(settings)
    assert [(row["customer_id"], row["arm"]) for row in before] == [
        ("customer_1", "treat"),
        ("customer_2", "treat"),
        ("customer_3", "hold_out"),
    ]
    assert {row["run_id"] for row in before} == {"run_2024-06"}
    assert import_file(settings, file, None) == Import(3, 0, 3, 0, 0, {})
    assert entries(settings) == before


def test_the_naive_way_doubles_a_file(settings: Settings, tmp_path: Path) -> None:
    """Negative control: the index is what lets there be one first entry of a contact."""
    import_file(settings, csv_file(tmp_path, [contact(1)]), None)
    copied = (
        "WITH again AS (INSERT INTO ledger (month, customer_id, run_id, contact_day, channel, attempt, agent, outcome,"
        " source, row_digest) SELECT month, customer_id, run_id, contact_day, channel, attempt, agent, outcome, source,"
        " row_digest FROM ledger RETURNING 1) SELECT count(*) FROM again"
    )
    with pytest.raises(Exception, match="ledger_first_entry"):
        count(url(settings), copied)
    count(url(settings), "SELECT 1")


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet", "gbk"])
def test_files_of_every_kind_say_the_same(
    settings: Settings, tmp_path: Path, kind: str
) -> None:
    rows = [contact(1, agent="王五"), contact(2, recall_day="2024-07-20")]
    rows[0]["recall_day"] = ""
    mapping = None
    file = tmp_path / f"calls.{kind}"
    if kind == "csv":
        csv_file(tmp_path, rows)
    elif kind == "xlsx":
        book = openpyxl.Workbook()
        book.active.append(list(rows[0]))
        for row in rows:
            day = dt.date.fromisoformat(row["contact_day"])
            book.active.append(list({**row, "contact_day": day}.values()))
        book.save(file)
    elif kind == "parquet":
        table = pa.Table.from_pylist(rows)
        days = pa.array([dt.date(2024, 7, 10)] * 2)
        place = table.column_names.index("contact_day")
        pq.write_table(table.set_column(place, "contact_day", days), file)
    else:
        file = csv_file(tmp_path, rows)
        file.write_bytes(file.read_text(encoding="utf-8").encode("gb18030"))
        mapping = tmp_path / "mapping.yaml"
        mapping.write_text("file: {encoding: gbk}\n", encoding="utf-8")
    done = import_file(settings, file, mapping)
    assert (done.added, done.aside) == (2, 0)
    first, second = entries(settings)
    assert (first["agent"], first["recall_day"]) == ("王五", None)
    assert second["recall_day"] == dt.date(2024, 7, 20)
    assert {row["contact_day"] for row in (first, second)} == {dt.date(2024, 7, 10)}


def test_a_mapping_says_what_a_call_centre_writes(
    settings: Settings, tmp_path: Path
) -> None:
    theirs = {
        "账期": "202406",
        "客户编号": "customer_1",
        "外呼时间": "2024/7/10 9:30",
        "坐席": "A17",
        "结果": "同意",
        "备注": "",
    }
    file = csv_file(
        tmp_path, [theirs, {**theirs, "客户编号": "customer_2", "结果": "无人接"}]
    )
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        "columns: {账期: month, 客户编号: customer_id, 外呼时间: contact_day, 坐席: agent, 结果: outcome}\n"
        "values: {outcome: {同意: accepted, 无人接: not_reached}}\n"
        "constants: {channel: call}\n"
        "ignore: [备注]\n",
        encoding="utf-8",
    )
    assert import_file(settings, file, mapping, "call centre").added == 2
    assert [(row["outcome"], row["source"]) for row in entries(settings)] == [
        ("accepted", "call centre"),
        ("not_reached", "call centre"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("columns: {a: montth}", "no column 'montth'; meant may be month"),
        ("values: {outcomes: {a: b}}", "no column 'outcomes'; meant may be outcome"),
        ("colums: {a: month}", "colums"),
        ("- a", "mapping.yaml"),
        ("file: {encodings: gbk}", "encodings"),
    ],
)
def test_a_wrong_mapping_is_named(
    settings: Settings, tmp_path: Path, text: str, told: str
) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=told):
        import_file(settings, csv_file(tmp_path, [contact()]), mapping)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"customer_id": "customer_1", "day": "x"}], "lacks month, contact_day"),
        ([contact(mood="good")], "columns that the ledger does not: mood"),
    ],
)
def test_a_file_that_cannot_be_used_as_a_whole_is_refused(
    settings: Settings, tmp_path: Path, rows: Rows, told: str
) -> None:
    with pytest.raises(BadInput, match=told):
        import_file(settings, csv_file(tmp_path, rows), None)
    assert entries(settings) == [] and waiting(settings) == []


def test_a_file_without_a_row_or_no_file_is_refused(
    settings: Settings, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("month,customer_id,contact_day,channel,agent,outcome\n")
    with pytest.raises(BadInput, match=r"empty\.csv holds no row"):
        import_file(settings, empty, None)
    with pytest.raises(BadInput, match="there is no file"):
        import_file(settings, tmp_path / "none.csv", None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "constants: {channel: visit}",
            "channel is said more than once, by channel, con",
        ),
        (
            "columns: {tool: channel}",
            "channel is said more than once, by channel, tool",
        ),
    ],
)
def test_what_is_said_twice_is_refused(
    settings: Settings, tmp_path: Path, text: str, told: str
) -> None:
    rows = [contact(tool="fax")]
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(f"{text}\nignore: [other]\n", encoding="utf-8")
    if "constants" in text:
        mapping.write_text(f"{text}\nignore: [tool]\n", encoding="utf-8")
    with pytest.raises(BadInput, match=told):
        import_file(settings, csv_file(tmp_path, rows), mapping)


def test_numbers_of_parquet_are_taken_as_they_are(
    settings: Settings, tmp_path: Path
) -> None:
    """Nought is a cost; what pandas writes for no value is none; attempt 0 is outside its bounds."""
    columns = pa.Table.from_pylist([contact(1), contact(2), contact(2)])
    columns = columns.drop_columns(["cost_cny"])
    columns = columns.append_column("cost_cny", pa.array([0.0, float("nan"), None]))
    columns = columns.append_column("attempt", pa.array([1, 1, 0]))
    pq.write_table(columns, tmp_path / "calls.parquet")
    done = import_file(settings, tmp_path / "calls.parquet", None)
    assert (done.added, done.by_rule) == (2, {"attempt_outlier": 1})
    assert [row["cost_cny"] for row in entries(settings)] == [Decimal("0.00"), None]


@pytest.mark.parametrize("name", ["calls [July].csv", "calls {1}.csv", "外呼 结果.csv"])
def test_a_file_may_have_any_name(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    assert import_file(settings, csv_file(tmp_path, [contact()], name), None).added == 1


def test_a_file_of_a_spreadsheet_with_its_byte_mark_and_capitals(
    settings: Settings, tmp_path: Path
) -> None:
    rows = [{name.upper(): value for name, value in contact().items()}]
    file = csv_file(tmp_path, rows)
    file.write_text("\ufeff" + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert import_file(settings, file, None).added == 1


def test_bad_rows_are_set_aside_and_the_others_taken_in(
    settings: Settings, tmp_path: Path
) -> None:
    rows = [contact(1), contact(2, outcome="maybe"), contact(9)]
    file = csv_file(tmp_path, rows)
    done = import_file(settings, file, None)
    assert (done.rows, done.added, done.aside) == (3, 1, 2)
    assert done.by_rule == {"outcome_unknown": 1, "unknown_customer": 1}
    import_file(settings, file, None)
    aside = waiting(settings)
    assert [(row["line"], row["rules"]) for row in aside] == [
        (2, "outcome_unknown"),
        (3, "unknown_customer"),
    ]
    assert aside[0]["delivered"] == {
        name: str(value) for name, value in rows[1].items()
    }


def test_a_damaged_line_costs_itself(settings: Settings, tmp_path: Path) -> None:
    file = csv_file(tmp_path, [contact(1), contact(2)])
    lines = file.read_text(encoding="utf-8").splitlines()
    lines.insert(2, "2024-06,customer_1,2024-07-11,call,A17,reached,1,2,3,4")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = import_file(settings, file, None)
    assert (done.added, done.aside, done.rows) == (2, 1, 3)
    (row,) = waiting(settings)
    assert row["rules"] == "damaged_line" and row["delivered"] == {}
    assert import_file(settings, file, None).added == 0
    assert len(waiting(settings)) == 1


def test_rows_of_a_list_that_came_later_are_taken_in_by_replay(
    settings: Settings, tmp_path: Path
) -> None:
    file = csv_file(tmp_path, [contact(1, month="2024-07", contact_day="2024-08-10")])
    assert import_file(settings, file, None).by_rule == {"no_list": 1}
    assert replay(settings, (), "", "").by_rule == {"no_list": 1}
    publish(settings, JULY, 2)
    assert replay(settings, (), "", "").added == 1
    assert waiting(settings) == []
    assert import_file(settings, file, None).known == 1


def test_people_may_accept_a_row_as_it_is(settings: Settings, tmp_path: Path) -> None:
    import_file(
        settings, csv_file(tmp_path, [contact(1, contact_day="2024-07-05")]), None
    )
    with pytest.raises(BadInput, match="outcome_unknown cannot be accepted"):
        replay(settings, ("outcome_unknown",), "Li", "right")
    with pytest.raises(BadInput, match="neither blank"):
        replay(settings, ("before_list",), "Li", " ")
    assert replay(settings, ("before_list",), "Li", "given out a day early").added == 1
    (entry,) = entries(settings)
    assert entry["source"] == "released by Li: given out a day early"


def test_a_number_in_clear_is_not_kept(settings: Settings, tmp_path: Path) -> None:
    file = csv_file(tmp_path, [contact(1, agent="13800138000")])
    import_file(settings, file, None)
    (row,) = waiting(settings)
    assert row["rules"] == "clear_number"
    assert row["delivered"]["agent"] == "138****8000"


def test_a_correction_stands_beside_what_it_replaces(
    settings: Settings, tmp_path: Path
) -> None:
    file = csv_file(tmp_path, [contact(1), contact(2)])
    import_file(settings, file, None)
    first, second = (row["ledger_id"] for row in entries(settings))
    number = correct(settings, first, {"outcome": "refused"}, "Li", "misheard")
    rows = {row["ledger_id"]: row for row in entries(settings)}
    assert rows.keys() == {second, number}
    assert (rows[number]["outcome"], rows[number]["replaces"]) == ("refused", first)
    assert (rows[number]["decided_by"], rows[number]["why"]) == ("Li", "misheard")
    assert count(url(settings), "SELECT count(*) FROM ledger") == 3, "all are kept"
    with pytest.raises(BadInput, match=f"was corrected by entry {number}"):
        correct(settings, first, {"outcome": "accepted"}, "Li", "again")
    # the file of the time is known, whatever was corrected since
    assert import_file(settings, file, None).known == 2
    withdrawn = correct(settings, number, {}, "Li", "another customer")
    assert {row["ledger_id"] for row in entries(settings)} == {second}
    with pytest.raises(BadInput, match="was withdrawn"):
        correct(settings, withdrawn, {"outcome": "refused"}, "Li", "back")
    assert import_file(settings, file, None).added == 0


@pytest.mark.parametrize(
    ("entry", "changes", "by", "told"),
    [
        (99, {"outcome": "refused"}, "Li", "no entry 99"),
        (1, {"outcome": "maybe"}, "Li", "outcome_unknown"),
        (1, {"result": "refused"}, "Li", "no column result"),
        (1, {"outcome": "refused"}, " ", "neither blank"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(
    settings: Settings,
    tmp_path: Path,
    entry: int,
    changes: dict[str, str],
    by: str,
    told: str,
) -> None:
    import_file(settings, csv_file(tmp_path, [contact(1)]), None)
    before = entries(settings)
    with pytest.raises(BadInput, match=told):
        correct(settings, entry, changes, by, "why")
    assert entries(settings) == before


def test_a_contact_is_not_corrected_into_one_that_is_on_record(
    settings: Settings, tmp_path: Path
) -> None:
    rows = [contact(1), contact(1, contact_day="2024-07-11")]
    import_file(settings, csv_file(tmp_path, rows), None)
    first, second = (row["ledger_id"] for row in entries(settings))
    with pytest.raises(BadInput, match="of 2024-07-10 by call, attempt 1"):
        correct(settings, second, {"contact_day": "2024-07-10"}, "Li", "misread")
    moved = correct(settings, second, {"contact_day": "2024-07-12"}, "Li", "misread")
    assert {row["ledger_id"] for row in entries(settings)} == {first, moved}


def test_a_contact_belongs_to_the_run_whose_list_was_called(
    settings: Settings, tmp_path: Path
) -> None:
    """A list published again names another run; who stood on the first one was called from it."""
    warehouse = Warehouse(settings)
    rows = [listed(rank, arm="treat") for rank in range(1, 6)]
    warehouse.publish(warehouse.take_lease(JUNE), "second", rows)
    warehouse.close()
    import_file(settings, csv_file(tmp_path, [contact(3), contact(5)]), None)
    assert [(row["run_id"], row["arm"]) for row in entries(settings)] == [
        ("run_2024-06", "hold_out"),
        ("second", "treat"),
    ]


def test_whoever_is_taken_out_is_in_neither_table(
    settings: Settings, tmp_path: Path
) -> None:
    rows = [contact(1), contact(2), contact(2, outcome="maybe", attempt="2")]
    rows[0]["attempt"] = rows[1]["attempt"] = "1"
    import_file(settings, csv_file(tmp_path, rows), None)
    (first, second) = entries(settings)
    correct(settings, second["ledger_id"], {"outcome": "refused"}, "Li", "misheard")
    warehouse = Warehouse(settings)
    erasure = Erasure("k", "R-1", "officer", "asked", 1, 1, {JUNE: 1})
    taken = warehouse.take_out({"customer": ["customer_2"]}, erasure, [])
    assert (taken["ledger"], taken["ledger_rejected"]) == (2, 1)
    for place, values in warehouse.named_in():
        assert "customer_2" not in values, place
    warehouse.close()
    assert [row["ledger_id"] for row in entries(settings)] == [first["ledger_id"]]


def test_who_is_held_out_does_not_stand_in_the_list_that_staff_call_from(
    settings: Settings,
) -> None:
    asked = "SELECT count(*) FROM {} WHERE customer_id = 'customer_3'"
    assert count(url(settings), asked.format("bi_warning_list")) == 1
    assert count(url(settings), asked.format("retention_call_list")) == 0
    assert count(url(settings), "SELECT count(*) FROM retention_call_list") == 2


def test_lists_from_before_there_was_a_hold_out_are_called_as_a_whole(
    settings: Settings,
) -> None:
    warehouse = Warehouse(settings)
    rows = [listed(rank, arm=None, arm_month=None) for rank in (1, 2)]
    warehouse.publish(warehouse.take_lease(JULY), "old", rows)
    with pytest.raises(Exception, match="unknown_arms 1"):
        warehouse.publish(warehouse.take_lease(JULY), "bad", [listed(1, arm="perhaps")])
    warehouse.close()
    asked = "SELECT count(*) FROM retention_call_list WHERE month = %s"
    assert count(url(settings), asked, JULY.start) == 2


def test_a_list_from_before_keeps_the_digest_it_was_published_with() -> None:
    """Its columns were fewer: those that came later are no part of it while they are empty."""
    row = listed(1, arm=None, arm_month=None)
    cells = [
        str(cell) if isinstance(cell, Decimal) else cell for cell in row[:-ADDED_LATER]
    ]
    before = hashlib.sha256(repr(cells).encode()).hexdigest()
    assert checksum([row]) == before
    assert checksum([listed(1, arm="treat")]) != before
