"""Whom to call first, and how loud the warning is (C4, G1, G2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from churn_tasks.core.level_section import LevelRule
from churn_tasks.core.sections import WarningList

LEVELS = ("high", "medium", "low")


@dataclass(frozen=True)
class Fired:
    """The triggers of one customer.

    Attributes:
        priorities: of each trigger that fired in the month.
        is_key_account: whether the customer has a class of its own.
    """

    priorities: Sequence[int] = ()
    is_key_account: bool = False


NOTHING_FIRED = Fired()


def expected_loss(churn_score: pd.Series, arpu_cny: pd.Series) -> pd.Series:
    """Action priority: money a month that is expected to leave with the customer, to four decimals.

    A customer with score 0.4 who brings 50 a month (priority 20) comes before one with score 0.9 and 10 (9).
    Where nothing is paid it is 0, and the score alone says whom to call first.
    """
    return (churn_score.astype("float64") * arpu_cny.astype("float64")).round(4)


def level(limits: WarningList, churn_score: float) -> str:
    """``high`` from ``high_probability`` on, ``medium`` from ``medium_probability`` on, else ``low``."""
    if churn_score >= limits.high_probability:
        return "high"
    return "medium" if churn_score >= limits.medium_probability else "low"


def raised_level(by_score: str, rules: Iterable[LevelRule], fired: Fired) -> str:
    """The level of the score, or a louder one that the customer's triggers reach; triggers never quieten a warning."""
    reached = [by_score]
    for rule in rules:
        if _is_for(rule, fired) and _count(rule, fired) >= rule.triggers:
            reached.append(rule.level)
    return min(reached, key=LEVELS.index)


def _is_for(rule: LevelRule, fired: Fired) -> bool:
    if rule.accounts == "all":
        return True
    return fired.is_key_account == (rule.accounts == "key")


def _count(rule: LevelRule, fired: Fired) -> int:
    """Triggers that are urgent enough for the rule."""
    urgent = [each for each in fired.priorities if each >= rule.priority]
    return len(urgent)


def ranked(listed: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of calling with ``rank`` 1, 2, ...: priority, then score, then ``customer_id``."""
    order = ["action_priority", "churn_score", "customer_id"]
    ordered = listed.sort_values(
        order, ascending=[False, False, True], kind="stable"
    ).reset_index(drop=True)
    return ordered.assign(rank=range(1, len(ordered) + 1))
