"""A month whose files are damaged: the lines go to quarantine, the books balance, and too much damage stops it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from churn_tasks.by_hand.quarantine import Chosen, rows_to_release
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.sections import Quality
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import rows, small_profile

JANUARY = Month(2024, 1)
BILLS = """
SELECT account AS customer_id, account || '-' || period AS bill_id, 'plan_fee' AS item_code, amount AS amount_cny,
    CAST(period || '-01' AS DATE) AS event_date, CAST(period || '-01' AS DATE) + 32 AS known_date
FROM bills
"""
COMPLAINTS = """
SELECT id AS complaint_id, account AS customer_id, CAST(day AS DATE) AS event_date, CAST(day AS DATE) AS known_date,
    'price' AS category, text AS complaint_text
FROM complaints
"""
FRAME = ["出账明细,,", "account,period,amount"]
BILL_LINES = [f"{700_001 + n},2024-01,58.00" for n in range(300)]
TICKETS = [f"T{n},{700_001 + n},2024-01-{1 + n % 28:02d},资费太贵" for n in range(60)]


def settings_of(folder: Path, bills: list[str], complaints: list[bytes]) -> Settings:
    files = {
        "bills": {
            "path": "bills_{month}.csv",
            "names_line": 2,
            "footer_begins": ["共"],
        },
        "complaints": {"path": "complaints_{month}.csv", "encoding": "gbk"},
    }
    source = {"kind": "files", "files": files}
    profile = small_profile(folder, ["bill", "complaint"], source=source)
    (profile / "extract" / "bill.sql").write_text(BILLS, encoding="utf-8")
    (profile / "extract" / "complaint.sql").write_text(COMPLAINTS, encoding="utf-8")
    drops = folder / "drops"
    drops.mkdir()
    text = "\n".join([*FRAME, *bills, "共 300 条"]) + "\n"
    (drops / "bills_2024-01.csv").write_text(text, encoding="utf-8")
    given = b"id,account,day,text\n" + b"".join(line + b"\n" for line in complaints)
    (drops / "complaints_2024-01.csv").write_bytes(given)
    return load_settings(str(profile), state_dir=folder / "state", data_path=drops)


def chinese(lines: list[str]) -> list[bytes]:
    return [line.encode("gbk") for line in lines]


@pytest.fixture
def damaged(tmp_path: Path) -> Iterator[MonthRun]:
    """One ticket cut within a character, one with an open quote, one of no day; two bills with a field too many."""
    tickets = chinese(TICKETS)
    tickets[30] = tickets[30][:-1]
    tickets[40] = 'T40,700041,2024-01-13,"说 13800138000'.encode("gbk")
    tickets[50] = "T50,700051,2024-02-30,走".encode("gbk")
    bills = [*BILL_LINES]
    bills[7] += ",x"
    bills[9] += ",y"
    with closing(MonthRun(settings_of(tmp_path, bills, tickets), JANUARY)) as run:
        for step in ("extract", "late", "check_raw", "integrate"):
            run_on(step, run)
        yield run


def test_damaged_lines_are_in_quarantine_by_file_and_line(damaged: MonthRun) -> None:
    found = {}
    for row in rows(damaged, "quarantine"):
        found[row["value_text"]] = (row["table_name"], row["rule"], row["column_name"])
    assert found == {
        "bills_2024-01.csv, line 10": ("bill", "row_fields", None),
        "bills_2024-01.csv, line 12": ("bill", "row_fields", None),
        "complaints_2024-01.csv, line 32": ("complaint", "row_encoding", None),
        "complaints_2024-01.csv, line 42": ("complaint", "row_quotes", None),
        "complaints_2024-01.csv, line 52": (
            "complaint",
            "row_unreadable",
            "event_date",
        ),
    }
    kept = " ".join(row["row_json"] for row in rows(damaged, "quarantine"))
    assert "138****8000" in kept and "13800138000" not in kept


def test_every_line_is_accounted_for(damaged: MonthRun) -> None:
    """Lines = rows + frame + damaged; rows in = rows out + set aside, at each step."""
    counted: dict[str, dict[str, int]] = {}
    for row in rows(damaged, "file_line"):
        of_file = counted.setdefault(row["file_name"], {})
        of_file[row["kind"]] = of_file.get(row["kind"], 0) + row["row_count"]
    assert counted == {
        "bills_2024-01.csv": {"row": 298, "above_names": 1, "names": 1, "footer": 1, "row_fields": 2},
        "complaints_2024-01.csv": {"row": 57, "names": 1, "row_encoding": 1, "row_quotes": 1, "row_unreadable": 1},
    }  # fmt: skip
    books = {}
    for row in rows(damaged, "audit_rows"):
        books[row["step"], row["table_name"]] = (
            row["rows_in"],
            row["rows_out"],
            row["quarantined"],
        )
    assert books == {
        ("extract", "bill"): (300, 298, 2),
        ("extract", "complaint"): (60, 57, 3),
        ("integrate", "bill"): (298, 298, 0),
        ("integrate", "complaint"): (57, 57, 0),
    }


def test_damage_is_measured_and_warned_of(damaged: MonthRun) -> None:
    """Three of 60 are few enough to go on and many enough to be told."""
    judged = {
        row["table_name"]: row
        for row in rows(damaged, "profile")
        if row["measure"] == "damaged_share"
    }
    assert judged["complaint"]["value"] == pytest.approx(3 / 60)
    assert judged["bill"]["value"] == pytest.approx(2 / 300)


def test_a_line_that_became_no_row_cannot_be_released(damaged: MonthRun) -> None:
    chosen = Chosen(JANUARY, "bill", "row_fields", ())
    with pytest.raises(BadInput, match=r"became no row.*Have the file corrected"):
        rows_to_release(damaged.settings, chosen)


def test_more_damage_than_the_contract_allows_stops_before_anything_is_written(
    tmp_path: Path,
) -> None:
    """Twelve of 60 tickets; ten are what a small table may lose."""
    tickets = chinese(TICKETS)
    for number in range(0, 60, 5):
        tickets[number] += b",x"
    with closing(MonthRun(settings_of(tmp_path, BILL_LINES, tickets), JANUARY)) as run:
        with pytest.raises(
            BadInput,
            match=r"raw_complaint 2024-01.*12 rows.*line 2, 7.*20\.0% of its lines",
        ) as told:
            run_on("extract", run)
        assert not run.lake.has("raw_complaint", JANUARY)
        assert "disposals: {damaged: 0.02}" in str(told.value)
    _, _, line = str(told.value).partition("quality: ")
    stated = Quality.model_validate(yaml.safe_load(line))
    settings = run.settings.model_copy(update={"quality": stated})
    with closing(MonthRun(settings, JANUARY)) as allowed:
        run_on("extract", allowed)
        assert allowed.lake.rows("raw_complaint", JANUARY) == 48


def test_a_file_without_frame_and_damage_is_not_read_line_by_line(
    tmp_path: Path,
) -> None:
    """A clean month has no such table, and costs nothing more."""
    settings = settings_of(tmp_path, BILL_LINES, chinese(TICKETS))
    with closing(MonthRun(settings, JANUARY)) as run:
        report = run_on("extract", run)
        assert report.facts == {"frame_lines": 3}
        assert {row["table_name"] for row in rows(run, "file_line")} == {"bill"}
