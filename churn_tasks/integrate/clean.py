"""From raw to clean: rows that break a rule are set aside with the reason, doubles are merged, nothing is lost.

The three results partition the raw rows: ``rows_in = rows_out + quarantined + merged`` (rule 4). De-duplication
is behind :class:`Deduplication`: exact matching today; a fuzzy or manual stage is another object with the same method.
"""

from dataclasses import dataclass
from typing import Protocol

from churn_tasks.core.contracts import RawTable, Rule


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
        rest = ", ".join(f'"{name}" DESC NULLS LAST' for name in table.column_names if name not in table.key)
        order = f'"known_date" DESC NULLS LAST, {rest}' if rest else '"known_date" DESC NULLS LAST'
        return f"SELECT * FROM {accepted} QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {order}) = 1"


def judged_sql(table: RawTable, rules: list[Rule], relation: str) -> str:
    """The raw rows with one more column, ``rule``: the first rule a row breaks, NULL for an accepted row."""
    cases = " ".join(f"WHEN {rule.reject_when} THEN '{rule.name}'" for rule in rules)
    verdict = f"CASE {cases} END" if cases else "NULL::VARCHAR"
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    return f"SELECT {columns}, {verdict} AS rule FROM {relation}"


def quarantine_sql(table: RawTable, judged: str) -> str:
    """Rejected rows: the row as JSON (so that any contract fits), its reason, and how often it came."""
    columns = ", ".join(f'"{name}" := "{name}"' for name in table.column_names)
    return (
        f"SELECT '{table.table}' AS table_name, rule, to_json(struct_pack({columns}))::VARCHAR AS row_json,"
        f" count(*) AS row_count FROM {judged} WHERE rule IS NOT NULL GROUP BY ALL"
    )
