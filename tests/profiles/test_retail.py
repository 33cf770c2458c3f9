"""The shop's profile on two tiny files: what is merged, what is set aside and why, and what the features say."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import rows

# The halves name their columns differently, and the first gives its dates as text.
FIRST_HALF = (
    "Invoice",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "Price",
    "Customer ID",
    "Country",
)
SECOND_HALF = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
UK = "United Kingdom"
REGULAR, RETURNER, GUEST = 10001.0, 10002.0, None

Line = tuple[Any, ...]


def line(
    invoice: str,
    day: str,
    customer: float | None,
    quantity: int = 1,
    price: float = 2.5,
    code: str = "22423",
) -> Line:
    return (invoice, code, "LAMP", quantity, f"{day} 10:00:00", price, customer, UK)


def drop(folder: Path, first: list[Line], second: list[Line]) -> Path:
    """The two files as the shop delivers them."""
    folder.mkdir()
    second = [
        (*given[:4], dt.datetime.fromisoformat(given[4]), *given[5:])
        for given in second
    ]
    for name, columns, lines in (
        ("2009_2010", FIRST_HALF, first),
        ("2010_2011", SECOND_HALF, second),
    ):
        table = pa.table(
            {column: [given[i] for given in lines] for i, column in enumerate(columns)}
        )
        types = {
            "Quantity": pa.int64(),
            "Price": pa.float64(),
            "UnitPrice": pa.float64(),
            "InvoiceDate": pa.string(),
        }
        types |= {"Customer ID": pa.float64(), "CustomerID": pa.float64()}
        if columns is SECOND_HALF:
            types["InvoiceDate"] = pa.timestamp("us")
        schema = pa.schema(
            [(column, types.get(column, pa.string())) for column in columns]
        )
        pq.write_table(table.cast(schema), folder / f"online_retail_{name}.parquet")
    return folder


def month_of(tmp_path: Path, month: str) -> MonthRun:
    settings = load_settings(
        "retail", state_dir=tmp_path / "state", data_path=tmp_path / "drops"
    )
    return MonthRun(settings, Month.parse(month))


def cleaned(tmp_path: Path, month: str) -> MonthRun:
    run = month_of(tmp_path, month)
    for step in ("extract", "integrate", "summarise"):
        run_on(step, run)
    return run


def test_a_line_of_both_files_is_one_line(tmp_path: Path) -> None:
    """1 in each file, same invoice: 2 rows in, 1 out, 1 merged."""
    both = line("536365", "2010-12-01", REGULAR)
    drop(tmp_path / "drops", [both], [both])
    run = cleaned(tmp_path, "2010-12")
    assert [
        (r["rows_in"], r["rows_out"], r["quarantined"], r["merged"])
        for r in rows(run, "audit_rows")
    ] == [(2, 1, 0, 1)]


def test_an_article_that_the_till_took_twice_stays_twice(tmp_path: Path) -> None:
    """2 equal lines in each file: 4 rows in, 2 out, 2 merged. Merging by content alone would leave 1 (control)."""
    twice = [line("536365", "2010-12-01", REGULAR)] * 2
    drop(tmp_path / "drops", twice, twice)
    run = cleaned(tmp_path, "2010-12")
    kept = rows(run, "clean_invoice_line")
    assert [row["repeat_no"] for row in kept] == [1, 2]
    without_number = {
        tuple(value for name, value in row.items() if name != "repeat_no")
        for row in kept
    }
    assert len(without_number) == 1
    assert [(r["rows_in"], r["merged"]) for r in rows(run, "audit_rows")] == [(4, 2)]


@pytest.mark.parametrize(
    ("rule", "bad"),
    [
        ("guest", line("500001", "2010-01-05", GUEST)),
        ("customer_id_malformed", line("500001", "2010-01-05", 10001.5)),
        ("invoice_id_malformed", line("A500001", "2010-01-05", REGULAR)),
        ("test_product", line("500001", "2010-01-05", REGULAR, code="test001")),
        ("price_not_positive", line("500001", "2010-01-05", REGULAR, price=0.0)),
        ("price_absurd", line("500001", "2010-01-05", REGULAR, price=38970.0)),
        ("quantity_absurd", line("500001", "2010-01-05", REGULAR, quantity=74215)),
        ("sign_wrong", line("C500001", "2010-01-05", REGULAR)),
        (
            "event_at_missing",
            ("500001", "22423", "LAMP", 1, "yesterday", 2.5, REGULAR, UK),
        ),
    ],
)
def test_each_rule_sets_its_row_aside(tmp_path: Path, rule: str, bad: Line) -> None:
    """1 sound line and 1 bad one: 2 in, 1 out, 1 in quarantine under the rule's name."""
    drop(tmp_path / "drops", [line("500000", "2010-01-04", REGULAR), bad], [])
    run = cleaned(tmp_path, "2010-01")
    assert [row["rule"] for row in rows(run, "quarantine")] == [rule]
    assert len(rows(run, "clean_invoice_line")) == 1


