"""CSV text that is written in another way than declared, or put together wrongly."""

from collections.abc import Callable
from decimal import Decimal

from tests.corrupted.delivery import Delivery
from tests.corrupted.kinds import (
    Kind,
    Passes,
    Plant,
    Refused,
    SetAside,
    cell,
    kind,
    text,
)


def one_line(change: Callable[[str], str]) -> Plant:
    """Damage to line 200, far behind the rows that other kinds damage."""

    def changed(content: str) -> str:
        lines = content.split("\n")
        lines[199] = change(lines[199])
        return "\n".join(lines)

    return text(changed)


def two_headers(delivery: Delivery, table: str) -> None:
    content = delivery.csv(table)
    delivery.put(table, ".csv", content + content.split("\n", 1)[0] + "\n")
    delivery.counts[table] = len(delivery.rows[table]) + 1


def semicolons(delivery: Delivery, table: str) -> None:
    delivery.put(table, ".csv", delivery.csv(table, delimiter=";"))


def framed(content: str) -> bytes:
    """Two title lines, the names, a comment, the names again, and a footer, as a report prints them."""
    names, *rows = content.strip("\n").split("\n")
    middle = len(rows) // 2
    lines = [
        "2024年3月出账明细",
        "导出时间：2024-04-03",
        names,
        *rows[:middle],
        "# 第2页",
        names,
    ]
    lines += [*rows[middle:], f"共 {len(rows)} 条"]
    return "\r\n".join(lines).encode()


def added_up(content: str) -> bytes:
    """A last row with the sum of the amounts, and an empty column without a name."""
    names, *rows = content.strip("\n").split("\n")
    amounts = [Decimal(row.rsplit(",", 1)[1]) for row in rows]
    total = "合计" + "," * names.count(",") + str(sum(amounts))
    return "".join(f"{line},\n" for line in (names, *rows, total)).encode("gb18030")


def mostly_ragged(content: str) -> str:
    """Every fourth line has a cell too many."""
    lines = content.split("\n")
    for number in range(1, len(lines) - 1, 4):
        lines[number] += ",x"
    return "\n".join(lines)


