"""The arms that hold when a list is made: those of its own first version, and of lists whose window still runs."""

from datetime import date

import pandas as pd

from churn_tasks.adapters.lake import Lake
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.windows import Calendar
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.warning.hold_out import TREAT, Arm, Standing

LIST = "out_warning_list"
KEY_ACCOUNT = "key_account_class"
COLUMNS = "customer_id, person_id, arm, arm_month"


def standing_months(run: MonthRun) -> list[Month]:
    """The run's own month, and those before whose draws still hold: of 2024-10 (delay 1, predict 1) 2024-09."""
    windows = run.settings.windows
    first = run.month + 1 - windows.delay - windows.predict
    earliest = max(first, run.settings.first_month)
    return list(months_between(earliest, run.month + 1))


def standing_arms(run: MonthRun) -> Standing:
    """What first versions of these lists say; an earlier list is not asked of those whom a later one names."""
    first_versions = Lake(run.lake.root)
    by_line: dict[str, Arm] = {}
    by_person: dict[str, Arm] = {}
    months = standing_months(run)
    for month in months:
        rows = run.engine.rows_of(LIST, month, first_versions)
        for row in run.engine.records(f"SELECT {COLUMNS} FROM {rows}"):
            arm = _arm(row["arm"], row["arm_month"])
            is_own = month == run.month
            if is_own or arm.drawn_for in months:
                by_line[row["customer_id"]] = arm
                by_person[row["person_id"]] = arm
    return Standing(by_line, by_person, first_versions.has(LIST, run.month))


def with_ends(rows: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """The list with ``arm_until``: the day on which a draw by lot ends, and with it the window of its list."""
    ends = []
    for first_day in rows["arm_month"]:
        is_drawn = first_day is not None
        ends.append(
            calendar.window(Month.of(first_day)).predict_end if is_drawn else None
        )
    return rows.assign(arm_until=pd.Series(ends, index=rows.index, dtype="object"))


def key_accounts(run: MonthRun) -> set[str]:
    """The lines that are always contacted: none unless ``hold_out.exempt_key_accounts`` says so.

    Raises:
        SettingsError: it says so, and the profile does not know who is a key account.
    """
    if not run.settings.hold_out.exempt_key_accounts:
        return set()
    table = run.registry.tables.get("month_profile")
    if table is None or KEY_ACCOUNT not in table.column_names:
        raise SettingsError(
            f"hold_out.exempt_key_accounts: profile {run.settings.profile} has no month_profile.{KEY_ACCOUNT}, which"
            " says who is a key account; deliver it with the customers, or take the setting out"
        )
    rows = run.rows_of_month("month_profile", ["customer_id", KEY_ACCOUNT])
    return set(rows.loc[rows[KEY_ACCOUNT].notna(), "customer_id"])


def _arm(name: str | None, drawn_for: date | None) -> Arm:
    """Lists from before there was a hold-out were called as a whole."""
    if name is None:
        return Arm(TREAT)
    return Arm(name, Month.of(drawn_for) if drawn_for else None)
