"""A small operator's drop folder for one month: customers, bills and calls as CSV, right until damaged."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from churn_tasks.core.months import Month
from tests.lakes import small_profile

BEFORE, MONTH = Month(2024, 2), Month(2024, 3)
CUSTOMERS = 220
TABLES = ("customer", "bill", "cdr")
TYPES = {
    "event_date": "date",
    "known_date": "date",
    "event_at": "timestamptz",
    "amount_cny": "numeric",
}  # in a database
Row = dict[str, str]


def profile(folder: Path, kind: str) -> Path:
    """A profile that reads the three tables, from files or a database, and takes what was known in time."""
    in_time = {
        "files": "coalesce(TRY_CAST(known_date AS DATE) < $known_until, true)",
        "postgres": "known_date < $known_until",
    }
    made = small_profile(folder, TABLES, source={"kind": kind})
    for table, rows in right(folder, MONTH).rows.items():
        names = ", ".join(f'"{name}"' for name in rows[0])
        sql = f"SELECT {names} FROM {table} WHERE {in_time[kind]}\n"
        (made / "extract" / f"{table}.sql").write_text(sql, encoding="utf-8")
    return made


@dataclass
class Delivery:
    """The files of one month. Damage is done to ``rows`` before they are written, or to the files themselves.

    Attributes:
        rows: table to its rows, each column as the text that CSV holds.
        files: table to the files that are written for it; one CSV file when it is not named here.
        counts: rows that the files hold, where it is not the number of ``rows``.
    """

    folder: Path
    month: Month
    rows: dict[str, list[Row]] = field(default_factory=dict)
    files: dict[str, dict[str, bytes | Callable[[Path], object]]] = field(
        default_factory=dict
    )
    counts: dict[str, int] = field(default_factory=dict)
    damaged: dict[str, int] = field(
        default_factory=dict
    )  # place of the last row that was damaged

    def csv(self, table: str, **options: str) -> str:
        """The rows of a table as CSV text with a header."""
        text = io.StringIO()
        writer = csv.DictWriter(
            text, list(self.rows[table][0]), lineterminator="\n", **options
        )  # type: ignore[arg-type]
        writer.writeheader()
        writer.writerows(self.rows[table])
        return text.getvalue()

    def put(
        self, table: str, ending: str, content: bytes | str | Callable[[Path], object]
    ) -> None:
        """Deliver a table as this file instead; a callable is given the path to make. May be called again."""
        made = content.encode() if isinstance(content, str) else content
        self.files.setdefault(table, {})[f"{table}_{self.month}{ending}"] = made

    def fresh(self, table: str) -> Row:
        """A row that no damage has touched yet."""
        self.damaged[table] = self.damaged.get(table, -1) + 1
        return self.rows[table][self.damaged[table]]

    def delivered(self, table: str) -> int:
        """Rows that the files of a table hold."""
        return self.counts.get(table, len(self.rows[table]))

    def load(self, url: str) -> None:
        """Put the rows into tables of a database, which are made anew; dates, money and instants have their types."""
        with psycopg.connect(url, autocommit=True) as connection:
            for table in TABLES:
                connection.execute(f"DROP TABLE IF EXISTS {table}")
            for table, rows in self.rows.items():
                columns = ", ".join(
                    f"{name} {TYPES.get(name, 'text')}" for name in rows[0]
                )
                connection.execute(f"CREATE TABLE {table} ({columns})")
                with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row([value or None for value in row.values()])

    def write(self) -> None:
        """Write every file of the month."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for table in self.rows:
            if table not in self.files:
                self.put(table, ".csv", self.csv(table))
            for name, content in self.files[table].items():
                if callable(content):
                    content(self.folder / name)
                else:
                    (self.folder / name).write_bytes(content)


def right(folder: Path, month: Month) -> Delivery:
    """A delivery without a fault."""
    numbers = range(CUSTOMERS)
    rows = {
        "customer": [_customer(n) for n in numbers],
        "bill": [_bill(n, month) for n in numbers],
    }
    return Delivery(
        folder, month, {**rows, "cdr": [_call(n, month) for n in range(320)]}
    )


def _customer(number: int) -> Row:
    return {
        "customer_id": f"C{number:04d}", "event_date": "2023-05-04", "known_date": "2023-05-05",
        "phone_number": f"1380013{number:04d}", "customer_name": f"{SURNAMES[number % 8]}{GIVEN[number % 7]}",
        "address_text": f"东港市建设路 {number} 号", "gender": ("female", "male")[number % 2],
        "birth_year": str(1950 + number % 50), "region_code": f"R{1 + number % 3:02d}",
        "city_code": f"R{1 + number % 3:02d}C1", "customer_group": "individual", "key_account_class": "",
        "pay_mode": ("postpaid", "prepaid")[number % 2], "plan_code": "P58", "plan_fee_cny": "58.00",
        "network_type": "5G", "joined_date": "2019-08-21", "service_status": "active",
    }  # fmt: skip


def _bill(number: int, month: Month) -> Row:
    return {
        "bill_id": f"B{month}-{number:04d}", "customer_id": f"C{number:04d}", "event_date": f"{month}-01",
        "known_date": f"{month + 1}-03", "item_code": "plan_fee", "amount_cny": f"{20 + number % 90}.50",
    }  # fmt: skip


def _call(number: int, month: Month) -> Row:
    day = f"{month}-{1 + number % 28:02d}"
    return {
        "cdr_id": f"{month}-{number:05d}", "customer_id": f"C{number % CUSTOMERS:04d}",
        "event_at": f"{day} 20:{number % 60:02d}:07", "event_date": day, "known_date": day, "kind": "voice",
        "direction": "out", "peer_number": f"1390013{number:04d}", "peer_operator": "own", "peer_kind": "person",
        "is_roaming": "false", "is_long_distance": "false", "carrier": "", "duration_s": str(30 + number % 200),
        "volume_kb": "0", "charge_cny": "0.00",
    }  # fmt: skip


SURNAMES, GIVEN = "王李张刘陈杨赵黄", ("芳", "伟", "娜", "秀英", "敏", "静", "强")