TEXTS: tuple[Kind, ...] = (
    kind(
        "framed",
        "titles, page breaks and a footer around the table, declared",
        "表格带标题、分页和页脚，且已声明",
        "2024年3月出账明细 / ... / # 第2页 / ... / 共 220 条",
        Passes("counted in file_line; rows are rows"),
        text(framed),
        names_line=3,
        comments=["#"],
        repeated_names=True,
        footer_begins=["共"],
    ),
    kind(
        "totals_row",
        "a totals row and an empty column without a name, declared",
        "带合计行和无名空列，且已声明",
        "合计,,,,,4510.00,",
        Passes("the totals row adds up and is no customer"),
        text(added_up),
        totals=["合计"],
        nameless="empty",
        encoding="gbk",
    ),
    kind(
        "mostly_ragged",
        "many lines with a cell too many",
        "大量行的列数过多",
        "every fourth line ends in ,x",
        Refused(
            "extract",
            "BadInput",
            (
                "bill_2024-03.csv: 55 rows with more or fewer fields",
                "line 2, 6, 10",
                "25.0% of its lines",
                "disposals: {damaged:",
            ),
        ),
        text(mostly_ragged),
    ),
    kind(
        "wrong_encoding",
        "GB18030 where UTF-8 is declared",
        "声明为 UTF-8、实为 GB18030 编码",
        "address 东港市 as bytes b6 ab b8 db",
        Refused(
            "extract",
            "BadInput",
            ("customer_2024-03.csv, line 2: not UTF-8", "set encoding: gb18030"),
        ),
        text(lambda content: content.encode("gb18030")),
        table="customer",
    ),
    kind(
        "utf_8_declared_gb18030",
        "UTF-8 where GB18030 is declared",
        "声明为 GB18030、实为 UTF-8 编码",
        "address 东港市 as bytes e4 b8 9c",
        Refused("extract", "BadInput", ("customer_2024-03.csv",)),
        text(lambda content: content),
        table="customer",
        encoding="gb18030",
    ),
    kind(
        "declared_encoding",
        "GB18030 that is declared",
        "已声明的 GB18030 编码",
        "encoding: gb18030 in the settings",
        Passes(),
        text(lambda content: content.encode("gb18030")),
        table="customer",
        encoding="gb18030",
    ),
    kind(
        "utf_16",
        "UTF-16, as some spreadsheets save it",
        "UTF-16 编码",
        "ff fe 62 00 69 00",
        Refused(
            "extract",
            "BadInput",
            ("bill_2024-03.csv is UTF-16; save it as UTF-8 or GB18030",),
        ),
        text(lambda content: content.encode("utf-16")),
    ),
    kind(
        "byte_order_mark",
        "a UTF-8 byte order mark before the names",
        "文件开头带 UTF-8 BOM",
        "ef bb bf cdr_id,...",
        Passes(),
        text(lambda content: b"\xef\xbb\xbf" + content.encode()),
        table="cdr",
    ),
    kind(
        "nul_bytes",
        "NUL bytes in the text",
        "文本中含 NUL 字节",
        "B202 with a 00 byte in it",
        SetAside("row_encoding", "", "bill_2024-03.csv, line 200"),
        one_line(lambda line: line[:4] + "\0" + line[4:]),
    ),
    kind(
        "too_few_cells",
        "a line with too few cells",
        "某行列数过少",
        "B2024-03-0000,C0000,2024-03-01",
        SetAside("row_fields", "", "bill_2024-03.csv, line 200"),
        one_line(lambda line: line.rsplit(",", 3)[0]),
    ),
    kind(
        "too_many_cells",
        "a line with too many cells",
        "某行列数过多",
        "...,plan_fee,20.50,,extra",
        SetAside("row_fields", "", "bill_2024-03.csv, line 200"),
        one_line(lambda line: line + ",,extra"),
    ),
    kind(
        "open_quote",
        "a quote that is never closed",
        "引号未闭合",
        '"plan_fee,20.50',
        SetAside("row_quotes", "", "bill_2024-03.csv, line 200"),
        one_line(lambda line: line.replace("plan_fee", '"plan_fee')),
    ),
    kind(
        "cut_off_in_a_row",
        "a CSV file that ends within a row",
        "CSV 文件在行中截断",
        "B2024-03-0110,C01",
        Refused(
            "extract",
            "BadInput",
            ("bill_2024-03.csv ends within a row, line 112", "was it cut off"),
        ),
        text(lambda content: content[: content.index("C0110") + 3]),
    ),
    kind(
        "quoted_newline",
        "a line break inside a quoted cell",
        "引号内含换行",
        '"东港市\\n建设路 1 号"',
        Passes(),
        cell("address_text", "东港市\n建设路 1 号"),
        table="customer",
    ),
    kind(
        "no_header",
        "no line of names",
        "缺少表头",
        "the first line is a bill",
        Refused(
            "extract",
            "BadInput",
            (
                "bill_2024-03.csv: its first line holds values, not names (column 3, 4, 6)",
            ),
        ),
        text(lambda content: content.split("\n", 1)[1]),
    ),
    kind(
        "header_twice",
        "a column named twice",
        "表头字段重复",
        "bill_id,customer_id,event_date,event_date,...",
        Refused(
            "extract",
            "BadInput",
            ("bill_2024-03.csv: names of columns stand twice", "event_date"),
        ),
        text(lambda content: content.replace("known_date", "event_date", 1)),
    ),
    kind(
        "header_in_the_middle",
        "a second line of names inside the file",
        "文件中间重复出现表头",
        "two files put together with their names",
        SetAside("event_at_unreadable", "event_at", "event_at"),
        two_headers,
        table="cdr",
    ),
    kind(
        "empty_file",
        "a file of no bytes",
        "空文件",
        "bill_2024-03.csv, 0 bytes",
        Refused("extract", "BadInput", ("bill_2024-03.csv is empty",)),
        text(lambda _: ""),
    ),
    kind(
        "header_alone",
        "names without a row",
        "仅有表头，没有数据",
        "bill_id,customer_id,...",
        Refused("check_raw", "CheckFailed", ("raw_bill.rows is 0",)),
        text(lambda content: content.split("\n", 1)[0] + "\n"),
    ),
    kind(
        "wrong_delimiter",
        "another delimiter than declared",
        "分隔符与声明不符",
        "bill_id;customer_id;...",
        Refused(
            "extract",
            "SettingsError",
            ("bill_2024-03.csv: with delimiter ','", "set source.files.bill.delimiter"),
        ),
        semicolons,
    ),
)
