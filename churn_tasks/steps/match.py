"""Step ``match``: which lines are one person, and what each person is (B4, B5).

Reads the master records of the month and of a few months before (a line that has just gone may come back under another
number), the persons of the month before, and what people have decided. Offers new doubtful pairs to people. Nothing
here is ever logged but counts.
"""

from collections.abc import Sequence

from churn_tasks.core.months import Month
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import matching_months, month_before
from churn_tasks.runner.step import Decision, Made, Read, step
from churn_tasks.work.line_pairs import judged_pairs, pair_facts, write_pairs
from churn_tasks.work.match_model import write_model
from churn_tasks.work.persons import (
    compares_names,
    every_line_a_person,
    name_persons,
    write_persons,
)
from churn_tasks.work.review_queue import ask_people


def own_month_without_names(run: MonthRun) -> list[Month]:
    """Where no names are compared, every customer number of any table counts."""
    return [] if compares_names(run) else [run.month]


def decided_pairs(run: MonthRun) -> Sequence[object]:
    return run.warehouse.match_decisions()


@step(
    reads=(
        Read("clean_customer", needed=compares_names),
        Read("clean_customer", matching_months),
        Read("clean_*", own_month_without_names, needed=True),
        Read("customer_line", month_before, needed=compares_names),
        Read("match_pair", month_before),
        Read("review_decision"),
    ),
    writes=(
        "match_pair",
        "match_model",
        "customer_line",
        "customer",
        "customer_source",
    ),
    decisions=(Decision("review_decision", decided_pairs, when=compares_names),),
)
def match(run: MonthRun) -> Made:
    """Compare, judge, name the persons, and put each person together.

    Raises:
        SettingsError: the matching plan or the survivorship rules are malformed.
    """
    if not compares_names(run):
        return every_line_a_person(run)
    pairs = judged_pairs(run)
    rows = {"match_pair": write_pairs(run, pairs.judged)}
    rows["match_model"] = write_model(run, pairs.plan, pairs.scored.model)
    name_persons(run, pairs.groups)
    rows |= write_persons(run)
    asked = ask_people(run, pairs.judged)
    return Made(rows, pair_facts(pairs) | {"asked": asked})
