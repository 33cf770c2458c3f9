"""Precision and recall of matching against the simulator's truth, seed by seed.

    python -m benchmarks.matching.against_truth --customers 6000 --months 3 --seeds 7 8 9

Pairs of lines of one person among the lines of the last month: as merged automatically, and as if a person had answered
every pair in review rightly. Rotation: lines that were left for another line of the same person, and those recognised.
"""

import argparse
import tempfile
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from benchmarks.operators import simulated
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.simulator import SimulationSettings
from churn_tasks.walks.month import run_step

STEPS = ("extract", "integrate", "match")
SHOWN = 10  # wrong and missed pairs
PERSONS = "SELECT subs_id::text, person_no FROM sim_truth.person"
ROTATIONS = "SELECT old_subs_id::text, new_subs_id::text FROM sim_truth.rotation"
CUSTOMERS = "SELECT customer_id FROM clean_customer WHERE month = $month"
LINES = (
    "SELECT customer_id, person_id, successor_id FROM customer_line"
    " WHERE month = $month"
)
IN_REVIEW = (
    "SELECT customer_id_a, customer_id_b FROM match_pair"
    " WHERE month = $month AND verdict = 'review'"
)

Pairs = set[tuple[str, str]]


class Truth(NamedTuple):
    """The person behind each line, and who came back: the line given up and the new one."""

    persons: dict[str, int]
    rotations: Pairs


class Answer(NamedTuple):
    """What matching said of the last month.

    Attributes:
        lines: all that were ever there.
        persons: the person of each line that still is.
        successors: lines given up, with the one that took their place.
        in_review: pairs put before a person.
    """

    lines: set[str]
    persons: dict[str, str]
    successors: Pairs
    in_review: Pairs


def measured(folder: Path, simulation: SimulationSettings) -> dict[str, Any]:
    """Simulate one operator, clean and match its months, and hold the last against the truth."""
    with simulated(folder, simulation) as places:
        source = places["source_url"]
        places["source_url"] = source.replace("postgres@", "churn_source_reader@")
        settings = load_settings("telecom", state_dir=folder, **places)
        first = settings.first_month
        end = first + simulation.months
        for month in months_between(first, end):
            for step in STEPS:
                run_step(step, settings, month)
        truth = _truth(source)
    answer = _answer(settings, end - 1)
    return {"seed": simulation.seed} | figures(answer, truth)


def _truth(source: str) -> Truth:
    with psycopg.connect(source) as connection:
        persons = connection.execute(PERSONS).fetchall()
        rotations = connection.execute(ROTATIONS).fetchall()
    return Truth(dict(persons), set(rotations))


def _answer(settings: Settings, last: Month) -> Answer:
    run = MonthRun(settings, last)
    run.engine.views("clean_customer", "customer_line", "match_pair")
    month = {"month": last.start}

    def asked(sql: str) -> list[tuple[Any, ...]]:
        return run.engine.connection.execute(sql, month).fetchall()

    lines = asked(LINES)
    person_of = {line: person for line, person, _ in lines}
    answer = Answer(
        lines=set(person_of),
        persons={line: person_of[line] for (line,) in asked(CUSTOMERS)},
        successors={(line, new) for line, _, new in lines if new},
        in_review=set(asked(IN_REVIEW)),
    )
    run.close()
    return answer


def figures(answer: Answer, truth: Truth) -> dict[str, Any]:
    """How many pairs are right, merged and in review, and which share of what is right."""
    right = together({line: truth.persons[line] for line in answer.persons})
    merged = together(answer.persons)
    reviewed = merged | (answer.in_review & right)
    told = answer.successors
    possible = _among(truth.rotations, answer.lines)
    return {
        "lines": len(answer.persons),
        "true pairs": len(right),
        "merged": len(merged),
        "precision": share(merged, right),
        "recall": share(right, merged),
        "in review": len(answer.in_review),
        "precision reviewed": share(reviewed, right),
        "recall reviewed": share(right, reviewed),
        "rotations": len(possible),
        "rotation found": share(possible, told),
        "rotation right": share(told, truth.rotations),
        "wrong": sorted(merged - right)[:SHOWN],
        "missed": sorted(right - merged)[:SHOWN],
    }


def _among(pairs: Pairs, lines: set[str]) -> Pairs:
    """Pairs whose lines are both known."""
    return {(old, new) for old, new in pairs if old in lines and new in lines}


def together(person_of: dict[str, Any]) -> Pairs:
    """Every pair of lines that has the same person."""
    lines_of: dict[Any, list[str]] = {}
    for line in sorted(person_of):
        lines_of.setdefault(person_of[line], []).append(line)
    pairs: Pairs = set()
    for of_one in lines_of.values():
        pairs.update(combinations(of_one, 2))
    return pairs


def share(whole: Pairs, part: Pairs) -> float:
    """Share of ``whole`` that is in ``part`` as well; 1 when there is nothing."""
    if not whole:
        return 1.0
    return round(len(whole & part) / len(whole), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=6_000)
    parser.add_argument("--months", type=int, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9])
    parser.add_argument(
        "--keep", type=Path, help="folder for the lakes; a temporary one when absent"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for seed in given.seeds:
            simulation = SimulationSettings(
                customers=given.customers,
                months=given.months,
                cdr_per_month=1,
                seed=seed,
            )
            folder = (given.keep or Path(temporary)) / str(seed)
            for name, value in measured(folder, simulation).items():
                print(f"{name}: {value}", flush=True)  # noqa: T201 - the result of a benchmark


if __name__ == "__main__":
    main()
