"""The step on a source that fails while its rows are being written: the error is told, and nothing is written."""

import traceback
from pathlib import Path

import pytest

from churn_tasks.core.errors import BadInput
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


def test_a_malformed_row_at_the_end_of_a_long_file_stops_the_step(
    tmp_path: Path,
) -> None:
    good = HEADER + "".join(ROW % number for number in range(100_000))
    run = run_of(tmp_path, good + "C2,1,13800138000,too much\n")
    with pytest.raises(
        BadInput, match=r"a\.csv: 1 row with more fields than columns.*line 100002"
    ) as caught:
        run_on("extract", run)
    assert "13800138000" not in "".join(traceback.format_exception(caught.value))
    assert not run.lake.has("raw_bill", run.month)
    run.close()
    mended = run_of(tmp_path, good)
    run_on("extract", mended)
    assert len(rows(mended, "raw_bill")) == 100_000
