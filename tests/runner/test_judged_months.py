"""The months on which models are judged: later than those learnt from, and no leaving counts on both sides."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from churn_tasks.core.months import Month
from churn_tasks.core.windows import Calendar
from churn_tasks.runner.months import judged_months, learning_months, months_of_models

DECEMBER = Month(2024, 12)


@dataclass
class Run:
    """What these functions look at of a run of 2024-12 with history from 2023-01."""

    delay: int
    predict: int
    truth_after: int
    month: Month = DECEMBER

    @property
    def settings(self) -> SimpleNamespace:
        lengths = {"delay": self.delay, "predict": self.predict}
        history = {"first_month": Month(2023, 1), "truth_after": self.truth_after}
        return SimpleNamespace(
            calendar=Calendar(**history, **lengths),
            windows=SimpleNamespace(**lengths),
            model=SimpleNamespace(max_train_months=4),
        )


LENGTHS = [(1, 1, 1), (1, 1, 0), (0, 1, 0), (1, 2, 1), (0, 3, 0), (2, 1, 1)]


@pytest.mark.parametrize("lengths", LENGTHS)
def test_no_leaving_is_learnt_from_and_judged_by(lengths: tuple[int, int, int]) -> None:
    run = Run(*lengths)
    *learnt, tested = learning_months(run)
    judged = judged_months(run)
    window = run.settings.calendar.window
    assert judged[-1] == tested
    assert window(judged[0]).predict_start >= window(learnt[-1]).predict_end
    before = window(judged[0] - 1)  # control: with one more month they would overlap
    assert before.predict_start < window(learnt[-1]).predict_end
    assert months_of_models(run) == sorted({*learnt, *judged})


def test_with_one_month_each_there_are_three() -> None:
    assert [str(month) for month in judged_months(Run(1, 1, 1))] == [
        "2024-07", "2024-08", "2024-09",
    ]  # fmt: skip


def test_while_nothing_is_tested_nothing_is_judged() -> None:
    assert judged_months(Run(1, 1, 1, Month(2023, 5))) == []
