"""Alarms of the daily watch: the triggers of the days so far, with what the latest list says of their customers."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from churn_tasks.core.formulas import neutral_sql
from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.declared.query import load_question
from churn_tasks.declared.triggers import Raised
from churn_tasks.runner.day_run import DayRun
from churn_tasks.work.triggers import CUSTOMER, days_of_month, raised_sql

RAISED = "raised"
PROFILE = "month_profile"
KNOWN_CUSTOMERS = (
    "SELECT customer_id, phone_token, region_code, has_left FROM month_profile"
    " WHERE month = DATE {}"
)
OF_A_COHORT = (
    "SELECT DISTINCT customer_id, NULL AS phone_token, NULL AS region_code, false AS has_left"
    " FROM cohort WHERE month = (SELECT max(month) FROM cohort)"
)
WITH_LEAVING = (
    "SELECT DATE {} AS month, fired.*, coalesce(still_there.has_left, false) AS has_left"
    " FROM ({}) AS fired LEFT JOIN still_there ON still_there.customer_id = fired.customer_id"
)


def triggers_of_days(run: DayRun, raised: Sequence[Raised]) -> pa.Table:
    """Every trigger of the month so far as rows of ``out_trigger``, with ``month`` and ``has_left``.

    Who has left since is among them: an alarm of whoever is gone is another thing than one that was taken back.
    """
    month = literal(run.month.start)
    fired = raised_sql(run, list(raised), days_of_month(run))
    with run.engine.named(CUSTOMER, _customers(run, month)):
        rows = run.engine.connection.sql(WITH_LEAVING.format(month, fired))
        return rows.to_arrow_table()


def _customers(run: DayRun, month: str) -> str:
    """Everybody with a master record; where there is none, the latest cohort."""
    if PROFILE in run.registry.tables:
        run.engine.view(PROFILE)
        return KNOWN_CUSTOMERS.format(month)
    run.engine.view("cohort")
    return OF_A_COHORT


def alarm_rows(run: DayRun, fired: Sequence[pa.Table]) -> list[dict[str, Any]]:
    """The triggers of several months as alarms, in order of month, customer and trigger.

    Texts that a spreadsheet would run are made harmless, as on the list.
    """
    if not fired:
        return []
    question = load_question("warning", "daily_alarms")
    run.engine.views(*question.output.reads[1:], *question.output.optional)
    shown = []
    for column in question.output.columns:
        name = identifier(column.name)
        value = neutral_sql(column.name) if column.type == "text" else name
        shown.append(f"{value} AS {name}")
    with run.engine.registered(RAISED, pa.concat_tables(fired)):
        sql = f"SELECT {', '.join(shown)} FROM ({question.sql})"
        return run.engine.records(sql, {"month": run.month.start})


def rejected_rows(run: DayRun) -> int:
    """Rows of the month that are set aside so far."""
    run.engine.view("audit_rows")
    counted = run.engine.row(
        "SELECT coalesce(sum(quarantined), 0)::BIGINT AS rows FROM audit_rows"
        " WHERE month = $month AND step = 'integrate'",
        {"month": run.month.start},
    )
    return int(counted["rows"])
