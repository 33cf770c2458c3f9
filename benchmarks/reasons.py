"""Whether the reasons on the list are right, against the simulator's hidden causes.

    .venv/bin/python -m benchmarks.reasons --seed 4 --seed 5

Each seed is an operator of its own, run month by month as in production; the truth is read when all is done and no
step sees it. Asked of everybody on a list who leaves from the list's as_of to the end of its predict window:

* *first said*: the first reason is a cause, and the true one. *cause seen*: it is a cause at all.
* *of those seen*: the first said, of those of whom a cause is seen.
* *likeliest*, *among three*: the true cause is ``cause_1``, or one of ``cause_1`` to ``cause_3``, seen or not.
* *furthest share*: the largest difference between a cause's share among these leavers and the mean probability of the
  listed (of causes that the playbook knows; the simulator's ``natural`` shows in no sign of its own).
* *same first*: share of the list whose first reason is the commonest one.
"""

from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.operators import lived_through
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.simulator import SimulationSettings

if TYPE_CHECKING:
    import pandas as pd

GROUP_OF = {  # the simulator's causes in the playbook's words
    "price": "plan_fit", "network": "network_fault", "service": "complaint", "competitor": "competitor",
    "contract_end": "contract_end", "arrears": "payment", "moving_away": "moving", "natural": "natural",
}  # fmt: skip
NOT_NEEDED = ("publish", "report", "catalogue")
COLUMNS = (
    "seed", "leavers", "first said", "cause seen", "of those seen", "likeliest", "among three", "furthest share",
    "same first",
)  # fmt: skip
TRUTH = "SELECT subs_id::text, cause, leave_date FROM sim_truth.subscriber WHERE cause IS NOT NULL"
console = Console(width=130)


def main(
    seed: Annotated[list[int], typer.Option(help="Of the simulator; repeat it.")],
    customers: Annotated[int, typer.Option(min=500)] = 2_500,
    months: Annotated[int, typer.Option(min=9)] = 11,
) -> None:
    """Measure every list of each seed and print a row a seed."""
    table = Table(*COLUMNS)
    for number in seed:
        simulation = SimulationSettings(customers=customers, months=months, seed=number)
        table.add_row(str(number), *measured(simulation))
    console.print(table)


def measured(simulation: SimulationSettings) -> list[str]:
    """The row of one seed, without the seed."""
    last = simulation.first_month + simulation.months - 1
    with lived_through(simulation, NOT_NEEDED) as settings:
        truth = true_causes(settings.environment.source_url)
        return figures(settings, last, truth)


def true_causes(source: str) -> "pd.DataFrame":
    """Everybody's hidden cause and day of leaving."""
    import pandas as pd

    with psycopg.connect(source) as connection:
        rows = connection.execute(TRUTH).fetchall()
    truth = pd.DataFrame(rows, columns=["customer_id", "cause", "leave_date"])
    return truth.assign(cause=truth["cause"].map(GROUP_OF))


def figures(settings: Settings, last: Month, truth: "pd.DataFrame") -> list[str]:
    """All lists of one operator against the truth."""
    import pandas as pd

    lists, causes = [], []
    for month in months_between(settings.first_month, last + 1):
        with closing(MonthRun(settings, month)) as run:
            if not run.lake.has("out_warning_list", month):
                continue
            window = run.window
            lists.append(_with_truth(run, truth, window.as_of, window.predict_end))
            causes.append(run.rows_of_month("score_cause", ["cause", "probability"]))
    listed = pd.concat(lists)
    leavers = listed[listed["leaves"]]
    is_seen = leavers["reason_1_role"] == "cause"
    is_first = is_seen & (leavers["reason_1"] == leavers["cause"])
    is_likeliest = leavers["cause_1"] == leavers["cause"]
    is_among = is_likeliest.copy()
    for place in (2, 3):
        is_among |= leavers[f"cause_{place}"] == leavers["cause"]
    expected = pd.concat(causes).groupby("cause")["probability"].mean()
    true = leavers["cause"].value_counts(normalize=True)
    furthest = (true.reindex(expected.index, fill_value=0) - expected).abs().max()
    commonest = listed["reason_1"].value_counts(normalize=True).iloc[0]
    shares = (
        is_first.mean(), is_seen.mean(), is_first[is_seen].mean(), is_likeliest.mean(), is_among.mean(), furthest,
        commonest,
    )  # fmt: skip
    return [str(len(leavers)), *(f"{share:.1%}" for share in shares)]


def _with_truth(
    run: MonthRun, truth: "pd.DataFrame", since: date, until: date
) -> "pd.DataFrame":
    """The list of a month, each with the true cause and whether he or she leaves in time to be asked about."""
    import pandas as pd

    columns: list[Any] = ["customer_id", "reason_1", "reason_1_role"]
    columns += ["cause_1", "cause_2", "cause_3"]
    listed = run.rows_of_month("out_warning_list", columns)
    known = listed.merge(truth, on="customer_id", how="left")
    days = pd.to_datetime(known["leave_date"])
    is_in_time = (days >= pd.Timestamp(since)) & (days < pd.Timestamp(until))
    return known.assign(leaves=is_in_time)


if __name__ == "__main__":
    typer.run(main)
