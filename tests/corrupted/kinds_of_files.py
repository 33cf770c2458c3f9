"""Files that cannot be read, are not whole, are not what they seem, or have not come."""

import datetime as dt
import gzip
import hashlib
import io
import lzma
from collections.abc import Callable

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl.worksheet.worksheet import Worksheet

from tests.corrupted.delivery import Delivery
from tests.corrupted.kinds import Kind, Passes, Plant, Refused, SetAside, kind, text

BOMB_BYTES = 30_000_000


def gz(content: str, more: bytes = b"") -> bytes:
    return gzip.compress(content.encode() + more, mtime=0)


def xz(content: str, more: bytes = b"") -> bytes:
    return lzma.compress(content.encode() + more, preset=0)


def parquet(delivery: Delivery, table: str) -> bytes:
    """The rows as a Parquet file, every column text."""
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(delivery.rows[table]), sink)
    return sink.getvalue()


def parquet_cut_off(delivery: Delivery, table: str) -> None:
    delivery.put(table, ".parquet", parquet(delivery, table)[:-100])


def link_out(delivery: Delivery, table: str) -> None:
    outside = delivery.folder.parent / "outside.csv"
    outside.parent.mkdir(parents=True, exist_ok=True)
    outside.write_text(delivery.csv(table), encoding="utf-8")
    delivery.put(table, ".csv", lambda path: path.symlink_to(outside))


def two_formats(delivery: Delivery, table: str) -> None:
    delivery.put(table, ".csv", delivery.csv(table))
    delivery.put(table, ".parquet", parquet(delivery, table))


def digest_of_another(delivery: Delivery, table: str) -> None:
    delivery.put(table, ".csv", delivery.csv(table))
    delivery.put(table, ".csv.sha256", hashlib.sha256(b"another").hexdigest() + "\n")


def nothing(delivery: Delivery, table: str) -> None:
    delivery.files[table] = {}


def sheet(change: Callable[[Worksheet], object]) -> Plant:
    """The rows as an Excel file, damaged."""

    def plant(delivery: Delivery, table: str) -> None:
        book = openpyxl.Workbook()
        page = book.active
        page.append(list(delivery.rows[table][0]))
        for row in delivery.rows[table]:
            page.append(list(row.values()))
        change(page)
        sink = io.BytesIO()
        book.save(sink)
        delivery.put(table, ".xlsx", sink.getvalue())

    return plant


def as_dates(page: Worksheet) -> None:
    """Event and known dates as Excel keeps dates: days since 1900 with a format."""
    for cells in page.iter_rows(min_row=2, min_col=4, max_col=5):
        for one in cells:
            one.value = dt.datetime.fromisoformat(str(one.value))


