"""From raw to clean: rows that break a rule are set aside with the reason, doubles are merged, nothing is lost.

The three results partition the raw rows: ``rows_in = rows_out + quarantined + merged`` (rule 4). De-duplication
is behind :class:`Deduplication`: exact matching today; a fuzzy or manual stage is another object with the same method.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from churn_tasks.declared.contracts import RawTable


class Deduplication(Protocol):
    """A stage that decides which accepted rows stay."""

    def kept_sql(self, table: RawTable, accepted: str) -> str:
        """A SELECT of the rows to keep from the relation ``accepted``."""
        ...


@dataclass(frozen=True)
class ExactDoubles:
    """Keeps one row for each key: the one learnt last, ties broken by all columns, so the choice is always the same.

    A table without a key keeps one of each group of wholly equal rows.
    """

    def kept_sql(self, table: RawTable, accepted: str) -> str:
        if not table.key:
            return f"SELECT DISTINCT * FROM {accepted}"
        key = ", ".join(f'"{name}"' for name in table.key)
        rest = ", ".join(
            f'"{name}" DESC NULLS LAST'
            for name in table.column_names
            if name not in table.key
        )
        order = (
            f'"known_date" DESC NULLS LAST, {rest}'
            if rest
            else '"known_date" DESC NULLS LAST'
        )
        return f"SELECT * FROM {accepted} QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {order}) = 1"


def judged_sql(table: RawTable, standard: str, learnt: Mapping[str, str] = {}) -> str:
    """The standard rows with one more column, ``rule``: the first rule a row breaks, NULL for an accepted row.

    Args:
        standard: relation of the month's rows as ``standard_<table>`` gives them.
        learnt: rule to its condition, where that is not in the contract but learnt from earlier months.
    """
    unreadable = {rule.name for rule in table.unreadable_rules}
    others = [rule for rule in table.row_rules if rule.name not in unreadable]
    cases = " ".join(
        f"WHEN {learnt.get(rule.name, rule.reject_when)} THEN '{rule.name}'"
        for rule in others
    )
    first = "WHEN unreadable IS NOT NULL THEN unreadable || '_unreadable'"
    return f"SELECT *, CASE {first} {cases} END AS rule FROM {standard}"
