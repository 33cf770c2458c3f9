"""Files as people deliver them: titles, footers, totals and page breaks around the rows, declared and counted."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pydantic import ValidationError

from churn_tasks.adapters.source.totals import Totals
from churn_tasks.core.errors import BadInput, ChurnError, SettingsError
from churn_tasks.core.source_section import FileDrop
from tests.sources.drops import lines_of, rows, settings_for, taken
from tests.sources.test_damage import put

Table = list[list[str]]
NAMES = ["account", "name", "amount"]
BODY = [["A1", "张三", "12.50"], ["A2", "合计公司", "7.00"], ["A3", "Total", "0.50"]]
ROWS = [tuple(row) for row in BODY]


def comma(lines: Table) -> tuple[str, bytes, dict[str, Any]]:
    return "a.csv", "".join(",".join(line) + "\n" for line in lines).encode(), {}


def tabs(lines: Table) -> tuple[str, bytes, dict[str, Any]]:
    return "a.tsv", "".join("\t".join(line) + "\r\n" for line in lines).encode("utf-8-sig"), {}  # fmt: skip


def packed_chinese(lines: Table) -> tuple[str, bytes, dict[str, Any]]:
    text = "".join(";".join(line) + "\r\n" for line in lines)
    return "a.csv.gz", text.encode("gb18030"), {"encoding": "gbk", "delimiter": ";"}


def zipped(lines: Table) -> tuple[str, bytes, dict[str, Any]]:
    text = "".join('"' + '"|"'.join(line) + '"\n' for line in lines)
    return "a.txt.zip", text.encode(), {"format": "csv", "delimiter": "|"}


def excel(lines: Table) -> tuple[str, bytes, dict[str, Any]]:
    book = openpyxl.Workbook()
    for number, line in enumerate(lines, 1):
        for place, cell in enumerate(line, 1):
            if cell:
                book.active.cell(number, place, cell)
    written = io.BytesIO()
    book.save(written)
    return "a.xlsx", written.getvalue(), {}


FORMS = [comma, tabs, packed_chinese, zipped, excel]
FRAMES: dict[str, tuple[Table, dict[str, Any], dict[str, int]]] = {
    "titles": (
        [["出账明细", "", ""], ["导出时间：2024-02-03 10:00", "", ""], NAMES, *BODY],
        {"names_line": 3},
        {"above_names": 2, "names": 1},
    ),
    "titles of one cell": ([["出账明细"], [""], NAMES, *BODY], {"names_line": 3}, {"above_names": 1, "names": 1}),
    "names over two lines": (
        [["account", "customer", ""], ["", "name", "amount"], *BODY],
        {"names_lines": 2, "columns": []},
        {"names": 2},
    ),
    "units below the names": (
        [NAMES, ["编号", "姓名", "元"], ["---", "---", "---"], *BODY],
        {"lines_below_names": 2},
        {"names": 1, "below_names": 2},
    ),
    "a footer": ([NAMES, *BODY, ["共 3 条"]], {"footer_begins": ["共"]}, {"names": 1, "footer": 1}),
    "a footer of two lines": (
        [NAMES, *BODY, ["共 3 条", "", ""], ["制表人：李四"]],
        {"footer_begins": ["共"]},
        {"names": 1, "footer": 2},
    ),
    "a footer by length": ([NAMES, *BODY, ["制表人：李四", "", ""]], {"footer_lines": 1}, {"names": 1, "footer": 1}),
    "a footer as wide as a row": (
        [NAMES, *BODY, ["制表人：李四", "审核人：王五", "日期：三月"]],
        {"footer_lines": 1},
        {"names": 1, "footer": 1},
    ),
    "a total": ([NAMES, *BODY, ["合计", "", "20.00"]], {"totals": ["合计"]}, {"names": 1, "totals": 1}),
    "a total and a footer": (
        [NAMES, *BODY, ["Total:", "3", "¥20.00"], ["printed by"]],
        {"totals": ["Total"], "footer_lines": 1},
        {"names": 1, "totals": 1, "footer": 1},
    ),
    "subtotals": (
        [NAMES, *BODY[:2], ["小计", "", "19.5"], BODY[2], ["合计", "", "20"]],
        {"totals": ["合计", "小计"]},
        {"names": 1, "totals": 2},
    ),
    "comments": (
        [["# made by 导出"], NAMES, BODY[0], ["# page 2", "", ""], *BODY[1:]],
        {"comments": ["#"]},
        {"names": 1, "comments": 2},
    ),
    "names again": (
        [["出账明细"], NAMES, BODY[0], ["出账明细"], NAMES, *BODY[1:]],
        {"names_line": 2, "repeated_names": True},
        {"above_names": 1, "names": 1, "repeated_names": 2},
    ),
    "an empty column": (
        [[*NAMES, ""], *([*row, ""] for row in BODY)],
        {"nameless": "empty"},
        {"names": 1},
    ),
    "an empty column in the names alone": ([[*NAMES, ""], *BODY], {"nameless": "empty"}, {"names": 1}),
    "an empty column in the rows alone": (
        [NAMES, *([*row, ""] for row in BODY)],
        {"nameless": "empty"},
        {"names": 1},
    ),
    "numbers of rows without a name": (
        [["", *NAMES], *([str(number), *row] for number, row in enumerate(BODY))],
        {"nameless": "skipped"},
        {"names": 1},
    ),
    "names that are replaced": (
        [["出账明细"], ["账号", "姓名", ""], *BODY],
        {"names_line": 2, "columns": NAMES},
        {"above_names": 1, "names": 1},
    ),
    "everything": (
        [["出账明细"], ["第1页"], NAMES, ["-", "-", "-"], *BODY[:2], ["# 第2页"], NAMES, BODY[2], ["合计", "", "20"],
         ["共 3 条"]],
        {"names_line": 3, "lines_below_names": 1, "comments": ["#"], "repeated_names": True, "totals": ["合计"],
         "footer_begins": ["共"]},
        {"above_names": 2, "names": 1, "below_names": 1, "comments": 1, "repeated_names": 1, "totals": 1, "footer": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("frame", FRAMES)
def test_rows_come_out_of_their_frame(
    tmp_path: Path,
    frame: str,
    form: Callable[[Table], tuple[str, bytes, dict[str, Any]]],
) -> None:
    lines, declared, counted = FRAMES[frame]
    name, content, written = form(lines)
    folder = put(tmp_path / "drops", name, content)
    setting = {"path": name, **written, **declared}
    given, (aside,) = taken(
        settings_for(tmp_path, setting, folder), "SELECT * FROM lines"
    )
    assert sorted(given) == sorted(ROWS), aside
    assert dict(aside.frame) == counted
    assert aside.damaged == [] and aside.rows == 3


@pytest.mark.parametrize(
    "frame",
    ["titles", "a footer", "comments", "names again", "numbers of rows without a name"],
)
def test_without_the_setting_it_is_refused_or_set_aside(
    tmp_path: Path, frame: str
) -> None:
    """Control: none of these can be read as it stands."""
    lines, _, _ = FRAMES[frame]
    name, content, _ = comma(lines)
    folder = put(tmp_path / "drops", name, content)
    try:
        given, (aside,) = taken(settings_for(tmp_path, name, folder))
    except ChurnError:
        return
    assert aside.damaged or sorted(given) != sorted(ROWS)


def test_names_over_two_lines_are_joined(tmp_path: Path) -> None:
    lines = [
        ["account", "fees", "", "note"],
        ["", "rent", "calls", ""],
        ["A1", "5", "6", "x"],
    ]
    for form in (comma, excel):
        name, content, written = form(lines)
        folder = put(tmp_path / "drops", name, content)
        settings = settings_for(
            tmp_path / name, {"path": name, "names_lines": 2, **written}, folder
        )
        assert rows(
            settings, "SELECT account, fees_rent, fees_calls, note FROM lines"
        ) == [("A1", "5", "6", "x")]


# --- nothing is left out because of where it stands or what it is called ---

KEPT: dict[str, tuple[Table, dict[str, Any]]] = {
    "a footer that is a row this month": ([NAMES, *BODY], {"footer_lines": 1}),
    "customers called like a total": (
        [NAMES, *BODY, ["Total", "Total S.A.", "5.00"]],
        {"totals": ["合计", "Total"]},
    ),
    "a customer called like a footer": (
        [NAMES, ["共享科技", "共", "1"], *BODY, ["共乘", "共", "2"]],
        {"footer_begins": ["共"]},
    ),
    "a customer called like a total who pays as much as the other": (
        [NAMES, ["A1", "x", "5"], ["Total", "Total", "5"]],
        {"totals": ["Total"]},
    ),
}


@pytest.mark.parametrize("form", [comma, excel])
@pytest.mark.parametrize("what", KEPT)
def test_a_row_stays_a_row(tmp_path: Path, what: str, form: Any) -> None:
    lines, declared = KEPT[what]
    name, content, written = form(lines)
    folder = put(tmp_path / "drops", name, content)
    given, (aside,) = taken(
        settings_for(tmp_path, {"path": name, **written, **declared}, folder)
    )
    assert sorted(given) == sorted(tuple(row) for row in lines[1:])
    assert aside.damaged == []


ASIDE: dict[str, tuple[Table, dict[str, Any], str]] = {
    "a total that does not add up": ([NAMES, *BODY, ["合计", "", "99.00"]], {"totals": ["合计"]}, "row_totals"),
    "a footer between the rows": ([NAMES, BODY[0], ["共 3 条"], *BODY[1:]], {"footer_begins": ["共"]}, "row_fields"),
    "a footer that nobody declared": ([NAMES, *BODY, ["共 3 条"]], {"totals": ["合计"]}, "row_fields"),
    "a value in a column without a name": (
        [[*NAMES, ""], *([*row, ""] for row in BODY), ["A4", "x", "1", "y"]],
        {"nameless": "empty"},
        "row_fields",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ASIDE)
def test_what_fits_nothing_is_set_aside(tmp_path: Path, what: str) -> None:
    lines, declared, reason = ASIDE[what]
    name, content, _ = comma(lines)
    folder = put(tmp_path / "drops", name, content)
    given, (aside,) = taken(settings_for(tmp_path, {"path": name, **declared}, folder))
    assert sorted(given) == sorted(ROWS)
    assert [one.reason for one in aside.damaged] == [reason]
    assert lines_of(aside) == len(lines)


def test_a_total_by_place_or_name_alone_would_take_a_customer() -> None:
    """Control: the last row is a customer's, and so is one that begins with the word; only the sum tells."""
    totals = Totals(("Total",), 2)
    for amount in ("5", "7"):
        totals.add(["A", amount])
    assert totals.may_be(["Total", "5.00"]) and not totals.adds_up(
        ["Total", "5.00"], is_last=True
    )
    assert totals.adds_up(["Total", "12.00"], is_last=True)


