"""The warning list of a month, put together from scores, customers and factors (G1, G6, H1)."""

from collections.abc import Mapping, Sequence

import pandas as pd

from churn_tasks.core.closed import Text
from churn_tasks.core.sections import WarningList
from churn_tasks.warning.causes import FoundCause
from churn_tasks.warning.playbook import Playbook
from churn_tasks.warning.priority import (
    NOTHING_FIRED,
    Fired,
    expected_loss,
    level,
    raised_level,
    ranked,
)
from churn_tasks.warning.reasons import GivenReason, Known, reasons_by_customer

MOST_REASONS = 3  # columns of the list

Cells = dict[str, str | None]


def warning_list(
    listed: pd.DataFrame,
    factors: pd.DataFrame,
    *,
    limits: WarningList,
    known: Known,
    fired: Mapping[str, Fired] | None = None,
) -> pd.DataFrame:
    """Rank, level, reasons, likely causes and strategy for the customers on the list.

    Args:
        listed: the chosen customers with ``customer_id``, ``churn_score``, ``arpu_cny`` and what else the list shows.
        factors: contributions of these customers, as in the table ``score_factor``.
        fired: the triggers of those who have any; without it levels are those of the scores.

    Returns:
        ``listed`` in order of ``rank`` with ``action_priority``, ``level``, ``reason_*``, ``cause_*`` and
        ``strategy_*`` added.

    Raises:
        SettingsError: a feature's reason group has no text in the playbook.
    """
    loss = expected_loss(listed["churn_score"], listed["arpu_cny"])
    rows = ranked(listed.assign(action_priority=loss))
    rows["level"] = _levels(rows, limits, fired or {})
    reasons_of = reasons_by_customer(factors, known)
    spoken = []
    for customer in rows["customer_id"]:
        reasons = reasons_of.get(customer, [])
        cells = _spoken(reasons, known.playbook)
        spoken.append(cells | _likely(known.causes.get(customer, [])))
    return pd.concat([rows, pd.DataFrame(spoken, index=rows.index)], axis=1)


def _levels(
    rows: pd.DataFrame, limits: WarningList, fired: Mapping[str, Fired]
) -> list[str]:
    levels = []
    for customer, score in zip(rows["customer_id"], rows["churn_score"], strict=True):
        mine = fired.get(customer, NOTHING_FIRED)
        levels.append(raised_level(level(limits, score), limits.raised, mine))
    return levels


def _spoken(reasons: Sequence[GivenReason], playbook: Playbook) -> Cells:
    """The columns of reasons and strategy for one customer; missing reasons are empty."""
    columns: Cells = {}
    for place in range(MOST_REASONS):
        name = f"reason_{place + 1}"
        reason = reasons[place] if place < len(reasons) else None
        columns[name] = reason.group if reason else None
        columns[f"{name}_role"] = reason.role if reason else None
        columns[f"{name}_en"] = reason.text.en if reason else None
        columns[f"{name}_zh"] = reason.text.zh if reason else None
    strategy = _strategy(reasons, playbook)
    return {**columns, "strategy_en": strategy.en, "strategy_zh": strategy.zh}


def _likely(causes: Sequence[FoundCause]) -> Cells:
    """The codes of the likeliest causes, seen or not."""
    columns: Cells = {f"cause_{place + 1}": None for place in range(MOST_REASONS)}
    for place, found in enumerate(causes[:MOST_REASONS]):
        columns[f"cause_{place + 1}"] = found.cause
    return columns


def _strategy(reasons: Sequence[GivenReason], playbook: Playbook) -> Text:
    """What to do about the first reason: a cause where one is seen, else a symptom."""
    strategies = playbook.strategies
    if not reasons:
        return strategies.without_reason
    return strategies.by_reason[reasons[0].group]