FILES: tuple[Kind, ...] = (
    kind(
        "gz_cut_off",
        "a gzip file that ends too early",
        "gzip 文件被截断",
        "bill_2024-03.csv.gz without its last bytes",
        Refused("extract", "BadInput", ("bill_2024-03.csv.gz is not a whole gz file",)),
        text(lambda content: gz(content)[:-60], ".csv.gz"),
    ),
    kind(
        "xz_cut_off",
        "an xz file that ends too early",
        "xz 文件被截断",
        "bill_2024-03.csv.xz without its last bytes",
        Refused("extract", "BadInput", ("bill_2024-03.csv.xz is not a whole xz file",)),
        text(lambda content: xz(content)[:-60], ".csv.xz"),
    ),
    kind(
        "parquet_cut_off",
        "a Parquet file without its footer",
        "Parquet 文件缺少文件尾",
        "bill_2024-03.parquet without its last 100 bytes",
        Refused(
            "extract", "BadInput", ("bill_2024-03.parquet is not a whole Parquet file",)
        ),
        parquet_cut_off,
    ),
    kind(
        "not_what_its_name_says",
        "a file whose ending is wrong",
        "文件内容与扩展名不符",
        "a CSV file called bill_2024-03.parquet",
        Refused(
            "extract", "BadInput", ("bill_2024-03.parquet is not a whole Parquet file",)
        ),
        text(lambda content: content, ".parquet"),
    ),
    kind(
        "unknown_format",
        "a format that is not read",
        "不支持的文件格式",
        "bill_2024-03.json",
        Refused(
            "extract",
            "BadInput",
            (
                "source.files.bill matches bill_2024-03.json; allowed is one of .parquet",
            ),
        ),
        text(lambda _: "[]", ".json"),
    ),
    kind(
        "mixed_formats",
        "one relation in two formats",
        "同一数据表混用两种格式",
        "bill_2024-03.csv beside bill_2024-03.parquet",
        Refused(
            "extract",
            "BadInput",
            ("source.files.bill matches bill_2024-03.csv, bill_2024-03.parquet",),
        ),
        two_formats,
    ),
    kind(
        "gz_bomb",
        "a gzip file that grows beyond bounds",
        "gzip 压缩炸弹",
        "30 MB out of 30 kB",
        Refused(
            "extract",
            "BadInput",
            ("bill_2024-03.csv.gz unpacks to more than 200 times", "max_unpack_ratio"),
        ),
        text(lambda content: gz(content, b"\n" * BOMB_BYTES), ".csv.gz"),
    ),
    kind(
        "xz_bomb",
        "an xz file that grows beyond bounds",
        "xz 压缩炸弹",
        "30 MB out of 6 kB",
        Refused(
            "extract",
            "BadInput",
            ("bill_2024-03.csv.xz unpacks to more than 200 times", "max_unpack_ratio"),
        ),
        text(lambda content: xz(content, b"\n" * BOMB_BYTES), ".csv.xz"),
    ),
    kind(
        "link_out_of_the_folder",
        "a link that leads out of the folder",
        "指向目录之外的符号链接",
        "bill_2024-03.csv -> /elsewhere/bills.csv",
        Refused(
            "extract",
            "BadInput",
            ("links that lead out of", "are not followed: bill_2024-03.csv"),
        ),
        link_out,
    ),
    kind(
        "pattern_out_of_the_folder",
        "a pattern that leads out of the folder",
        "指向目录之外的文件模式",
        "../bill_{month}.csv",
        Refused("extract", "SettingsError", ("source.files.bill is", "stays in it")),
        nothing,
        path="../bill_{month}.csv",
    ),
    kind(
        "half_written",
        "a file that is still being written",
        "文件尚未写完",
        "no bill_2024-03.csv.done beside it",
        Refused(
            "extract",
            "NotReady",
            ("bill_2024-03.csv.done is not; the delivery is not complete",),
        ),
        text(lambda content: content[: len(content) // 2]),
        complete_when="done",
        path="bill_{month}.csv",
    ),
    kind(
        "wrong_checksum",
        "a file that differs from its checksum",
        "文件与校验和不一致",
        "bill_2024-03.csv.sha256 of another file",
        Refused(
            "extract",
            "NotReady",
            ("bill_2024-03.csv does not have the digest in bill_2024-03.csv.sha256",),
        ),
        digest_of_another,
        complete_when="sha256",
        path="bill_{month}.csv",
    ),
    kind(
        "no_file",
        "a file that has not come",
        "文件未到达",
        "no bill_2024-03.*",
        Refused(
            "extract",
            "NotReady",
            ("source.files.bill: no file matches 'bill_2024-03.*'", "which holds"),
        ),
        nothing,
    ),
    kind(
        "excel_formula",
        "an Excel file with a computed cell",
        "Excel 单元格含公式",
        "F2: =SUM(A1:A3)",
        Refused(
            "extract", "BadInput", ("bill_2024-03.xlsx: cells hold formulas", "e.g. F2")
        ),
        sheet(lambda page: page.__setitem__("F2", "=SUM(A1:A3)")),
    ),
    kind(
        "excel_merged_cells",
        "an Excel file with merged cells",
        "Excel 含合并单元格",
        "F2:F4 merged, two bills lose their amount",
        SetAside("amount_cny_missing", "amount_cny", "(empty)", rows=2),
        sheet(lambda page: page.merge_cells("F2:F4")),
    ),
    kind(
        "excel_dates",
        "an Excel file whose dates are date serials",
        "Excel 日期为序列值",
        "D2: 45352, shown as 2024-03-01",
        Passes(),
        sheet(as_dates),
        table="cdr",
    ),
    kind(
        "excel_too_many_rows",
        "an Excel file with a cell far outside its table",
        "Excel 行数超出上限",
        "a note in row 1,000,000",
        Refused(
            "extract",
            "BadInput",
            ("bill_2024-03.xlsx spans 1,000,000 rows", "source.max_sheet_rows"),
        ),
        sheet(lambda page: page.__setitem__("A1000000", "end")),
    ),
    kind(
        "excel_two_sheets",
        "an Excel file with two sheets, none of them named in the settings",
        "Excel 含多个工作表且未指定",
        "sheets Sheet and notes",
        Refused(
            "extract",
            "SettingsError",
            ("bill_2024-03.xlsx holds the sheets Sheet, notes; name one of them",),
        ),
        sheet(lambda page: page.parent.create_sheet("notes")),
    ),
)
