"""What tests of the warehouse share: an empty warehouse of their own, small lists, and connections under a role."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import psycopg

from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.adapters.warehouse.connection import Connection
from churn_tasks.adapters.warehouse.migration import migrate
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.local.postgres import Cluster

JUNE, JULY = Month.parse("2024-06"), Month.parse("2024-07")
SCHEMA = "churn_telecom"


def new_url(postgres: Cluster) -> str:
    """The address of an empty database."""
    return postgres.create_database(f"w{uuid.uuid4().hex[:12]}")


def warehouse_at(url: str) -> Warehouse:
    return Warehouse(load_settings("telecom", warehouse_url=url))


def migrated(url: str) -> Connection:
    connection = Connection(url, SCHEMA)
    migrate(connection)
    return connection


def listed(
    rank: int, *, score: float = 0.5, marker: str = "usage_drop", **changes: Any
) -> tuple[Any, ...]:
    """One row of a list; ``marker`` stands in every row of a run, so that mixed runs show."""
    row: dict[str, Any] = {
        "rank": rank, "customer_id": f"customer_{rank}", "phone_token": f"token_{rank}", "arpu_cny": Decimal("40.0000"),
        "region_code": "north", "customer_group": None, "churn_score": score, "action_priority": score * 40,
        "level": "high", "reason_1": marker, "reason_1_en": "less", "reason_1_zh": "下降",
        **{f"reason_{n}{suffix}": None for n in (2, 3) for suffix in ("", "_en", "_zh")},
        "strategy_en": "call", "strategy_zh": "回访",
        "model_name": "telecom_churn", "model_version": 3, "feature_set": "f00d",
        "person_id": f"Pcustomer_{rank}", "line_count": 1, "person_arpu_cny": Decimal("40.0000"),
        "reason_1_role": "symptom", "reason_2_role": None, "reason_3_role": None,
        "cause_1": "payment", "cause_2": None, "cause_3": None,
        "triggers": None, "triggers_en": None, "triggers_zh": None, "trigger_set": None,
        "arm": "treat", "arm_month": None, "arm_until": None,
    }  # fmt: skip
    return tuple({**row, **changes}.values())


def small_list(rows: int = 3, **changes: Any) -> list[tuple[Any, ...]]:
    return [listed(rank, **changes) for rank in range(1, rows + 1)]


@contextmanager
def as_role(url: str, role: str) -> Iterator["psycopg.Connection[Any]"]:
    """A plain connection that has taken a role for good, as a person's login would have."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SET SESSION ROLE {role}")
        connection.execute(f"SET search_path TO {SCHEMA}")
        yield connection


def count(url: str, statement: str, *parameters: Any) -> Any:
    """One figure, asked by the superuser, who sees everything."""
    with psycopg.connect(url) as connection:
        connection.execute(f"SET search_path TO {SCHEMA}")
        return connection.execute(statement, parameters).fetchone()[0]