@pytest.mark.parametrize(
    ("amounts", "total"),
    [
        (("525.000,00", "600.987,60"), "1.125.987,60"),
        (("525,000.00", "600,987.60"), "1,125,987.60"),
        (("525 000,00", "600 987,60"), "1 125 987,60"),
        (("525000,00", "600987,60"), "1125987,60"),
    ],
)
def test_a_total_adds_up_in_either_way_of_writing_decimals(
    amounts: tuple[str, str], total: str
) -> None:
    totals = Totals(("Total",), 2)
    for amount in amounts:
        totals.add(["A", amount])
    assert totals.adds_up(["Total", total], is_last=True)
    assert not totals.adds_up(["Total", total.replace("9", "8")], is_last=True)


def test_the_line_above_with_the_delimiter_of_a_spreadsheet(tmp_path: Path) -> None:
    content = "sep=;\r\naccount;amount\r\nA1;5,00\r\n"
    folder = put(tmp_path / "drops", "a.csv", content)
    setting = {"path": "a.csv", "names_line": 2, "delimiter": ";"}
    assert rows(settings_for(tmp_path, setting, folder)) == [("A1", "5,00")]


def test_a_title_with_an_open_quote_takes_no_row_with_it(tmp_path: Path) -> None:
    content = '"出账明细\nprinted "today", no 5\naccount,amount\nA1,5\n'
    folder = put(tmp_path / "drops", "a.csv", content)
    assert rows(settings_for(tmp_path, {"path": "a.csv", "names_line": 3}, folder)) == [
        ("A1", "5")
    ]


