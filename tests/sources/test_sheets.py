"""Small Excel files, written by openpyxl as people's own would be: cells as text like CSV's, and what is refused."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from churn_tasks.core.errors import BadInput, ChurnError
from tests.sources.drops import files_below, rows, settings_for

HEADER = ["customer", "amount", "calls", "day", "at", "vip"]
DAY, AT = dt.date(2024, 3, 1), dt.datetime.fromisoformat("2024-03-01 10:30:00")


def book(
    path: Path, *lines: list[object], sheets: tuple[str, ...] = ("Sheet",)
) -> Path:
    """A workbook whose first sheet holds the lines."""
    made = openpyxl.Workbook()
    made.active.title = sheets[0]
    for line in lines:
        made.active.append(line)
    for name in sheets[1:]:
        made.create_sheet(name).append(["other", "sheet"])
    path.parent.mkdir(exist_ok=True)
    made.save(path)
    return path.parent


def test_cells_are_text_like_csv_s(tmp_path: Path) -> None:
    lines = [
        HEADER,
        ["张三", 12.5, 3, DAY, AT, True],
        ["007", 1e-5, 10**12, None, None, False],
        [None] * 6,
        ["x"],
    ]
    settings = settings_for(tmp_path, "a.xlsx", book(tmp_path / "d" / "a.xlsx", *lines))
    assert rows(settings) == [
        ("007", "1e-05", "1000000000000", None, None, "false"),
        ("x", None, None, None, None, None),
        ("张三", "12.5", "3", "2024-03-01", "2024-03-01 10:30:00", "true"),
    ]
    assert files_below(tmp_path / "state") == []


def test_a_sheet_is_named_when_there_are_several(tmp_path: Path) -> None:
    folder = book(
        tmp_path / "d" / "a.xlsx", HEADER[:2], ["a", 1], sheets=("账单", "notes")
    )
    assert rows(
        settings_for(tmp_path, {"path": "a.xlsx", "sheet": "账单"}, folder)
    ) == [("a", "1")]
    for drop in ("a.xlsx", {"path": "a.xlsx", "sheet": "Bills"}):
        with pytest.raises(ChurnError, match="holds the sheets 账单, notes; name one"):
            rows(settings_for(tmp_path, drop, folder))


def test_a_sheet_may_have_as_many_rows_as_the_setting_says(tmp_path: Path) -> None:
    folder = book(
        tmp_path / "d" / "a.xlsx", HEADER[:2], *(["a", number] for number in range(20))
    )
    assert len(rows(settings_for(tmp_path, "a.xlsx", folder, max_sheet_rows=20))) == 20
    with pytest.raises(BadInput, match=r"up to 19 .*max_sheet_rows"):
        rows(settings_for(tmp_path, "a.xlsx", folder, max_sheet_rows=19))


def test_a_formula_is_refused_with_its_cell(tmp_path: Path) -> None:
    """Control: without the refusal its value would be empty, because nobody has computed it."""
    import python_calamine

    folder = book(
        tmp_path / "d" / "a.xlsx",
        HEADER[:2],
        ["a", "=1+1"],
        ["b", '=HYPERLINK("http://x","y")'],
    )
    cells = (
        python_calamine.CalamineWorkbook.from_path(folder / "a.xlsx")
        .get_sheet_by_index(0)
        .to_python()
    )
    assert cells[1] == ["a", ""]
    with pytest.raises(BadInput, match=r"cells hold formulas.*\(2, e\.g\. B2, B3\)"):
        rows(settings_for(tmp_path, "a.xlsx", folder))


def replaced(path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """Rewrite one part of a workbook."""
    with zipfile.ZipFile(path) as given:
        parts = {name: given.read(name) for name in given.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)


SHEET = "xl/worksheets/sheet1.xml"


def test_two_cells_in_opposite_corners_claim_no_memory(tmp_path: Path) -> None:
    """16,384 columns times 1,048,576 rows would be some 400 GB of empty cells."""
    folder = book(tmp_path / "d" / "a.xlsx", HEADER[:2], ["a", 1])
    replaced(
        folder / "a.xlsx", SHEET, lambda xml: xml.replace(b'r="B2"', b'r="XFD1048576"')
    )
    with pytest.raises(BadInput, match="spans 1,048,576 rows and 16,384 columns"):
        rows(settings_for(tmp_path, "a.xlsx", folder))


def test_a_bomb_in_a_part_is_refused(tmp_path: Path) -> None:
    folder = book(tmp_path / "d" / "a.xlsx", HEADER[:2], ["a", 1])
    replaced(folder / "a.xlsx", "xl/styles.xml", lambda xml: xml + b" " * (40 << 20))
    assert (folder / "a.xlsx").stat().st_size < 100_000
    with pytest.raises(BadInput, match="decompression bomb"):
        rows(settings_for(tmp_path, "a.xlsx", folder))


def test_a_part_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    """The header claims ten bytes; a reader that trusts it allocates too little or inflates without end."""
    folder = book(tmp_path / "d" / "a.xlsx", HEADER[:2], ["a", 1])
    content = bytearray((folder / "a.xlsx").read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as given:
        size = given.getinfo(SHEET).file_size
    for place in range(len(content) - 4):
        if content[place : place + 4] == size.to_bytes(4, "little"):
            content[place : place + 4] = (10).to_bytes(4, "little")
    (folder / "a.xlsx").write_bytes(bytes(content))
    with pytest.raises(BadInput, match="not a whole Excel file"):
        rows(settings_for(tmp_path, "a.xlsx", folder))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"customer,amount\n1,2\n"])
def test_what_is_no_workbook_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(BadInput, match=r"a\.xlsx is not a whole Excel file"):
        rows(settings_for(tmp_path, "a.xlsx", tmp_path))


def test_a_zip_that_is_no_workbook_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("a.csv", "a,b\n")
    with pytest.raises(BadInput, match=r"lacks xl/workbook\.xml"):
        rows(settings_for(tmp_path, "a.xlsx", tmp_path))


def test_a_damaged_workbook_is_named(tmp_path: Path) -> None:
    folder = book(tmp_path / "d" / "a.xlsx", HEADER[:2], ["a", 1])
    replaced(folder / "a.xlsx", SHEET, lambda xml: xml[: len(xml) // 2])
    with pytest.raises(BadInput, match=r"is no readable Excel file|is empty"):
        rows(settings_for(tmp_path, "a.xlsx", folder))


def test_old_and_macro_formats_are_refused(tmp_path: Path) -> None:
    for name in ("a.xls", "a.xlsm", "a.xlsb"):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(
            BadInput, match=r"allowed is one of \.parquet, \.csv, .*\.xlsx"
        ):
            rows(settings_for(tmp_path, name, tmp_path))


def test_names_that_repeat_are_refused_like_csv_s(tmp_path: Path) -> None:
    folder = book(tmp_path / "d" / "a.xlsx", ["customer", "Customer"], ["a", 1])
    with pytest.raises(BadInput, match="stand twice"):
        rows(settings_for(tmp_path, "a.xlsx", folder))
