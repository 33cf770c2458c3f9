"""What the daily watch adds to the list, and what a day costs, on an operator whose truth is known.

    python benchmarks/watch.py FOLDER --from 2024-10-01 --to 2025-01-31 > benchmarks/results/watch.md

FOLDER is a copy of the state folder that the demo leaves (``postgres``, ``profiles`` below it), every month of it run.
Each day is watched as it was known when it ended; then lists and alarms are held against the days on which the
simulator made people leave. Asked of all who leave in the delay or the predict month of a list without changing lines;
warned in time: at least three days before. A list is out on the day of its run, an alarm on the morning after its day.
"""

import argparse
import resource
import time
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import pandas as pd  # noqa: TID253 - a benchmark is no DAG
import psycopg
import typer

from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.walks.day import watch_day

LEAD_DAYS = 3
FOLLOWED_DAYS = 60
TRUTH = """
SELECT subs_id::text AS customer_id, leave_date
FROM sim_truth.subscriber
WHERE leave_date IS NOT NULL AND subs_id NOT IN (SELECT old_subs_id FROM sim_truth.rotation)
"""
LISTED = """
SELECT w.month, w.customer_id FROM {0}.warning_list AS w
INNER JOIN (SELECT DISTINCT ON (month) month, run_id FROM {0}.manifest_history ORDER BY month, version) AS first
    ON first.month = w.month AND first.run_id = w.run_id
"""
ALARMS = "SELECT customer_id, trigger, priority, event_date, first_day FROM {0}.trigger_alarm"


def main() -> None:
    arguments = parsed()
    cluster = Cluster(arguments.folder / "postgres", durable=False)
    cluster.start()
    try:
        settings = load_settings(
            "telecom",
            state_dir=arguments.folder,
            source_url=cluster.url("source"),
            warehouse_url=cluster.url("warehouse"),
        )
        with closing(Warehouse(settings)) as warehouse:
            warehouse.migrate()
        if not arguments.judge_only:
            print_cost(settings, arguments.first, arguments.last)
        print_worth(settings, arguments.first, arguments.last)
    finally:
        cluster.stop()


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True)
    parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True)
    parser.add_argument("--judge-only", action="store_true")
    return parser.parse_args()


def print_cost(settings: Settings, first: date, last: date) -> None:
    """Watch every day, and say what the days cost."""
    cpu, wall, rows, alarms, incomplete = [], [], [], [], 0
    for number in range((last - first).days + 1):
        started, used = time.monotonic(), time.process_time()
        report = watch_day(settings, first + timedelta(days=number))
        cpu.append(time.process_time() - used)
        wall.append(time.monotonic() - started)
        rows.append(report.rows)
        alarms.append(report.alarms)
        incomplete += bool(report.missing)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    typer.echo(
        "| days | rows a day | alarms a day | CPU s a day (median, most) | wall s (median) | MB | with old data |"
    )
    typer.echo("| --- | --- | --- | --- | --- | --- | --- |")
    typer.echo(
        f"| {len(cpu)} | {median(rows):,.0f} | {median(alarms):,.0f} | {median(cpu):.1f}, {max(cpu):.1f}"
        f" | {median(wall):.1f} | {peak:,.0f} | {incomplete} |\n"
    )


def print_worth(settings: Settings, first: date, last: date) -> None:
    truth = frame(settings.environment.source_url, TRUTH)
    leaving = dict(zip(truth["customer_id"], truth["leave_date"], strict=True))
    schema = settings.warehouse_schema
    url = settings.environment.warehouse_url
    listed = frame(url, LISTED.format(schema))
    alarms = frame(url, ALARMS.format(schema))
    alarms["warned"] = [day + timedelta(days=1) for day in alarms["first_day"]]
    print_lists(settings, leaving, listed, alarms, first, last)
    print_triggers(leaving, alarms, last)


def frame(url: str, statement: str) -> pd.DataFrame:
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement)
        names = [column.name for column in cursor.description or ()]
        return pd.DataFrame(cursor.fetchall(), columns=names)


def print_lists(
    settings: Settings,
    leaving: dict[str, date],
    listed: pd.DataFrame,
    alarms: pd.DataFrame,
    first: date,
    last: date,
) -> None:
    """Coverage in time and precision of each list, of the alarms of its two months, and of both."""
    typer.echo(
        "| list | leavers | who warns | warned | in time | coverage | precision |"
    )
    typer.echo("| --- | --- | --- | --- | --- | --- | --- |")
    for start in sorted(set(listed["month"])):
        window = settings.calendar.window(Month.of(start))
        if window.as_of < first or window.predict_end > last + timedelta(days=1):
            continue
        leavers = {
            customer
            for customer, day in leaving.items()
            if window.as_of <= day < window.predict_end
        }
        by_list = dict.fromkeys(
            listed.loc[listed["month"] == start, "customer_id"], window.known_until
        )
        inside = alarms[
            (alarms["first_day"] >= window.as_of)
            & (alarms["first_day"] < window.predict_end)
        ]
        urgent = inside[inside["priority"] >= 75]
        told = {
            "list": by_list,
            "watch": first_warned(inside),
            "list and watch": earliest(by_list, first_warned(inside)),
            "watch, priority 75 or more": first_warned(urgent),
            "list and those": earliest(by_list, first_warned(urgent)),
        }
        for who, warned in told.items():
            hit = in_time(warned, leavers, leaving)
            typer.echo(
                f"| {Month.of(start)} | {len(leavers)} | {who} | {len(warned)} | {len(hit)}"
                f" | {len(hit) / len(leavers):.0%} | {len(hit) / max(len(warned), 1):.0%} |"
            )
    typer.echo()


def first_warned(alarms: pd.DataFrame) -> dict[str, date]:
    return alarms.groupby("customer_id")["warned"].min().to_dict()


def earliest(*told: dict[str, date]) -> dict[str, date]:
    warned: dict[str, date] = {}
    for each in told:
        for customer, day in each.items():
            warned[customer] = min(day, warned.get(customer, day))
    return warned


def in_time(
    warned: dict[str, date], leavers: set[str], leaving: dict[str, date]
) -> set[str]:
    return {
        customer
        for customer in leavers & warned.keys()
        if (leaving[customer] - warned[customer]).days >= LEAD_DAYS
    }


def print_triggers(leaving: dict[str, date], alarms: pd.DataFrame, last: date) -> None:
    """Each trigger by itself: alarms that could be followed for sixty days, who left after them, and how soon."""
    typer.echo(
        f"| trigger | alarms | left within {FOLLOWED_DAYS} days, {LEAD_DAYS} or more after | days from event to alarm"
        " (median) | days left to act (median) |"
    )
    typer.echo("| --- | --- | --- | --- | --- |")
    followed = alarms[alarms["warned"] <= last - timedelta(days=FOLLOWED_DAYS)]
    for trigger, rows in followed.groupby("trigger"):
        days = []
        for row in rows.itertuples():
            if row.customer_id in leaving:
                days.append((leaving[row.customer_id] - row.warned).days)
        soon = [each for each in days if LEAD_DAYS <= each <= FOLLOWED_DAYS]
        waited = [(row.warned - row.event_date).days for row in rows.itertuples()]
        known_to_the_day = trigger in ("port_requested", "threatened_leaving")
        wait = (
            f"{median(waited):.0f}" if known_to_the_day else "the source tells no day"
        )
        left = f"{median(soon):.0f}" if soon else ""
        typer.echo(
            f"| {trigger} | {len(rows)} | {len(soon) / len(rows):.0%} | {wait} | {left} |"
        )


if __name__ == "__main__":
    main()
