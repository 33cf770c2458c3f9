"""One row a line or one row a person: who takes the places of the list, and what it says of the person."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from churn_tasks.core.sections import WarningList
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.warning.grain import chosen
from churn_tasks.work.scoring import is_listed
from tests.lakes import put, rows
from tests.scored_lake import scored_run

# Pa holds a1 (0.9 * 10 = 9 expected loss) and a2 (0.4 * 50 = 20); Pb holds b (0.8 * 10); Pc holds c (0.1 * 10).
SCORES = pd.DataFrame(
    {"customer_id": ["a1", "a2", "b", "c"], "churn_score": [0.9, 0.4, 0.8, 0.1]}
)
LINES = pd.DataFrame(
    {
        "customer_id": ["a1", "a2", "b", "c"],
        "person_id": ["Pa", "Pa", "Pb", "Pc"],
        "arpu_cny": [10.0, 50.0, 10.0, 10.0],
    }
)


@pytest.mark.parametrize(
    ("grain", "share", "listed"),
    [
        ("line", 0.5, ["a1", "b"]),  # two of four lines
        (
            "customer",
            0.67,
            ["b", "a2"],
        ),  # two of three persons; Pa by the line that is worth most
        ("customer", 1.0, ["b", "a2", "c"]),
        ("line", 1.0, ["a1", "b", "a2", "c"]),
    ],
)
def test_who_is_on_the_list(grain: str, share: float, listed: list[str]) -> None:
    limits = WarningList(share=share, one_row_per=grain)
    assert chosen(SCORES, LINES, limits)["customer_id"].tolist() == listed
    shuffled = chosen(
        SCORES.sample(frac=1, random_state=1),
        LINES.sample(frac=1, random_state=2),
        limits,
    )
    assert shuffled["customer_id"].tolist() == listed


@pytest.mark.parametrize(
    ("grain", "share", "listed"),
    [
        # expected losses a2 20, a1 9, b 8, c 1: by score it is a1 and b
        ("line", 0.5, ["a2", "a1"]),
        ("customer", 0.67, ["a2", "b"]),
        ("customer", 1.0, ["a2", "b", "c"]),
        ("line", 1.0, ["a2", "a1", "b", "c"]),
    ],
)
def test_who_is_on_the_list_where_money_chooses(
    grain: str, share: float, listed: list[str]
) -> None:
    limits = WarningList(share=share, one_row_per=grain, by="priority")
    for seed in range(3):
        lines = LINES.sample(frac=1, random_state=seed)
        best = chosen(SCORES.sample(frac=1, random_state=seed), lines, limits)
        assert best["customer_id"].tolist() == listed


def test_where_nothing_is_paid_the_score_chooses() -> None:
    unpaid = LINES.assign(arpu_cny=0.0)
    by_priority = chosen(SCORES, unpaid, WarningList(share=0.5, by="priority"))
    assert by_priority["customer_id"].tolist() == ["a1", "b"]


def _with_persons(folder: Path, grain: str, by: str = "score") -> MonthRun:
    """Every two neighbours of the cohort are one person."""
    limits = {"share": 0.1, "one_row_per": grain, "by": by}
    run = scored_run(folder, warning_list=limits)
    people = sorted(row["customer_id"] for row in rows(run, "cohort"))
    made = [
        {
            "customer_id": line,
            "person_id": f"P{people[number - number % 2]}",
            "is_current": True,
            "line_count": 2,
        }
        for number, line in enumerate(people)
    ]
    put(run, "customer_line", str(run.month), made)
    return run


def test_the_list_of_persons_names_each_once_with_all_lines_counted(
    tmp_path: Path,
) -> None:
    run = _with_persons(tmp_path, "customer")
    every = {row["customer_id"]: row["churn_score"] for row in rows(run, "score_churn")}
    put_all_factors(run, every)
    run_on("warn", run)
    listed = rows(run, "out_warning_list")
    cohort = run.lake.rows("cohort", run.month)
    assert len(listed) == round(0.1 * cohort / 2)
    assert len({row["person_id"] for row in listed}) == len(listed)
    assert {row["line_count"] for row in listed} == {2}
    assert all(row["person_arpu_cny"] >= row["arpu_cny"] for row in listed)
    assert run_on("check_list", run).outcome == "done"
    run.close()


def test_the_list_of_lines_may_name_a_person_twice(tmp_path: Path) -> None:
    """Control: by line, the same lake puts both lines of some person on the list."""
    run = _with_persons(tmp_path, "line")
    run_on("warn", run)
    listed = rows(run, "out_warning_list")
    assert len(listed) == round(0.1 * run.lake.rows("cohort", run.month))
    assert len({row["person_id"] for row in listed}) < len(listed)
    assert run_on("check_list", run).outcome == "done"
    run.close()


@pytest.mark.parametrize("by", ["score", "priority"])
@pytest.mark.parametrize("grain", ["line", "customer"])
def test_score_explains_exactly_those_whom_warn_lists(
    tmp_path: Path, grain: str, by: str
) -> None:
    """Otherwise a listed person would have no reason: by customer it is not simply the highest scores."""
    run = _with_persons(tmp_path, grain, by)
    every = {row["customer_id"]: row["churn_score"] for row in rows(run, "score_churn")}
    put_all_factors(run, every)
    run_on("warn", run)
    customers = np.array(sorted(every), dtype=object)
    mask = is_listed(
        run,
        SimpleNamespace(customers=customers),
        np.array([every[line] for line in customers]),
    )
    assert set(customers[mask]) == {
        row["customer_id"] for row in rows(run, "out_warning_list")
    }
    run.close()


def put_all_factors(run: MonthRun, every: dict[str, float]) -> None:
    """A factor for everybody: other lines are on this list than the fixture explains."""
    unused = {"feature": "silent_days", "contribution": 0.5, "value": 9.0}
    made = [{"customer_id": line, **unused} for line in every]
    put(run, "score_factor", str(run.month), made)
