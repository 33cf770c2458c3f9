"""What the lists changed, from the lake's lists and truth and the warehouse's ledger."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date

import pandas as pd

from churn_tasks.core.months import Month
from churn_tasks.declared.query import load_question
from churn_tasks.effect.contract import entry_contract
from churn_tasks.effect.drawn import by_channel, persons_of
from churn_tasks.effect.told import Effect, counted, told
from churn_tasks.report.outcome import list_windows
from churn_tasks.runner.month_run import MonthRun

CONTACTS = (
    "customer_id", "contact_day", "channel", "is_reached", "is_accepted", "cost_cny",
)  # fmt: skip


def record_effects(run: MonthRun) -> int:
    """Add what the lists changed, as far as this run knows; returns new rows."""
    effects = effects_known(run, run.window.known_until)
    if not effects:
        return 0
    rows = [effect.row() for effect in effects]
    return run.warehouse.record_effects(run.month, rows)


def effects_known(
    run: MonthRun, until: date, months: Sequence[Month] = ()
) -> list[Effect]:
    """What the lists changed whose truth is in when the month runs.

    Args:
        until: contacts from this day on are not looked at.
        months: of the lists; none: all of them.
    """
    lines = drawn_lines(run)
    if months:
        starts = [pd.Timestamp(month.start) for month in months]
        lines = lines[pd.to_datetime(lines["month"]).isin(starts)]
    if lines.empty:
        return []
    contacts = contacts_until(run, until)
    persons = persons_of(lines, contacts)
    effects = told(persons, run.settings.hold_out.most_contacted)
    return effects + counted(by_channel(lines, contacts))


def drawn_lines(run: MonthRun) -> pd.DataFrame:
    """The lines whose arm was drawn for their list, and whether they left while it ran."""
    question = load_question("report", "drawn_lines")
    last = run.settings.calendar.label_month(run.month)
    with closing(run.as_known()) as known:
        windows = list_windows(run.settings, last)
        with known.engine.registered("list_window", windows):
            answer = known.engine.ask(question, {"label_month": last.start})
    return pd.DataFrame(answer, columns=question.output.column_names)


def contacts_until(run: MonthRun, until: date) -> pd.DataFrame:
    """What is on record before a day, one row a contact."""
    contract = entry_contract()
    rows = []
    for contact in run.warehouse.contacts(until):
        outcome = contact["outcome"]
        cells = {
            **contact,
            "is_reached": outcome in contract.reached,
            "is_accepted": outcome in contract.accepted,
            "cost_cny": float(contact["cost_cny"] or 0),
        }
        rows.append({name: cells[name] for name in CONTACTS})
    return pd.DataFrame(rows, columns=list(CONTACTS))
