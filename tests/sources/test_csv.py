"""CSV as people send it: encodings, delimiters, quotes; and rows that fit no column, never lost in silence."""

from pathlib import Path

import pytest

from churn_tasks.core.errors import BadInput, ChurnError, SettingsError
from tests.sources.drops import rows, settings_for

CHINESE = "姓名,套餐\n张三,畅享套餐\n李四,𠮷祥\n"
ROWS = [("张三", "畅享套餐"), ("李四", "𠮷祥")]
GB18030 = {"path": "a.csv", "encoding": "gb18030"}


def drop(tmp_path: Path, content: bytes | str, name: str = "a.csv") -> Path:
    folder = tmp_path / "drops"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )
    return folder


@pytest.mark.parametrize(
    ("content", "setting"),
    [
        (CHINESE.encode(), "a.csv"),
        (CHINESE.encode("utf-8-sig"), "a.csv"),
        (CHINESE.encode("gb18030"), GB18030),
        ("\ufeff".encode("gb18030") + CHINESE.encode("gb18030"), GB18030),
        (CHINESE.encode("gb18030"), {"path": "a.csv", "encoding": "GBK"}),
        (("\n\n" + CHINESE).encode(), "a.csv"),
        (CHINESE.replace("\n", "\r\n").encode(), "a.csv"),
        (CHINESE.replace("\n", "\r").encode(), "a.csv"),
        (CHINESE.replace(",", ";").encode(), {"path": "a.csv", "delimiter": ";"}),
        (CHINESE.replace(",", "\t").encode(), {"path": "a.csv", "delimiter": "\t"}),
        (
            CHINESE.replace(",", "|").encode("gb18030"),
            {"path": "a.csv", "delimiter": "|", "encoding": "gb18030"},
        ),
        (CHINESE.replace("张三", "'张三'").encode(), {"path": "a.csv", "quote": "'"}),
        (
            CHINESE.split("\n", 1)[1].encode(),
            {"path": "a.csv", "columns": ["姓名", "套餐"]},
        ),
        (
            CHINESE.split("\n", 1)[1].encode("utf-8-sig"),
            {"path": "a.csv", "columns": ["姓名", "套餐"]},
        ),
        (("\n" + CHINESE).encode("utf-8-sig"), "a.csv"),
        (("姓名, 套餐 \n" + CHINESE.split("\n", 1)[1]).encode(), "a.csv"),
        (
            ("\n" + CHINESE.split("\n", 1)[1] + "\n\n").encode(),
            {"path": "a.csv", "columns": ["姓名", "套餐"]},
        ),
    ],
)
def test_the_same_rows_however_they_are_written(
    tmp_path: Path, content: bytes, setting: object
) -> None:
    assert rows(settings_for(tmp_path, setting, drop(tmp_path, content))) == ROWS


def test_quotes_delimiters_and_newlines_in_values(tmp_path: Path) -> None:
    content = 'name,note\n"Zhang, San","said ""no""\nand left"\nLi,a"b\n'
    assert rows(settings_for(tmp_path, "a.csv", drop(tmp_path, content))) == [
        ("Li", 'a"b'),
        ("Zhang, San", 'said "no"\nand left'),
    ]


def test_quoted_newlines_do_not_shift_rows_in_a_large_file(tmp_path: Path) -> None:
    """60,000 rows, ten of every eleven lines inside quotes, read by two threads."""
    row = '%d,"' + "x,y\n" * 10 + '"\r\n'
    content = "n,note\r\n" + "".join(row % number for number in range(60_000))
    settings = settings_for(tmp_path, "a.csv", drop(tmp_path, content))
    found = rows(
        settings,
        "SELECT count(*), count(DISTINCT n), min(length(note)), max(length(note)) FROM lines",
    )
    assert found == [(60_000, 60_000, 40, 40)]


GOOD = "customer,amount\n" + "a,1\n" * 3
WRONG = {
    "empty": ("", "a.csv", "is empty"),
    "blank name": ("customer,,amount\na,b,1\n", "a.csv", "column 2 has no name"),
    "double name": ("customer,amount,Customer\na,1,b\n", "a.csv", "stand twice.*: Customer, customer"),
    "no names: an amount": ("A001,2024-03,12.50\nA002,2024-03,13\n", "a.csv", "first line holds values, not names"),
    "no names: a phone number": ("13800138000,x\n13900139000,y\n", "a.csv", r"values, not names \(column 1\)"),
    "no names: a day": ("a,2024-03-01\nb,2024-03-02\n", "a.csv", r"values, not names \(column 2\)"),
    "a formula for a name": ("=cmd|' /C calc'!A0,b\n1,2\n", "a.csv", "values, not names"),
    "other delimiter": (GOOD.replace(",", ";"), "a.csv", r"set source\.files\.lines\.delimiter"),
    "number of columns": (GOOD, {"path": "a.csv", "columns": ["a", "b", "c"]}, "has 2 columns; .* names 3"),
    "UTF-16": (GOOD.encode("utf-16"), "a.csv", "is UTF-16"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), "a.csv", "line 1: a NUL byte"),
    "GB18030 taken for UTF-8": (
        GOOD.encode() + "张三,1\n".encode("gb18030"), "a.csv", r"a\.csv, line 5: not UTF-8.*gb18030"
    ),
    "UTF-8 taken for GB18030": (GOOD.encode() + "张三丰,李四\n".encode(), GB18030, "UTF-8 from end to end|not GB18030"),
    "odd UTF-8 taken for GB18030": (GOOD.encode() + "李x,1\n".encode(), GB18030, r"line 5: not GB18030.*utf-8|UTF-8"),
    "cut in a character": ((GOOD + "张").encode()[:-1], "a.csv", r"line 5: not UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_by_name_and_line(tmp_path: Path, name: str) -> None:
    content, setting, told = WRONG[name]
    with pytest.raises(ChurnError, match=rf"(?s){told}") as caught:
        rows(settings_for(tmp_path, setting, drop(tmp_path, content)))
    assert isinstance(caught.value, BadInput | SettingsError)
    assert "a.csv" in str(caught.value)