def test_a_month_begins_and_ends_at_midnight(tmp_path: Path) -> None:
    drop(
        tmp_path / "drops",
        [
            line(f"50000{n}", day, REGULAR)
            for n, day in enumerate(
                ("2009-12-31", "2010-01-01", "2010-01-31", "2010-02-01")
            )
        ],
        [],
    )
    run = cleaned(tmp_path, "2010-01")
    assert [row["event_date"] for row in rows(run, "clean_invoice_line")] == [
        dt.date(2010, 1, 1),
        dt.date(2010, 1, 31),
    ]


def test_orders_of_a_month_are_summed(tmp_path: Path) -> None:
    drop(
        tmp_path / "drops",
        [
            line("500001", "2010-01-04", REGULAR, quantity=4),  # 10.00
            line(
                "500001", "2010-01-04", REGULAR, quantity=1, price=7.0, code="POST"
            ),  # a charge: 7.00, no unit
            line(
                "500002", "2010-01-10", REGULAR, quantity=2, code="84879"
            ),  # 5.00, 6 days later: 36 squared
            line("C500003", "2010-01-12", REGULAR, quantity=-1),  # 2.50 back
            line(
                "C500004", "2010-01-13", RETURNER, quantity=-2
            ),  # only a return: still there, no order date
        ],
        [],
    )
    run = cleaned(tmp_path, "2010-01")
    regular, returner = rows(run, "month_orders")
    assert regular == {
        "customer_id": "10001", "order_count": 2, "order_days": 2, "return_count": 1, "line_count": 3, "unit_count": 6,
        "product_count": 2, "order_gbp": 22, "return_gbp": 2.5, "largest_day_gbp": 17,
        "first_order_date": dt.date(2010, 1, 4), "last_order_date": dt.date(2010, 1, 10),
        "last_contact_date": dt.date(2010, 1, 12), "gap_days_squared": 36,
    }  # fmt: skip
    assert (returner["order_count"], returner["first_order_date"]) == (0, None)
    activity = [
        (row["customer_id"], row["is_active"], row["revenue_cny"])
        for row in rows(run, "month_activity")
    ]
    assert activity == [("10001", True, 19.5), ("10002", True, -5)]


HISTORY = [
    line("500001", "2009-12-08", REGULAR, quantity=4),
    line("500002", "2009-12-18", REGULAR, quantity=4),  # gap 10
    line("500003", "2010-02-06", REGULAR, quantity=8),  # gap 50
    line("500004", "2010-01-10", RETURNER),
    line("C500005", "2010-02-20", RETURNER, quantity=-1),
    line(
        "500006", "2010-04-10", RETURNER
    ),  # in the predict window of 2010-02, which is April and May
    line("500007", "2010-03-10", REGULAR),  # in its delay: no rescue
]


def featured(tmp_path: Path, through: str) -> MonthRun:
    """Months in order, as a backfill runs them."""
    run = month_of(tmp_path, "2009-12")
    for month in months_between(Month(2009, 12), Month.parse(through) + 1):
        run = cleaned(tmp_path, str(month))
        run_on("features", run)
        run_on("labels", run)
    return run


