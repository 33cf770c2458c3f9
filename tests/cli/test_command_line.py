"""The command line: one clear message for each mistake, and never a traceback for an error raised on purpose."""

import subprocess
import sys
from pathlib import Path

import pytest

from churn_tasks import cli
from churn_tasks.by_hand.source import unread_files
from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.settings import REPOSITORY, load_settings, process_environment
from churn_tasks.declared.lineage.gaps import load_gaps
from tests.lakes import small_profile


def _churn(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "churn_tasks", *arguments]
    clean = {
        name: value
        for name, value in process_environment().items()
        if not name.startswith("CHURN_")
    }
    environment = {**clean, "CHURN_STATE_DIR": str(folder)}
    return subprocess.run(
        command,
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_brackets_of_a_message_are_printed(capsys, monkeypatch) -> None:
    """A line to be copied into the settings is no markup of the terminal's library."""
    said = "- {measures: bill.rows, allowed: [null, 0.1]}"

    def fail() -> None:
        raise CheckFailed(said)

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit):
        cli.main()
    assert said in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("step", "extract", "--month", "2024-13"),
            "month '2024-13' is not of the form YYYY-MM",
        ),
        (
            ("step", "extarct", "--month", "2024-03"),
            "there is no step 'extarct'; there are extract, late, check_raw",
        ),
        (
            ("run", "--month", "2024-03", "--profile", "telecon"),
            "Give one of retail, telecom, telecom_wide",
        ),
        (
            ("run", "--month", "2025-03", "--through", "2025-01"),
            "the last month, 2025-01, lies before the first, 2025-03",
        ),
        (
            ("backtest", "--from", "2025-03", "--to", "2024-12"),
            "the last month, 2024-12, lies before the first, 2025-03",
        ),
        (
            ("effect", "--from", "2025-03", "--to", "2025-02"),
            "the last month, 2025-02, lies before the first, 2025-03",
        ),
        (("step", "extract", "--month", "2024-03"), "CHURN_SOURCE_URL is not set"),
        (
            ("step", "train", "--month", "2024-12"),
            "Run first: churn step promote --month 2024-11",
        ),
    ],
)
def test_a_mistake_is_told_in_one_message(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    done = _churn(tmp_path, *arguments)
    told = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1
    assert "Traceback" not in told
    assert said in told


INTERRUPTED = """
import os, signal, threading, time
import duckdb
from churn_tasks import cli
from churn_tasks.by_hand.source import unread_files

def work():
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
    {busy}

cli.app = work
cli.main()
"""
# which the engine does not always break off: then the process is ended from beside it
LONG_QUERY = 'duckdb.sql("SELECT max(hash(a.range, b.range)) FROM range(1_000_000) a, range(1_000_000) b").fetchall()'


@pytest.mark.parametrize(
    "busy",
    [
        LONG_QUERY,
        "time.sleep(60)",
        f"""
    try:
        {LONG_QUERY}
    except BaseException:
        raise ValueError("a library makes another error of it")""",
    ],
)
def test_ctrl_c_ends_without_a_traceback(busy: str) -> None:
    """Within a query of the engine, in plain Python, and where something in between turns it into another error."""
    done = _python(INTERRUPTED.format(busy=busy))
    assert (done.returncode, done.stderr) == (130, "")
    assert "Stopped. What was finished stays" in done.stdout


def test_any_other_error_keeps_its_traceback() -> None:
    """Negative control: a fault of the code is not taken for Ctrl-C."""
    done = _python(INTERRUPTED.format(busy="raise ValueError('a fault')"))
    assert done.returncode == 1
    assert "ValueError: a fault" in done.stderr


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_dictionary_is_printed_in_both_languages(tmp_path: Path) -> None:
    done = _churn(tmp_path, "dictionary", "--profile", "retail")
    assert done.returncode == 0
    assert "Data dictionary 数据字典: Online gift shop" in done.stdout


def test_the_sql_behind_a_feature_is_printed(tmp_path: Path) -> None:
    done = _churn(tmp_path, "features", "sql", "voice_out_slope_min")
    assert done.returncode == 0
    assert "(voice_out_0 - voice_out_2) / 2 AS voice_out_slope_min" in done.stdout
    assert "LEFT JOIN month_usage AS usage_0" in done.stdout
    unknown = _churn(tmp_path, "features", "sql", "feat_cals")
    assert unknown.returncode == 1
    assert "no active feature table or feature 'feat_cals'; there are" in " ".join(
        unknown.stdout.split()
    )


def test_the_catalogue_is_listed_in_either_language(tmp_path: Path) -> None:
    english = _churn(
        tmp_path, "features", "list", "--profile", "telecom_wide", "--group", "tenure"
    )
    assert english.returncode == 0
    assert "Days on the network up to as_of" in english.stdout
    chinese = _churn(
        tmp_path, "features", "list", "--profile", "telecom_wide", "--language", "zh"
    )
    assert "截至观察截止日的在网天数" in chinese.stdout


def test_every_pattern_is_explained(tmp_path: Path) -> None:
    done = _churn(tmp_path, "features", "patterns")
    assert done.returncode == 0
    assert "to_past" in done.stdout and "y_to_past_ratio" in done.stdout


def test_a_file_of_the_profile_that_nothing_reads_is_named(tmp_path: Path) -> None:
    """A contract in the wrong folder and an extract without one would be passed over in silence."""
    profile = small_profile(tmp_path, ["bill"])
    (profile / "tables").mkdir(exist_ok=True)
    (profile / "tables" / "visit.yaml").write_text("table: visit\n", encoding="utf-8")
    (profile / "extract" / "visit.sql").write_text("SELECT 1\n", encoding="utf-8")
    settings = load_settings(str(profile))
    told = unread_files(settings, load_gaps(settings).contracts)
    assert [each.split(":")[0] for each in told] == [
        "extract/visit.sql has no contract",
        "tables/visit.yaml",
    ]
    assert unread_files(load_settings("retail"), {"invoice_line"}) == []
