"""Every model family and a few rules on the tested months of a lake: what each comes to, and what it costs.

    python -m benchmarks.families --profile telecom --month 2024-11 --state DIR
        [--families a,b] [--rules=x,-y] [--trials 20]

Reads the lake alone (no warehouse, no MLflow). A rule is a column, with a minus where low values go with leaving.
Precision and coverage are those of the list; the mean score stands beside the rate of leavers.
"""

import argparse
import resource
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from rich.console import Console

from churn_tasks.by_hand.backtest.run import with_families
from churn_tasks.core.family_files import family_files
from churn_tasks.core.months import Month
from churn_tasks.core.sections import Search
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.modeling.candidates import CandidateModel
from churn_tasks.modeling.validation import Judged
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.training import (
    TrainingWindow,
    judge,
    judged_here,
    month_candidates,
    offered_features,
    training_window,
)

console = Console(width=200)
COLUMNS = (
    "month", "tested", "model", "rows", "CPU s", "AUC", "AP", "precision", "coverage", "mean score", "rate",
)  # fmt: skip


def main() -> None:
    options = _options()
    _print_cells(COLUMNS)
    _print_cells(["---"] * len(COLUMNS))
    for month in options.month:
        settings = _settings(options)
        with closing(MonthRun(settings, Month.parse(month))) as run:
            _print_month(run)


def _settings(options: argparse.Namespace) -> Settings:
    """The profile with the wanted candidates, over the given lake."""
    own = load_settings(options.profile)
    names = options.families or [*family_files(own.profile_dir)]
    names = [name for name in names if name != "rule"]
    names += [f"rule:{rule}" for rule in options.rules]
    named = with_families(own, names)
    model = named.model
    if options.trials:
        search = Search(kind="random", trials=options.trials, months=3)
        model = model.model_copy(update={"search": search})
    return load_settings(options.profile, state_dir=options.state, model=model)


def _print_month(run: MonthRun) -> None:
    offered = offered_features(run)
    candidates = month_candidates(run, offered)
    window = training_window(run, candidates, None, offered)

    def judge_one(window: TrainingWindow, candidate: CandidateModel) -> Judged:
        before = _cpu()
        result = judged_here(window, candidate)
        _print_row(run.month, window, result, _cpu() - before)
        return result

    judge(window, candidates, judge_one)


def _print_row(
    month: Month, window: TrainingWindow, result: Judged, seconds: float
) -> None:
    outcome = result.outcome
    cells = [
        month,
        window.tested,
        result.name,
        f"{len(window.learn):,}",
        f"{seconds:.1f}",
        f"{outcome.auc:.4f}",
        f"{outcome.average_precision:.4f}",
        f"{outcome.precision:.3f}",
        f"{outcome.coverage:.3f}",
        f"{result.scores.mean():.4f}",
        f"{outcome.churn_rate:.4f}",
    ]
    _print_cells(map(str, cells))


def _print_cells(cells: Iterable[str]) -> None:
    console.print(f"| {' | '.join(cells)} |", soft_wrap=True, highlight=False)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", required=True)
    parser.add_argument("--month", required=True, action="append")
    parser.add_argument("--state", required=True, type=Path)
    parser.add_argument("--families", type=lambda text: text.split(","), default=[])
    parser.add_argument("--rules", type=lambda text: text.split(","), default=[])
    parser.add_argument("--trials", type=int, help="search parameters: so many trials")
    return parser.parse_args()


if __name__ == "__main__":
    main()
