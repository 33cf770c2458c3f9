"""What stands around the rows of a drop is found, and proposed in the very form that settings take."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from churn_tasks.adapters.source.proposal import proposals
from churn_tasks.cli import app
from churn_tasks.core.months import Month
from churn_tasks.core.source_section import FileDrop
from tests.sources.drops import MONTH, settings_for, taken
from tests.sources.test_damage import put
from tests.sources.test_damaged_month import (
    BILL_LINES,
    TICKETS,
    chinese,
    settings_of,
)
from tests.sources.test_frames import BODY, FORMS, NAMES, Table, comma, excel

MORE = [
    ["A4", "李四", "30.00"],
    ["A5", "王五", "41.00"],
    ["A6", "赵六", "9.00"],
    ["A7", "孙七", "11.00"],
]
LINES = [*BODY, *MORE]
SUM = "111.00"
ROWS = sorted(tuple(row) for row in LINES)
FOUND: dict[str, tuple[Table, dict[str, Any]]] = {
    "nothing": ([NAMES, *LINES], {}),
    "titles": ([["出账明细", "", ""], ["导出时间：2024-02-03 10:00"], NAMES, *LINES], {"names_line": 3}),
    "names over two lines": (
        [["account", "customer", ""], ["", "name", "amount"], *LINES],
        {"names_lines": 2},
    ),
    "units": ([NAMES, ["编号", "姓名", "元"], *LINES], {"lines_below_names": 1}),
    "a footer": ([NAMES, *LINES, ["共 7 条"]], {"footer_begins": ["共"]}),
    "a footer of two lines": ([NAMES, *LINES, ["制表人：李四"], ["2024"]], {"footer_begins": ["制表人"]}),
    "a total": ([NAMES, *LINES, ["合计", "", SUM]], {"totals": ["合计"]}),
    "a total and a footer": ([["x"], NAMES, *LINES, ["Total", "7", SUM], ["printed"]],
                             {"names_line": 2, "totals": ["Total"], "footer_begins": ["prin"]}),
    "comments": ([["# 导出"], NAMES, *BODY, ["# 第2页"], *MORE], {"names_line": 2, "comments": ["#"]}),
    "names again": ([NAMES, *BODY, NAMES, *MORE], {"repeated_names": True}),
    "pages": ([["明细"], NAMES, *BODY, ["明细"], NAMES, *MORE], {"names_line": 2, "repeated_names": True}),
    "an empty column": ([[*NAMES, ""], *([*row, ""] for row in LINES)], {"nameless": "empty"}),
    "an empty column in the rows alone": ([NAMES, *([*row, ""] for row in LINES)], {"nameless": "empty"}),
    "an index": ([["", *NAMES], *([str(n), *row] for n, row in enumerate(LINES))], {"nameless": "skipped"}),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("what", FOUND)
def test_what_stands_around_rows_is_found(tmp_path: Path, what: str, form: Any) -> None:
    lines, expected = FOUND[what]
    if form is excel and what.startswith("an empty column"):
        expected = {}  # the sheet ends with its last filled column
    name, content, written = form(lines)
    if "encoding" in written:
        written["encoding"] = "gb18030"
    folder = put(tmp_path / "drops", name, content)
    settings = settings_for(tmp_path, {"path": name, **written}, folder)
    found = list(proposals(settings, MONTH))
    if not expected:
        assert found == []
        return
    (one,) = found
    proposed = yaml.safe_load(one.setting)["lines"]
    assert proposed == {"path": name, **written, **expected}
    assert one.reads.startswith("7 rows") and one.reads.endswith(" 0 set aside")
    again = settings_for(tmp_path / "again", proposed, folder)
    assert list(proposals(again, MONTH)) == []
    names = (
        "name, amount" if what == "names over two lines" else "account, name, amount"
    )
    if what != "names over two lines":
        given, _ = taken(again, f"SELECT {names} FROM lines")
        assert sorted(given) == ROWS


def test_encoding_and_delimiter_are_proposed_with_the_rest(tmp_path: Path) -> None:
    lines = ["sep=;", ";".join(NAMES), *(";".join(row) for row in LINES), "共7条;;"]
    folder = put(tmp_path / "drops", "a.csv.gz", "\r\n".join(lines).encode("gb18030"))
    (one,) = proposals(settings_for(tmp_path, "a.csv.gz", folder), MONTH)
    assert yaml.safe_load(one.setting)["lines"] == {
        "path": "a.csv.gz", "encoding": "gb18030", "delimiter": ";", "names_line": 2, "footer_begins": ["共"],
    }  # fmt: skip


def test_quotes_behind_a_backslash(tmp_path: Path) -> None:
    lines = [
        '"id","day","text"',
        *(f'"T{n}","2024-03-{n:02d}","好"' for n in range(1, 20)),
    ]
    lines[7] = '"T7","2024-03-07","说\\"太贵\\", 要走"'
    folder = put(tmp_path / "drops", "a.csv", "\n".join(lines) + "\n")
    (one,) = proposals(settings_for(tmp_path, "a.csv", folder), MONTH)
    assert FileDrop.model_validate(yaml.safe_load(one.setting)["lines"]).escape == "\\"
    assert one.reads == "19 rows, 1 lines of frame, 0 set aside"


def test_the_fullest_sheet_with_the_month_in_its_name(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active.append(["见下一页"])
    sheet = book.create_sheet("账单202403")
    for line in [["出账明细"], NAMES, *LINES]:
        sheet.append(line)
    (tmp_path / "drops").mkdir()
    book.save(tmp_path / "drops" / "a.xlsx")
    (one,) = proposals(settings_for(tmp_path, "a.xlsx", tmp_path / "drops"), MONTH)
    assert yaml.safe_load(one.setting)["lines"] == {
        "path": "a.xlsx",
        "sheet": "账单{month:%Y%m}",
        "names_line": 2,
    }


def test_a_sheet_that_is_not_there_yet_is_not_replaced_by_another(
    tmp_path: Path,
) -> None:
    """Copied, the setting would read the same sheet in every month."""
    name, content, _ = excel([NAMES, *LINES])
    folder = put(tmp_path / "drops", name, content)
    drop = {"path": name, "sheet": "账单 {month}"}
    assert list(proposals(settings_for(tmp_path, drop, folder), MONTH)) == []


def test_a_totals_row_in_any_language_is_one_below_the_rows(tmp_path: Path) -> None:
    """Taken for a footer it would be passed whether or not it adds up."""
    name, content, written = comma([NAMES, *BODY, ["JUMLAH", "", "20.00"]])
    folder = put(tmp_path / "drops", name, content)
    drop = {"path": name, **written}
    (proposed,) = proposals(settings_for(tmp_path, drop, folder), MONTH)
    assert "totals: [JUMLAH]" in proposed.setting
    assert "footer" not in proposed.setting


@pytest.mark.parametrize("form", [comma, excel])
def test_a_clean_table_with_odd_customers_gets_no_proposal(
    tmp_path: Path, form: Any
) -> None:
    """Customers called like totals, comments and footers, in the middle and at the end, are customers."""
    odd = [
        ["#17", "合计", "5.00"],
        ["Total", "Total S.A.", "6.00"],
        ["共享", "共 3 条", "7.00"],
        ["合计", "合计", "8.00"],
    ]
    name, content, written = form([NAMES, *LINES, *odd])
    folder = put(tmp_path / "drops", name, content)
    assert (
        list(
            proposals(settings_for(tmp_path, {"path": name, **written}, folder), MONTH)
        )
        == []
    )


def test_files_that_have_not_come_are_no_matter_here(tmp_path: Path) -> None:
    folder = put(tmp_path / "drops", "other.csv", "a,b\n1,2\n")
    assert (
        list(proposals(settings_for(tmp_path, "a.csv", folder), Month(2024, 1))) == []
    )


def test_check_source_prints_what_to_copy_and_judges_the_rest(tmp_path: Path) -> None:
    """Bills under a title cannot run yet; a ticket of no day is a row that would be set aside."""
    tickets = [*TICKETS[:-1], TICKETS[-1].replace("-01-", "-13-")]
    settings = settings_of(tmp_path, BILL_LINES, chinese(tickets))
    profile = settings.profile_dir / "settings.yaml"
    written = yaml.safe_load(profile.read_text(encoding="utf-8"))
    written["source"]["files"]["bills"] = "bills_{month}.csv"
    profile.write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
    answer = tmp_path / "answer.json"
    command = (
        f"check-source --month 2024-01 --profile {settings.profile_dir} --json {answer}"
    )
    environment = {
        "CHURN_DATA_PATH": str(tmp_path / "drops"),
        "CHURN_STATE_DIR": str(tmp_path / "state"),
        "COLUMNS": "300",
    }
    done = CliRunner().invoke(app, command.split(), env=environment)
    assert done.exit_code == 1
    line = "bills: {path: 'bills_{month}.csv', names_line: 2, footer_begins: [共]}"
    assert line in done.output
    assert "300 rows, 3 lines of frame, 0 set aside" in done.output
    said = json.loads(answer.read_text(encoding="utf-8"))
    assert [one["setting"] for one in said["proposals"]] == [line]
    found = {one["table"]: one for one in said["contracts"]}
    assert "names_line" in found["bill"]["stops"][0]
    assert "row_unreadable: 1 of 59 rows would be set aside" in done.output
