"""Columns that are gone, new, renamed, of another type or empty."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from tests.corrupted.delivery import Delivery
from tests.corrupted.kinds import Kind, Passes, Plant, Refused, every_row, kind


def as_parquet(column: str, kind: pa.DataType) -> Plant:
    """The rows as Parquet with one typed column."""

    def plant(delivery: Delivery, table: str) -> None:
        rows = pa.Table.from_pylist(delivery.rows[table])
        place = rows.schema.get_field_index(column)
        typed = rows.column(column).cast(pa.float64()).cast(kind)
        sink = io.BytesIO()
        pq.write_table(rows.set_column(place, column, typed), sink)
        delivery.put(table, ".parquet", sink.getvalue())

    return plant


def nested(delivery: Delivery, table: str) -> None:
    rows = [
        {**row, "amount_cny": {"yuan": row["amount_cny"]}}
        for row in delivery.rows[table]
    ]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    delivery.put(table, ".parquet", sink.getvalue())


SCHEMA: tuple[Kind, ...] = (
    kind(
        "required_column_missing",
        "a required column is missing",
        "缺少必填字段",
        "bill without amount_cny",
        Refused("extract", "BadInput", ("bill", "amount_cny")),
        every_row(
            lambda row: {
                name: value for name, value in row.items() if name != "amount_cny"
            }
        ),
    ),
    kind(
        "required_column_renamed",
        "a required column has another name",
        "必填字段改名",
        "amount instead of amount_cny",
        Refused("extract", "BadInput", ("bill", "amount_cny", "amount")),
        every_row(
            lambda row: {
                "amount" if name == "amount_cny" else name: value
                for name, value in row.items()
            }
        ),
    ),
    kind(
        "read_column_missing",
        "an optional column that the extract reads is gone",
        "抽取语句所读的可选字段消失",
        "customer without plan_code",
        Refused("extract", "BadInput", ("customer", "plan_code")),
        every_row(
            lambda row: {
                name: value for name, value in row.items() if name != "plan_code"
            }
        ),
        table="customer",
    ),
    kind(
        "new_column",
        "a column that no contract names",
        "出现未约定的新字段",
        "bill with discount_code",
        Passes("drift: bill.discount_code is new"),
        every_row(lambda row: {**row, "discount_code": "D7"}),
    ),
    kind(
        "column_as_a_structure",
        "a column whose type cannot be read as the declared one",
        "字段类型与约定不符且无法转换",
        "amount_cny as {yuan: ...}",
        Refused(
            "extract",
            "BadInput",
            ("raw_bill 2024-03", "column amount_cny arrives as struct"),
        ),
        nested,
    ),
    kind(
        "column_as_floating_point",
        "money that arrives as floating point",
        "金额以浮点数交付",
        "amount_cny double in Parquet",
        Passes("drift: bill.amount_cny is retyped"),
        as_parquet("amount_cny", pa.float64()),
    ),
    kind(
        "required_column_empty",
        "a required column without a value",
        "必填字段全空",
        "amount_cny empty in every row",
        Refused(
            "check_raw", "CheckFailed", ("raw_bill.any_missing_share is 1", "220 rows")
        ),
        every_row(lambda row: {**row, "amount_cny": ""}),
    ),
)
