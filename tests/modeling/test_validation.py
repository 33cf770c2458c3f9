"""What a judged model is held against: the days of the month's label, and the terms that the settings give."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from churn_tasks.core.months import Month
from churn_tasks.core.windows import Calendar
from churn_tasks.modeling.metrics import ListTerms, Outcome
from churn_tasks.modeling.validation import JudgedOn, truth_of
from churn_tasks.work.training import list_terms
from tests.lakes import small_run
from tests.modeling.samples import drawn

MARCH = Month(2024, 3)
TERMS = ListTerms(Calendar(Month(2024, 1)).window(MARCH), 20)


class ByCalls:
    """Scores everybody by one column."""

    def predict(self, features):
        return 1 / (1 + np.exp(-features["calls_drop"].to_numpy()))


def _month():
    """200 customers, who all leave on 6 May if they churn."""
    rows = drawn(200, months=1)
    days = np.where(rows.churned, np.datetime64("2024-05-06"), np.datetime64("NaT"))
    return replace(rows, left_date=days.astype("datetime64[D]"))


def test_a_model_is_judged_with_the_days_of_leaving() -> None:
    outcome = JudgedOn(_month(), TERMS).judged("m", "small", 1, None, ByCalls()).outcome
    assert outcome.warned_in_time == outcome.warned_churners > 3
    assert outcome.days_to_leaving_median == 30
    assert outcome.coverage_in_time == outcome.coverage


def test_a_sample_without_days_is_refused() -> None:
    """Control: rows to learn from need none."""
    rows = drawn(20, months=1)
    assert rows.left_date is None
    with pytest.raises(ValueError, match="needs the days of leaving"):
        truth_of(rows)


@pytest.mark.parametrize(
    ("definition", "is_dated"),
    [
        ("cancelled_or_ported", True),
        ("last_billed", True),
        ("not_billed", False),
        ("by_tier", False),  # one of its signs knows months alone
    ],
)
def test_terms_come_from_the_settings(
    tmp_path: Path, definition: str, is_dated: bool
) -> None:
    limits = {"share": 0.1, "lead_days": 7}
    run = small_run(tmp_path, "2024-08", definition=definition, warning_list=limits)
    terms = list_terms(run.settings, MARCH, 500)
    assert (terms.size, terms.lead_days, terms.is_dated) == (50, 7, is_dated)
    assert terms.window == run.settings.calendar.window(MARCH)


def test_every_figure_has_its_column(tmp_path: Path) -> None:
    """The table of the judged models holds each figure of the outcome, and in its order."""
    run = small_run(tmp_path, "2024-08")
    columns = run.registry.tables["out_validation"].column_names
    figures = [field.name for field in fields(Outcome)]
    assert [name for name in columns if name in figures] == figures
