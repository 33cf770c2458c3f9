"""What becomes of each column that a source delivers: a feature, a category, a key, kept and no more, or ignored."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from churn_tasks.declared.contracts import FeatureColumn, RawColumn, RawTable
from churn_tasks.declared.lineage.gaps import Cost, Gaps

Becomes = Literal["category", "feature", "trigger", "key", "kept only", "ignored"]
IN_ORDER: tuple[Becomes, ...] = (
    "category",
    "feature",
    "trigger",
    "key",
    "kept only",
    "ignored",
)
DAYS = ("event_date", "known_date")


@dataclass(frozen=True)
class Destination:
    """Where one delivered column goes.

    Attributes:
        becomes: ``category``: its texts reach the models as a feature of texts; ``feature``: figures are reckoned with
            it; ``trigger``: signs of leaving alone read it; ``key``: it says whose, which or of when a row is;
            ``kept only``: the lake holds it and nothing reckons with it; ``ignored``: the contract does not know it.
        features: made with it, categories first.
        triggers: names of those that read it.
    """

    column: str
    becomes: Becomes
    features: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "column": self.column,
            "becomes": self.becomes,
            "features": list(self.features),
            "triggers": list(self.triggers),
        }


def destinations(
    table: RawTable, delivered: Iterable[str], gaps: Gaps
) -> tuple[Destination, ...]:
    """Each delivered column, in the order of the contract; those beside the contract come last.

    Args:
        delivered: names under which the columns come.
    """
    left = list(delivered)
    found = []
    for column in table.delivered_columns:
        names = [name for name in left if name in column.delivered_names]
        if names:
            left = [name for name in left if name not in names]
            cost = gaps.of_column(table.table, column.name)
            found.append(_of_column(table, column, cost))
    found += [Destination(name, "ignored") for name in left]
    return tuple(found)


def _of_column(table: RawTable, column: RawColumn, cost: Cost) -> Destination:
    categories, figures = _names_by_kind(cost.features)
    becomes: Becomes = "kept only"
    if column.is_id or column.name in DAYS:
        becomes = "key"
    elif categories and column.type == "text":
        becomes = "category"
    elif cost.features:
        becomes = "feature"
    elif cost.triggers:
        becomes = "trigger"
    elif column.name in table.key:
        becomes = "key"
    features = (*categories, *figures)
    return Destination(column.name, becomes, features, cost.trigger_names)


def _names_by_kind(
    features: Iterable[FeatureColumn],
) -> tuple[list[str], list[str]]:
    """Names of the features of texts, and of those of numbers."""
    categories: list[str] = []
    figures: list[str] = []
    for feature in features:
        kind = categories if feature.type == "text" else figures
        kind.append(feature.name)
    return categories, figures