@pytest.mark.parametrize("form", FORMS)
def test_names_that_stand_higher_this_month_cost_no_row(
    tmp_path: Path, form: Any
) -> None:
    """names_line: 3 of a file without its titles would pass over the names and a row."""
    texts = [["A1", "张三", "12.50"], ["A2", "李四", "x"], ["A3", "王五", "7"]]
    name, content, written = form([NAMES, *texts])
    folder = put(tmp_path / "drops", name, content)
    with pytest.raises(BadInput, match=r"line 2 looks like a row.*names_line"):
        taken(
            settings_for(tmp_path, {"path": name, **written, "names_line": 3}, folder)
        )


def test_units_that_are_missing_this_month_cost_no_row(tmp_path: Path) -> None:
    name, content, _ = comma([NAMES, *BODY])
    folder = put(tmp_path / "drops", name, content)
    given, (aside,) = taken(
        settings_for(tmp_path, {"path": name, "lines_below_names": 1}, folder)
    )
    assert sorted(given) == sorted(ROWS) and list(aside.lines) == [2, 3, 4]


# --- Excel ---


def test_a_merged_title_and_the_rows_as_excel_numbers_them(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B2"] = "出账明细"
    sheet.merge_cells("B2:D2")
    for number, line in enumerate([NAMES, *BODY], 4):
        for place, cell in enumerate(line, 2):
            sheet.cell(number, place, cell)
    (tmp_path / "drops").mkdir()
    book.save(tmp_path / "drops" / "a.xlsx")
    settings = settings_for(
        tmp_path, {"path": "a.xlsx", "names_line": 4}, tmp_path / "drops"
    )
    given, (aside,) = taken(settings)
    assert sorted(given) == sorted(ROWS)
    assert list(aside.lines) == [5, 6, 7] and aside.frame["above_names"] == 1


@pytest.mark.parametrize("sheet", ["账单*", "*{month:%Y%m}", "账单202403"])
def test_a_sheet_by_pattern(tmp_path: Path, sheet: str) -> None:
    book = openpyxl.Workbook()
    book.active.title = "说明"
    made = book.create_sheet("账单202403")
    for line in (["a"], ["1"]):
        made.append(line)
    (tmp_path / "drops").mkdir()
    book.save(tmp_path / "drops" / "a.xlsx")
    assert rows(
        settings_for(tmp_path, {"path": "a.xlsx", "sheet": sheet}, tmp_path / "drops")
    ) == [("1",)]


def test_a_pattern_of_two_sheets_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "账单1"
    book.create_sheet("账单2")
    (tmp_path / "drops").mkdir()
    book.save(tmp_path / "drops" / "a.xlsx")
    with pytest.raises(SettingsError, match="'账单\\*' fits 账单1, 账单2"):
        rows(
            settings_for(
                tmp_path, {"path": "a.xlsx", "sheet": "账单*"}, tmp_path / "drops"
            )
        )


# --- the settings ---


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name_line": 3}, "name_line"),
        ({"names_line": 0}, "greater than or equal to 1"),
        ({"nameless": "drop"}, "'refused', 'empty' or 'skipped'"),
        ({"totals": [""]}, "at least 1 character"),
        ({"escape": "ab"}, "pattern"),
    ],
)
def test_a_typo_is_an_error_that_names_what_is_allowed(
    wrong: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValidationError, match=told):
        FileDrop.model_validate({"path": "a.csv", **wrong})


def test_a_typo_in_a_profile_names_what_may_be_meant(tmp_path: Path) -> None:
    told = r"source\.files\.lines: .*there is no name_line; names_line may be meant; allowed are path, format"
    with pytest.raises(SettingsError, match=told):
        settings_for(tmp_path, {"path": "a.csv", "name_line": 3}, tmp_path)


def test_a_frame_of_parquet_is_refused(tmp_path: Path) -> None:
    folder = put(tmp_path / "drops", "a.parquet", gzip.compress(b"x"))
    with pytest.raises(
        SettingsError,
        match=r"source\.files\.lines\.names_line is of CSV and Excel files",
    ):
        rows(settings_for(tmp_path, {"path": "a.parquet", "names_line": 2}, folder))


def test_names_that_are_none_are_refused_in_a_frame_too(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "drops", "a.csv", "出账明细\naccount,amount\nA1,5.00\nA2,6.00\n"
    )
    with pytest.raises(BadInput, match="holds values, not names"):
        rows(settings_for(tmp_path, {"path": "a.csv", "names_line": 3}, folder))
