"""A simulated operator in January 2024 to which a test adds what happens on single days."""

import uuid
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.walks.day import DayReport, watch_day
from tests.databases import copied_database

JANUARY = Month(2024, 1)
SOURCE = "daily_source"
SCHEMA = "churn_telecom"

PORTING = (
    "INSERT INTO boss.np_request (np_no, subs_id, req_tm, rec_tm, to_net, ok_flag)"
    " VALUES (%s, %s, %s, %s, '02', '1')"
)
COMPLAINT = (
    "INSERT INTO boss.cmplt_ticket"
    " (ticket_no, subs_id, cmplt_tm, rec_tm, cmplt_cd, chnl_cd, content, result_cd, visit_tm)"
    " VALUES (%s, %s, %s, %s, 'C4', 'H', '账单有问题', %s, %s)"
)
FAULT = "INSERT INTO boss.fault_ticket (ticket_no, subs_id, report_tm, rec_tm, fault_cd) VALUES (%s, %s, %s, %s, 'F1')"
CLOSED = (
    "INSERT INTO boss.subs_his SELECT subs_id, ver_no + 1, msisdn, id_no, cust_nm, addr, sex_cd, birth_yr, area_cd,"
    " cnty_cd,"
    " seg_cd, vip_lvl, pay_typ, prod_id, rent_fen, net_typ, open_dt, 'X', %s, %s FROM boss.subs_his WHERE subs_id = %s"
    " ORDER BY ver_no DESC LIMIT 1"
)


def noon(day: int, month: int = 1) -> str:
    return f"2024-{month:02d}-{day:02d} 12:00:00+08"


@dataclass
class Operator:
    """The operator, its watch and its warehouse.

    Attributes:
        quiet: customers of whom the simulator has no event that triggers ask for.
    """

    settings: Settings
    quiet: list[int]

    @classmethod
    def copied(cls, cluster: Cluster, folder: Path, quiet: list[int]) -> "Operator":
        """One with a source and a warehouse of its own."""
        name = uuid.uuid4().hex[:8]
        source = copied_database(cluster, SOURCE, f"source_{name}")
        settings = load_settings(
            "telecom",
            state_dir=folder / name,
            token_key_file=folder / "key",
            source_url=source,
            warehouse_url=cluster.create_database(f"warehouse_{name}"),
            restatement={"months": 0},
            resources={"memory": "500MB", "threads": 1},
        )
        return cls(settings, quiet)

    def happens(self, statement: str, *values: Any) -> None:
        with psycopg.connect(self.settings.environment.source_url) as source:
            source.execute(statement, values)

    def asks_to_port(self, customer: int, day: int, known: int | None = None) -> None:
        request = 900_000 + 100 * customer + day
        self.happens(PORTING, request, customer, noon(day), noon(known or day))

    def watched(self, *days: int, month: int = 1) -> list[DayReport]:
        return [watch_day(self.settings, date(2024, month, day)) for day in days]

    def alarms(self, customers: Iterable[int] = ()) -> list[dict[str, Any]]:
        """The alarms of some customers, or of all, as BI sees them."""
        names = {str(customer) for customer in customers}
        with closing(Warehouse(self.settings)) as warehouse:
            rows = warehouse.read(
                "SELECT * FROM bi_trigger_alarm ORDER BY first_day, customer_id, trigger"
            )
        return [row for row in rows if not names or row["customer_id"] in names]

    def day(self, day: int) -> dict[str, Any]:
        """What a watched day of January knew."""
        with closing(Warehouse(self.settings)) as warehouse:
            rows = warehouse.watched_days()
        return next(row for row in rows if row["day"] == date(2024, 1, day))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of the warehouse, read by its owner."""
        with psycopg.connect(self.settings.environment.warehouse_url) as warehouse:
            return warehouse.execute(statement).fetchall()


def quiet_customers(source: str) -> list[int]:
    """Customers in use of whom no ticket, request, contact or call to a rival is there."""
    asked = (
        "SELECT subs_id FROM boss.subs_his GROUP BY subs_id HAVING count(*) = 1 AND max(sts_cd) = 'A'"
        " AND min(eff_tm) < '2024-01-01'"
        " EXCEPT SELECT subs_id FROM boss.cmplt_ticket EXCEPT SELECT subs_id FROM boss.fault_ticket"
        " EXCEPT SELECT subs_id FROM boss.np_request EXCEPT SELECT subs_id FROM boss.keep_contact"
        " EXCEPT SELECT subs_id FROM boss.biz_request"
        " EXCEPT SELECT subs_id FROM boss.cdr WHERE opp_msisdn IN ('10010', '10000') OR acc_code = '17909'"
        " ORDER BY subs_id"
    )
    with psycopg.connect(source) as connection:
        return [row[0] for row in connection.execute(asked)]