def test_features_know_the_rhythm_of_each_customer(tmp_path: Path) -> None:
    drop(tmp_path / "drops", HISTORY, [])
    run = featured(tmp_path, "2010-02")
    regular, returner = rows(run, "feat_purchase_recency")
    assert regular["days_since_order"] == 23  # 6 February to 1 March
    assert regular["mean_gap_days"] == 30  # (10 + 50) / 2
    assert regular["gap_spread_days"] == 20  # sqrt((100 + 2500) / 2 - 900)
    assert regular["longest_gap_days"] == 50
    assert regular["gap_ratio"] == pytest.approx(23 / 30)
    assert regular["expected_order_days"] == pytest.approx(
        3 * 61 / (83 + 30)
    )  # 61 days of April and May
    assert (returner["days_since_order"], returner["days_since_transaction"]) == (50, 9)
    assert returner["mean_gap_days"] is None
    frequency = rows(run, "feat_purchase_frequency")[0]
    assert [
        frequency[f"order_count_{n}"]
        for n in ("1m", "month_2", "month_3", "3m", "life")
    ] == [1, 0, 2, 3, 3]
    assert frequency["active_months_share_pct"] == pytest.approx(200 / 3)
    assert frequency["ahead_year_ago_order_count"] is None, (
        "no history of a year ago is not the same as no orders"
    )


def test_left_is_who_deals_with_the_shop_in_no_month_ahead(tmp_path: Path) -> None:
    drop(tmp_path / "drops", HISTORY, [])
    run = featured(tmp_path, "2010-05")
    truth = {
        row["customer_id"]: (row["churned"], row["left_early"])
        for row in rows(run, "label", "2010-02")
    }
    assert truth == {"10001": (True, False), "10002": (False, False)}


def test_features_do_not_change_when_later_months_come(tmp_path: Path) -> None:
    """Same bytes whether the lake ends with February or with May, and whether its invoices are many or few."""
    drop(tmp_path / "drops", HISTORY, [])
    run = featured(tmp_path, "2010-02")
    tables = [query.output.table for query in run.registry.queries["features"]]
    before = {table: run.lake.sha256(table, run.month) for table in tables}
    featured(tmp_path, "2010-05")
    run_on("features", run)
    assert {table: run.lake.sha256(table, run.month) for table in tables} == before
    assert len(before) == 5
    query = next(
        query
        for query in run.registry.queries["features"]
        if query.name == "purchase_recency"
    )
    leaking = query.sql.replace("WHERE month < $as_of", "")
    assert leaking != query.sql
    run.engine.write(
        query.output.table,
        run.month,
        leaking,
        {p: run.window.parameters()[p] for p in query.output.params},
    )
    assert (
        run.lake.sha256(query.output.table, run.month) != before[query.output.table]
    ), "control: a leak is seen"


def test_the_region_of_a_customer_is_the_latest_known_by_then(tmp_path: Path) -> None:
    moved = [
        (*given[:7], "Germany") for given in HISTORY if given[0] in {"500003", "500007"}
    ]
    drop(
        tmp_path / "drops",
        [given for given in HISTORY if given[0] not in {"500003", "500007"}] + moved,
        [],
    )
    run = featured(tmp_path, "2010-02")
    regions = {
        month: rows(run, "month_profile", month)[0]["region_code"]
        for month in ("2009-12", "2010-01", "2010-02")
    }
    assert regions == {"2009-12": UK, "2010-01": UK, "2010-02": "Germany"}


def test_lines_that_nobody_can_date_come_with_every_month_and_stay_out(
    tmp_path: Path,
) -> None:
    undated = ("500009", "22423", "LAMP", 1, "yesterday", 2.5, REGULAR, UK)
    drop(
        tmp_path / "drops",
        [
            line("500000", "2009-12-04", REGULAR),
            line("500001", "2010-01-04", REGULAR),
            undated,
        ],
        [],
    )
    aside = [
        rows(cleaned(tmp_path, month), "quarantine") for month in ("2009-12", "2010-01")
    ]
    assert [[row["rule"] for row in month] for month in aside] == [
        ["event_at_missing"],
        ["event_at_missing"],
    ]


def test_a_customer_with_several_lines_is_one_person(tmp_path: Path) -> None:
    """Two lines of one customer in the only table that names customers: one row, not two."""
    drop(
        tmp_path / "drops",
        [line("500001", "2010-03-02", REGULAR), line("500002", "2010-03-09", REGULAR)],
        [],
    )
    run = cleaned(tmp_path, "2010-03")
    run_on("match", run)
    assert [row["customer_id"] for row in rows(run, "customer_line")] == ["10001"]
