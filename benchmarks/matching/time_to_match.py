"""How long the step ``match`` takes on many customers, with what memory, and how well it finds planted doubles.

    python -m benchmarks.matching.time_to_match --customers 600000 --months 2

The records are made directly (``planted.py``) and written as ``clean_customer``; the first month starts from nothing,
later ones carry the persons of the month before. Prints a Markdown table: seconds on the wall and of CPU, peak resident
memory of the process, and precision and recall of the pairs of lines of one person.
"""

import argparse
import tempfile
from pathlib import Path

import pyarrow as pa  # noqa: TID253 - a benchmark is no DAG

from benchmarks.matching.planted import customers
from benchmarks.measure import taken
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import load_settings
from churn_tasks.core.sql_text import identifier
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on

HEAD = """
| month | lines | pairs merged | wall s | CPU s | peak RSS GiB | precision | recall |
|---|---|---|---|---|---|---|---|
""".strip()
GIB_MB = 1024
PAIRS = """
    WITH line AS (
        SELECT p.person_no, l.person_id
        FROM customer_line AS l
        JOIN planted AS p ON p.customer_id = l.customer_id
        WHERE l.month = $month
    ),
    merged AS (SELECT count(*) AS n FROM line GROUP BY person_id),
    true_person AS (SELECT count(*) AS n FROM line GROUP BY person_no),
    shared AS (SELECT count(*) AS n FROM line GROUP BY person_id, person_no)
    SELECT
        (SELECT sum(n * (n - 1) // 2) FROM merged) AS merged,
        (SELECT sum(n * (n - 1) // 2) FROM true_person) AS true_pairs,
        (SELECT sum(n * (n - 1) // 2) FROM shared) AS right_pairs
"""


def write_month(run: MonthRun, planted: pa.Table, month: Month) -> None:
    """One partition of ``clean_customer``."""
    first_day = f"DATE '{month.start}'"
    values = {
        "joined_date": "DATE '2023-05-01'",
        "service_status": "'active'",
        "event_date": first_day,
        "known_date": first_day,
    }
    values |= {name: identifier(name) for name in planted.column_names}
    names = run.registry.tables["clean_customer"].column_names
    columns = [f"{values.get(name, 'NULL')} AS {identifier(name)}" for name in names]
    with run.engine.registered("planted", planted):
        rows = f"SELECT {', '.join(columns)} FROM planted"
        run.engine.write("clean_customer", month, rows)


def precision_and_recall(run: MonthRun, planted: pa.Table) -> tuple[float, float]:
    """Of the pairs of lines of one person."""
    run.engine.view("customer_line")
    with run.engine.registered("planted", planted):
        pairs = run.engine.row(PAIRS, {"month": run.month.start})
    right = pairs["right_pairs"]
    return right / pairs["merged"], right / pairs["true_pairs"]


def matched(run: MonthRun, planted: pa.Table) -> str:
    """Match one month; its row of the table."""
    with taken() as step:
        report = run_on("match", run)
    precision, recall = precision_and_recall(run, planted)
    cells = (
        str(run.month),
        f"{report.rows['customer_line']:,}",
        f"{report.facts['merged']:,}",
        f"{step.wall_s:.0f}",
        f"{step.cpu_s:.0f}",
        f"{step.peak_mb / GIB_MB:.2f}",
        f"{precision:.4f}",
        f"{recall:.4f}",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=600_000)
    parser.add_argument("--months", type=int, default=2)
    parser.add_argument("--seed", type=int, default=2)
    given = parser.parse_args()
    planted = customers(given.customers, given.seed)
    print(HEAD)  # noqa: T201 - the result of a benchmark
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings("telecom", state_dir=Path(folder))
        first = settings.first_month
        for month in months_between(first, first + given.months):
            run = MonthRun(settings, month)
            write_month(run, planted, month)
            print(matched(run, planted), flush=True)  # noqa: T201 - the result of a benchmark
            run.close()


if __name__ == "__main__":
    main()
