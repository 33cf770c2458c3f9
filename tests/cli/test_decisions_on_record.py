"""Who decides and why go on record: an empty name or reason is refused by its option, before anything is read."""

import pytest
from typer.testing import CliRunner

from churn_tasks.cli import app
from churn_tasks.core.errors import BadInput

MONTH = ("--month", "2024-08")
VERSION = ("--version", "1", *MONTH)
BY, WHY = ("--by", "Li"), ("--why", "too few leavers")
COMMANDS = {
    ("models", "pin", *VERSION): (BY, WHY),
    ("models", "retire", *VERSION): (BY, WHY),
    ("models", "rollback", *MONTH): (BY, WHY),
    ("models", "approve", *MONTH): (BY, WHY),
    ("quality", "accept", *MONTH, "--measure", "bill.rows"): (BY, WHY),
    ("quality", "take-back", *MONTH, "--measure", "bill.rows"): (BY, WHY),
    ("quarantine", "release", *MONTH, "--table", "bill"): (BY, WHY),
    ("review", "decide", "1+2", "same"): (BY,),
    ("review", "undo", "1+2"): (BY,),
}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_name_or_reason_is_refused_by_its_option(
    command: tuple[str, ...], blank: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHURN_PROFILE", "no_such_profile")
    given = COMMANDS[command]
    for asked in given:
        words = list(command)
        for name, text in given:
            words += [name, blank if name == asked[0] else text]
        said = CliRunner().invoke(app, words).exception
        assert isinstance(said, BadInput)
        assert str(said).startswith(f"{asked[0]} must not be empty")


def test_with_both_the_command_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: it is the blank that is refused above, and not the profile that is not there."""
    monkeypatch.setenv("CHURN_PROFILE", "no_such_profile")
    done = CliRunner().invoke(app, ["models", "pin", *VERSION, *BY, *WHY])
    assert "no_such_profile" in str(done.exception)
