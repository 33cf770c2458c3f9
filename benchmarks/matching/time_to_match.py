"""How long the step ``match`` takes on many customers, with what memory, and how well it finds planted doubles.

    python -m benchmarks.matching.time_to_match --customers 600000 --months 2

The records are made directly (``planted.py``) and written as ``clean_customer``; the first month starts from nothing,
later ones carry the persons of the month before. Prints a Markdown table: seconds on the wall and of CPU, peak resident
memory of the process, and precision and recall of the pairs of lines of one person.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import pyarrow as pa  # noqa: TID253 - a benchmark is no DAG

from benchmarks.matching.planted import customers
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on

FIXED = {"joined_date": "DATE '2023-05-01'", "service_status": "'active'"}


def write_month(run: MonthRun, planted: pa.Table, month: Month) -> None:
    """One partition of ``clean_customer``."""
    there = set(planted.column_names)
    fixed = FIXED | {
        "event_date": f"DATE '{month.start}'",
        "known_date": f"DATE '{month.start}'",
    }
    names = run.registry.tables["clean_customer"].column_names
    shown = ", ".join(
        f'"{name}"' if name in there else f'{fixed.get(name, "NULL")} AS "{name}"'
        for name in names
    )
    with run.engine.registered("planted", planted):
        run.engine.write("clean_customer", month, f"SELECT {shown} FROM planted")


def found(run: MonthRun, planted: pa.Table) -> tuple[float, float]:
    """Precision and recall, counted as pairs."""
    run.engine.view("customer_line")
    with run.engine.registered("planted", planted):
        counts = run.engine.row(
            "WITH line AS (SELECT p.person_no, l.person_id FROM customer_line AS l JOIN planted AS p"
            " ON p.customer_id = l.customer_id WHERE l.month = $month),"
            " merged AS (SELECT count(*) AS n FROM line GROUP BY person_id),"
            " right_pairs AS (SELECT count(*) AS n FROM line GROUP BY person_no),"
            " shared_pairs AS (SELECT count(*) AS n FROM line GROUP BY person_id, person_no)"
            " SELECT (SELECT sum(n * (n - 1) // 2) FROM merged) AS merged,"
            " (SELECT sum(n * (n - 1) // 2) FROM right_pairs) AS true_pairs,"
            " (SELECT sum(n * (n - 1) // 2) FROM shared_pairs) AS found",
            {"month": run.month.start},
        )
    return counts["found"] / counts["merged"], counts["found"] / counts["true_pairs"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=600_000)
    parser.add_argument("--months", type=int, default=2)
    parser.add_argument("--seed", type=int, default=2)
    given = parser.parse_args()
    planted = customers(given.customers, given.seed)
    head = "| month | lines | pairs merged | wall s | CPU s | peak RSS GiB | precision | recall |"
    print(head)  # noqa: T201
    print("|---|---|---|---|---|---|---|---|")  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings("telecom", state_dir=Path(folder))
        for month in months_between(
            settings.first_month, settings.first_month + given.months
        ):
            run = MonthRun(settings, month)
            write_month(run, planted, month)
            wall, cpu = time.monotonic(), time.process_time()
            report = run_on("match", run)
            wall, cpu = time.monotonic() - wall, time.process_time() - cpu
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            precision, recall = found(run, planted)
            figures = (
                f"{wall:.0f} | {cpu:.0f} | {peak:.2f} | {precision:.4f} | {recall:.4f}"
            )
            lines, merged = report.rows["customer_line"], report.facts["merged"]
            print(f"| {month} | {lines:,} | {merged:,} | {figures} |", flush=True)  # noqa: T201
            run.close()


if __name__ == "__main__":
    main()
