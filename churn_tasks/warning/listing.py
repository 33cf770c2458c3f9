"""The warning list of a month, put together from scores, customers and factors (G1, G6, H1)."""

from collections.abc import Mapping, Sequence

import pandas as pd

from churn_tasks.core.closed import Text
from churn_tasks.core.sections import WarningList
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.warning.playbook import Playbook
from churn_tasks.warning.priority import expected_loss, level, ranked
from churn_tasks.warning.reasons import GivenReason, reasons_by_customer

MOST_REASONS = 3  # columns of the list


def warning_list(
    listed: pd.DataFrame,
    factors: pd.DataFrame,
    *,
    limits: WarningList,
    features: Sequence[FeatureColumn],
    playbook: Playbook,
) -> pd.DataFrame:
    """Rank, level, reasons and strategy for the customers on the list.

    Args:
        listed: the chosen customers with ``customer_id``, ``churn_score``, ``arpu_cny`` and what else the list shows.
        factors: contributions of these customers, as in the table ``score_factor``.

    Returns:
        ``listed`` in order of ``rank`` with ``action_priority``, ``level``, ``reason_*`` and ``strategy_*`` added.

    Raises:
        SettingsError: a feature's reason group has no text in the playbook.
    """
    loss = expected_loss(listed["churn_score"], listed["arpu_cny"])
    rows = ranked(listed.assign(action_priority=loss))
    rows["level"] = [level(limits, score) for score in rows["churn_score"]]
    reasons_of = reasons_by_customer(factors, features, playbook)
    spoken = [
        _spoken(reasons_of.get(customer, []), playbook)
        for customer in rows["customer_id"]
    ]
    return pd.concat([rows, pd.DataFrame(spoken, index=rows.index)], axis=1)


def _spoken(
    reasons: Sequence[GivenReason], playbook: Playbook
) -> Mapping[str, str | None]:
    """The columns of reasons and strategy for one customer; missing reasons are empty."""
    columns: dict[str, str | None] = {}
    for place in range(MOST_REASONS):
        name = f"reason_{place + 1}"
        reason = reasons[place] if place < len(reasons) else None
        columns[name] = reason.group if reason else None
        columns[f"{name}_en"] = reason.text.en if reason else None
        columns[f"{name}_zh"] = reason.text.zh if reason else None
    strategy = _strategy(reasons, playbook)
    return {**columns, "strategy_en": strategy.en, "strategy_zh": strategy.zh}


def _strategy(reasons: Sequence[GivenReason], playbook: Playbook) -> Text:
    """What to do about the first reason."""
    strategies = playbook.strategies
    if not reasons:
        return strategies.without_reason
    return strategies.by_reason[reasons[0].group]
