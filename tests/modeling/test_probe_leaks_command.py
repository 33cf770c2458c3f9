"""``churn probe-leaks`` on flat files, planted and real ones, and on the month of a profile."""

import json
import lzma
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from churn_tasks.by_hand.leaks import file_rows, month_rows
from churn_tasks.cli import app
from churn_tasks.core.errors import BadInput, NotReady
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import REPOSITORY, process_environment
from tests.lakes import raw_tables, small_run
from tests.modeling.synthetic import fill, signals

DATA = Path(
    process_environment().get("CHURN_TEST_DATA")
    or REPOSITORY.parent / "shared" / "data"
)


def needs(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        not (DATA / name).is_file(),
        reason=f"public file absent: {name} in {DATA}; CHURN_TEST_DATA names another folder",
    )


def probed(*arguments: str | Path) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(app, ["probe-leaks", *map(str, arguments)])
    return result.exit_code, result.output, result.exception


def planted(path: Path) -> pd.DataFrame:
    """600 customers; ``status`` is the label in words, ``plan`` and ``minutes`` are honest."""
    chance = np.random.default_rng(1)
    gone = chance.random(600) < 0.3
    frame = pd.DataFrame(
        {
            "number": range(600),
            "plan": chance.choice(["A", "B"], 600),
            "离网": np.where(gone, "是", "否"),
        }
    )
    frame["minutes"] = chance.normal(100, 20, 600) - 15 * gone
    frame["status"] = np.where(gone, "closed", "open")
    frame.to_csv(path, index=False, encoding="gb18030")
    return frame


def test_a_flat_file_with_a_leak_ends_with_one_and_names_it(tmp_path: Path) -> None:
    planted(tmp_path / "x.csv")
    code, output, _ = probed(
        "--file",
        tmp_path / "x.csv",
        "--label",
        "离网",
        "--key",
        "number",
        "--json",
        tmp_path / "x.json",
    )
    assert code == 1
    assert "1 of 3 columns have seen the label: status" in output
    told = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert [(one["name"], one["stops"]) for one in told] == [
        ("status", True),
        ("minutes", False),
        ("plan", False),
    ]


def test_the_same_file_without_it_ends_with_nothing(tmp_path: Path) -> None:
    planted(tmp_path / "x.csv")
    code, output, _ = probed(
        "--file",
        tmp_path / "x.csv",
        "--label",
        "离网",
        "--key",
        "number",
        "--ignore",
        "status",
    )
    assert code == 0
    assert "None of 2 columns is a leak" in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--label", "left"], "has no column left; it has number, plan"),
        (["--label", "plan"], "column plan: says neither yes nor no .* in 600 rows"),
        (["--label", "离网", "--ignore", "a", "--ignore", "b"], "has no column a, b"),
    ],
)
def test_what_cannot_be_asked_says_what_to_do(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    planted(tmp_path / "x.csv")
    _, _, error = probed("--file", tmp_path / "x.csv", *arguments)
    with pytest.raises(BadInput, match=said):
        raise error or AssertionError


def test_file_or_month_but_not_both() -> None:
    assert "give --month, or --file" in str(probed()[2])
    assert "there is no file" in str(probed("--file", "nowhere.csv")[2])


def test_numbers_dates_and_gaps_are_read_as_they_stand(tmp_path: Path) -> None:
    lines = [
        "churned, amount,day,mostly",
        *(
            f"{n % 2}, {n}.5 ,2024-01-0{n % 9 + 1},{'x' if n == 3 else n}"
            for n in range(40)
        ),
    ]
    (tmp_path / "x.csv").write_text(
        "\n".join([*lines, ",1,2024-01-01,2"]) + "\n", encoding="utf-8"
    )
    rows, features = file_rows(tmp_path / "x.csv", "churned")
    assert (len(rows), rows.churners) == (40, 20), "a row without a label is left out"
    assert features.numeric == ("amount", "mostly") and features.text == ("day",)
    assert rows.features["mostly"].isna().sum() == 1


@needs("unicom_4975.csv.xz")
def test_months_of_use_of_the_4975_are_named_and_nothing_else(tmp_path: Path) -> None:
    """It is the survival time: 25 for all who stayed to the end of the study, less for those who left."""
    path = tmp_path / "unicom.csv"
    path.write_bytes(lzma.decompress((DATA / "unicom_4975.csv.xz").read_bytes()))
    code, output, _ = probed("--file", path, "--label", "Lost_User", "--key", "ID")
    assert code == 1
    assert "1 of 8 columns have seen the label: Lifetime" in output


@needs("hillstrom.csv.xz")
def test_who_bought_must_have_visited() -> None:
    """A real campaign: what was known before it is clean; the visit, without which nobody buys, and the money not."""
    path = DATA / "hillstrom.csv.xz"
    assert (
        probed(
            "--file",
            path,
            "--label",
            "visit",
            "--ignore",
            "conversion",
            "--ignore",
            "spend",
        )[0]
        == 0
    )
    code, output, _ = probed("--file", path, "--label", "conversion")
    assert code == 1
    assert "2 of 11 columns have seen the label: spend, visit" in output


def test_a_month_shows_the_rows_that_its_training_learns_from(tmp_path: Path) -> None:
    """In the run of 2024-07 that is 2024-03: tested is 2024-05, and 2024-03 was known when it ended."""
    run = small_run(
        tmp_path,
        "2024-07",
        raw=raw_tables(),
        features={"ban": []},
        definition="not_billed",
    )
    fill(run, list(months_between(Month(2024, 3), Month(2024, 5) + 1)), 400)
    rows, features, months = month_rows(run.settings, run.month)
    assert [str(month) for month in months] == ["2024-03"]
    assert not rows.left_early.any() and 300 < len(rows) < 400
    assert features.names == [feature.name for feature in run.registry.features]
    fill(run, [Month(2024, 3)], 400, leak=signals(run)[1])
    state = {"CHURN_STATE_DIR": str(run.settings.environment.state_dir)}
    asked = [
        "probe-leaks",
        "--month",
        "2024-07",
        "--profile",
        str(run.settings.profile_dir),
    ]
    result = CliRunner().invoke(app, asked, env=state)
    assert result.exit_code == 1
    assert f"columns have seen the label: {signals(run)[1]}" in " ".join(
        result.output.split()
    )
    with pytest.raises(NotReady, match="history is too short"):
        month_rows(run.settings, Month(2024, 4))
    run.close()
