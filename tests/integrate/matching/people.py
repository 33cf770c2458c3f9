"""Crafted customer records among strangers, written as clean partitions: for tests of the step ``match``."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.matching.planted import Mix, customers
from churn_tasks.core.months import Month
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import another_month, pour, rows, small_run

STRANGERS = Mix(in_family=0.3, second_line=0, third_line=0, registered_twice=0)
MINGLED = Mix(second_line=0.1, registered_twice=0.05)
WANG = {
    "customer_name": "王晓明", "address_text": "东港区西城人民路12号3栋1503室", "birth_year": 1980, "gender": "male",
    "region_code": "R01", "city_code": "R01C2", "phone_token": "t_wang", "identity_token": "i_wang",
}  # fmt: skip


def person(customer_id: str, **changes: Any) -> dict[str, Any]:
    """王晓明 under one number, or what differs from him."""
    return {**WANG, "customer_id": customer_id, **changes}


def lake(folder: Path, month: str = "2024-01", **settings: Any) -> MonthRun:
    return small_run(
        folder,
        month,
        raw=["customer", "bill"],
        resources={"memory": "1GB", "threads": 2},
        **settings,
    )


def put_month(
    run: MonthRun,
    month: str,
    crafted: list[dict[str, Any]],
    *,
    others: int = 400,
    mix: Mix = STRANGERS,
) -> None:
    """``clean_customer`` of a month: these records among ``others`` of whom most are strangers to each other."""
    start = Month.parse(month).start
    base = customers(others, 5, mix).drop_columns(["person_no"]).to_pylist()
    usual = {
        "event_date": date(2023, 5, 1),
        "known_date": date(2023, 5, 1),
        "joined_date": date(2023, 5, 1),
    }
    usual |= {"service_status": "active", "pay_mode": "postpaid"}
    names = run.registry.tables["clean_customer"].column_names
    made = [
        {name: {**usual, **row}.get(name) for name in names}
        for row in [*base, *crafted]
    ]
    kinds = {
        column.name: column.type
        for column in run.registry.tables["clean_customer"].columns
    }
    types = {"text": pa.string(), "date": pa.date32(), "integer": pa.int64()}
    table = pa.table(
        {
            name: pa.array(
                [row[name] for row in made], types.get(kinds[name], pa.float64())
            )
            for name in names
        }
    )
    with run.engine.registered("crafted", table):
        pour(run, "clean_customer", Month.of(start), "crafted")


def matched(
    run: MonthRun, month: str
) -> tuple[dict[str, str], dict[tuple[str, str], dict[str, Any]]]:
    """Run the step; the person of each line, and the pairs by their two lines."""
    of_month = another_month(run, month)
    run_on("match", of_month)
    people = {
        row["customer_id"]: row["person_id"] for row in rows(of_month, "customer_line")
    }
    pairs = {
        (row["customer_id_a"], row["customer_id_b"]): row
        for row in rows(of_month, "match_pair")
    }
    return people, pairs
