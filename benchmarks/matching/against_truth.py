"""Precision and recall of matching against the simulator's truth, seed by seed.

    python -m benchmarks.matching.against_truth --customers 6000 --months 3 --seeds 7 8 9

Pairs of lines of one person among the lines of the last month: as merged automatically, and as if a person had answered
every pair in review rightly. Rotation: lines that were left for another line of the same person, and those recognised.
"""

import argparse
import tempfile
from itertools import combinations
from pathlib import Path
from typing import Any

import psycopg

from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.simulator import SimulationSettings, simulate
from churn_tasks.walks.month import run_step

STEPS = ("extract", "integrate", "match")
Pairs = set[tuple[str, str]]


def measured(
    cluster: Cluster, folder: Path, customers: int, months: int, seed: int
) -> dict[str, Any]:
    """Simulate one operator, clean and match its months, and hold the last against the truth."""
    source = cluster.create_database(f"truth_{seed}")
    simulate(
        source,
        SimulationSettings(
            customers=customers, months=months, cdr_per_month=1, seed=seed
        ),
    )
    settings = load_settings(
        "telecom",
        state_dir=folder / str(seed),
        source_url=source.replace("postgres@", "churn_source_reader@"),
        warehouse_url=cluster.create_database(f"warehouse_{seed}"),
    )
    last = settings.first_month + months - 1
    for month in months_between(settings.first_month, last + 1):
        for step in STEPS:
            run_step(step, settings, month)
    with psycopg.connect(source) as connection:
        persons = dict(
            connection.execute(
                "SELECT subs_id::text, person_no FROM sim_truth.person"
            ).fetchall()
        )
        rotated = connection.execute(
            "SELECT old_subs_id::text, new_subs_id::text FROM sim_truth.rotation"
        ).fetchall()
    return {"seed": seed} | figures(settings, last, persons, rotated)


def figures(
    settings: Settings,
    last: Month,
    persons: dict[str, int],
    rotated: list[tuple[str, str]],
) -> dict[str, Any]:
    run = MonthRun(settings, last)
    run.engine.views("clean_customer", "customer_line", "match_pair")
    month = {"month": last.start}

    def asked(sql: str) -> list[tuple[Any, ...]]:
        return run.engine.connection.execute(sql, month).fetchall()

    there = {
        line
        for (line,) in asked(
            "SELECT customer_id FROM clean_customer WHERE month = $month"
        )
    }
    lines = asked(
        "SELECT customer_id, person_id, successor_id, ended_date FROM customer_line WHERE month = $month"
    )
    right = together({line: persons[line] for line in there})
    found = together({line: person for line, person, *_ in lines if line in there})
    asked_about = set(
        asked(
            "SELECT customer_id_a, customer_id_b FROM match_pair WHERE month = $month AND verdict = 'review'"
        )
    )
    answered = found | (asked_about & right)
    run.close()
    true_rotation, told = set(rotated), {(old, new) for old, _, new, _ in lines if new}
    known = {line for line, *_ in lines}
    possible = {
        (old, new) for old, new in true_rotation if old in known and new in known
    }
    return {
        "lines": len(there), "true pairs": len(right), "merged": len(found),
        "precision": rate(found & right, found), "recall": rate(found & right, right),
        "in review": len(asked_about), "precision reviewed": rate(answered & right, answered),
        "recall reviewed": rate(answered & right, right),
        "rotations": len(possible), "rotation found": rate(told & possible, possible),
        "rotation right": rate(told & true_rotation, told), "wrong": sorted(found - right)[:10],
        "missed": sorted(right - found)[:10],
    }  # fmt: skip


def together(of: dict[str, Any]) -> Pairs:
    """Every pair of lines that has the same person."""
    groups: dict[Any, list[str]] = {}
    for line, person in of.items():
        groups.setdefault(person, []).append(line)
    return {
        pair for group in groups.values() for pair in combinations(sorted(group), 2)
    }


def rate(part: Pairs, whole: Pairs) -> float:
    return round(len(part) / len(whole), 4) if whole else 1.0


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
        cluster = Cluster(Path(temporary) / "postgres", durable=False)
        cluster.start()
        try:
            for seed in given.seeds:
                folder = given.keep or Path(temporary)
                for name, value in measured(
                    cluster, folder, given.customers, given.months, seed
                ).items():
                    print(f"{name}: {value}", flush=True)  # noqa: T201 - the result of a benchmark
        finally:
            cluster.remove()


if __name__ == "__main__":
    main()
