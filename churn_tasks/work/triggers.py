"""Triggers raised over some days of a month, and those of the customers on the list."""

from churn_tasks.core.currency import currency
from churn_tasks.core.months import Month
from churn_tasks.declared.trigger_sql import AskedDays, date_sql, triggers_sql
from churn_tasks.declared.triggers import Raised, load_triggers, possible
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.step import Made

TRIGGERS = "out_trigger"
CUSTOMER = "still_there"
STILL_THERE = (
    "SELECT customer_id, phone_token, region_code FROM month_profile"
    " WHERE month = {} AND has_left IS NOT TRUE"
)
KNOWN_AS_BEFORE = """\
SELECT raised.* REPLACE (coalesce(before.known_date, raised.known_date) AS known_date)
FROM (
{rows}
) AS raised
LEFT JOIN {before} AS before
    ON before.customer_id = raised.customer_id AND before."trigger" = raised."trigger"
    AND before.event_date = raised.event_date"""
OF_THE_COHORT = (
    "SELECT customer_id, NULL AS phone_token, NULL AS region_code FROM cohort"
    " WHERE month = {}"
)


def days_of_month(run: MonthRun) -> AskedDays:
    """The days of the run's month up to its as_of, with what it knows; a watched day's as_of is the day after."""
    return AskedDays(
        before=run.window_of(run.month - 1),
        since=run.month.start,
        until=run.window.as_of,
        known_until=run.window.known_until,
    )


def possible_triggers(run: MonthRun) -> list[Raised]:
    """The enabled triggers whose tables the profile has."""
    return possible(load_triggers(run.settings), run.registry.tables)


def raise_triggers(run: MonthRun, asked: AskedDays) -> Made:
    """Write ``out_trigger`` of the month that the asked days lie in; nothing where the profile has no trigger.

    Raises:
        SettingsError: ``triggers.yaml`` names an event or a value that cannot be.
    """
    raised = possible_triggers(run)
    if not raised:
        return Made(idle="the profile has no trigger that its tables make possible")
    sql = _known_as_before(run, raised_sql(run, raised, asked))
    with run.engine.named(CUSTOMER, still_there_sql(run)):
        rows = run.engine.write(TRIGGERS, run.month, sql)
    return Made({TRIGGERS: rows}, facts=fired(run))


def raised_sql(run: MonthRun, raised: list[Raised], asked: AskedDays) -> str:
    """The rows of the triggers, with what they read in sight; the relation ``still_there`` must be there."""
    for one in raised:
        run.engine.views(*one.event.output.sources)
        if one.trigger.tier:
            run.engine.view("month_profile")
        if one.trigger.value_tiers:
            run.engine.view("feat_value")
    month = Month.of(asked.since).start
    return triggers_sql(raised, asked, month, currency(run.settings.currency))


def _known_as_before(run: MonthRun, sql: str) -> str:
    """The rows of a restatement; a trigger that was raised before, over the same day, keeps the day it was known by.

    So a month whose triggers have not changed has the same bytes, and its list no further version.
    """
    if run.restated_until is None:
        return sql
    before = run.engine.rows_of(TRIGGERS, run.month, run.lake.before())
    return KNOWN_AS_BEFORE.format(rows=sql, before=before)


def still_there_sql(run: MonthRun) -> str:
    """Who is still a customer: by the master record, or by the cohort where there is none."""
    has_profile = "month_profile" in run.registry.tables
    run.engine.view("month_profile" if has_profile else "cohort")
    select = STILL_THERE if has_profile else OF_THE_COHORT
    return select.format(date_sql(run.month.start))


def fired(run: MonthRun) -> dict[str, int]:
    """How many customers each trigger was raised for."""
    run.engine.view(TRIGGERS)
    sql = (
        'SELECT "trigger" AS name, count(*) AS customers FROM out_trigger'
        " WHERE month = $month GROUP BY name ORDER BY name"
    )
    rows = run.engine.records(sql, {"month": run.month.start})
    return {row["name"]: row["customers"] for row in rows}
