"""The step on a source that fails while its rows are being written: the error is told, and nothing is written."""

from pathlib import Path

from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import rows, small_profile

BILL = """
SELECT account AS customer_id, account || '-' || n AS bill_id, 'plan_fee' AS item_code, amount AS amount_cny,
    DATE '2024-03-05' AS event_date, DATE '2024-03-06' AS known_date
FROM lines
"""
HEADER, ROW = "account,n,amount\n", "C1,%d,1.50\n"


def run_of(tmp_path: Path, content: str) -> MonthRun:
    profile = small_profile(
        tmp_path,
        ("bill",),
        source={"kind": "files", "files": {"lines": "*.csv"}, "batch_rows": 1_000},
    )
    (profile / "extract" / "bill.sql").write_text(BILL)
    (tmp_path / "drops").mkdir(exist_ok=True)
    (tmp_path / "drops" / "a.csv").write_text(content)
    return MonthRun(
        load_settings(
            str(profile), state_dir=tmp_path / "state", data_path=tmp_path / "drops"
        ),
        Month(2024, 3),
    )


def test_a_malformed_row_at_the_end_of_a_long_file_is_set_aside(
    tmp_path: Path,
) -> None:
    """The rows handed on before it are read again, once; nothing keeps the number that stood in it."""
    good = HEADER + "".join(ROW % number for number in range(100_000))
    run = run_of(tmp_path, good + "C2,1,13800138000,too much\n")
    run_on("extract", run)
    assert len(rows(run, "raw_bill")) == 100_000
    damaged = [row for row in rows(run, "file_line") if row["kind"] == "row_fields"]
    assert [row["line_number"] for row in damaged] == [100_002]
    assert damaged[0]["line_text"] == "C2,1,138****8000,too much"
    run.close()
