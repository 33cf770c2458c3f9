"""The features that models may use, and the rows they learn from or are tested on.

One column a feature, as float64 or text and nothing else, in catalogue order: training, testing and scoring
read their rows through the same query, so none of them can see a feature differently.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from churn_tasks.core.errors import BadInput, SettingsError, evidence
from churn_tasks.core.months import Month
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.query import Query

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = "unknown"  # a text that the source does not give
EVERYBODY = 1_000_000  # customers kept of a million
NUMERIC = ("integer", "decimal", "double", "boolean")


@dataclass(frozen=True)
class FeatureSet:
    """The features of a profile, banned ones left out.

    Attributes:
        columns: name of each feature to the table that holds it, in catalogue order.
        numeric: names read as float64 (counts, amounts, yes/no as 1/0), NaN where unknown.
        text: names read as text, ``unknown`` where it is.
        digest: first 16 hex digits of the SHA-256 of names, types and the SQL that defines them.
        definitions: name to what defines it; without it, a subset is told apart by its names alone.
    """

    columns: dict[str, str]
    numeric: tuple[str, ...]
    text: tuple[str, ...]
    digest: str
    definitions: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def names(self) -> list[str]:
        return list(self.columns)

    @property
    def tables(self) -> list[str]:
        return list(dict.fromkeys(self.columns.values()))

    def subset(self, names: Iterable[str]) -> "FeatureSet":
        """These features alone, in catalogue order; the same features give the same digest, whatever they are from.

        Raises:
            BadInput: a name is not in the set.
        """
        chosen = set(names)
        unknown = sorted(chosen - self.columns.keys())
        if unknown:
            raise BadInput(f"no such features: {', '.join(unknown[:5])}")
        kept = [name for name in self.columns if name in chosen]
        return FeatureSet(
            columns={name: self.columns[name] for name in kept},
            numeric=tuple(name for name in self.numeric if name in chosen),
            text=tuple(name for name in self.text if name in chosen),
            digest=_digest([self.definitions.get(name, name) for name in kept]),
            definitions={
                name: self.definitions[name]
                for name in kept
                if name in self.definitions
            },
        )


def feature_set(
    queries: Sequence[Query], ban: Sequence[str] = (), pin: Sequence[str] = ()
) -> FeatureSet:
    """The features that the queries make, without the banned ones; that pinned ones are among them is checked.

    Raises:
        SettingsError: two queries make a feature of the same name, a type cannot be used, or nothing is left.
    """
    offered = [
        (c, q.output.table)
        for q in queries
        for c in q.output.columns
        if isinstance(c, FeatureColumn)
    ]
    names = [column.name for column, _ in offered]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SettingsError(
            f"features made by more than one query: {', '.join(repeated)}"
        )
    for field_name, given in (("ban", ban), ("pin", pin)):
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise SettingsError(
                f"features.{field_name} names features that do not exist: {', '.join(unknown)}"
            )
    kept = [(column, table) for column, table in offered if column.name not in ban]
    unusable = [
        column.name for column, _ in kept if column.type not in (*NUMERIC, "text")
    ]
    if unusable:
        raise SettingsError(
            f"no model can use dates as they are: {', '.join(unusable)}"
        )
    if not kept:
        why = (
            "features.ban names them all"
            if offered
            else "no query under sql/features has all the tables it reads"
        )
        raise SettingsError(f"no feature is left: {why}")
    sql = {query.output.table: " ".join(query.sql.split()) for query in queries}
    definitions = {
        column.name: _digest([column.name, column.type, sql[table]])
        for column, table in kept
    }
    return FeatureSet(
        columns={column.name: table for column, table in kept},
        numeric=tuple(column.name for column, _ in kept if column.type in NUMERIC),
        text=tuple(column.name for column, _ in kept if column.type == "text"),
        digest=_digest(definitions.values()),
        definitions=definitions,
    )


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def rows_sql(features: FeatureSet, *, labelled: bool) -> str:
    """SELECT of one row a customer of the cohort, with ``$months`` (list of first days) and ``$keep_per_million``.

    ``keep_per_million`` (1,000,000: all) thins by a digest of the customer, who is kept or left out in all months.
    """
    values = [
        f'CAST("{table}"."{name}" AS {"VARCHAR" if name in features.text else "DOUBLE"}) AS "{name}"'
        for name, table in features.columns.items()
    ]
    truth = (
        [
            "label.churned",
            "label.left_in_delay",
            "coalesce(label.rotated, false) AS rotated",
        ]
        if labelled
        else []
    )
    joins = [
        f'LEFT JOIN "{table}" USING (customer_id, month)' for table in features.tables
    ]
    joins += ["JOIN label USING (customer_id, month)"] if labelled else []
    return (
        f"SELECT month, customer_id, {', '.join(truth + values)} FROM cohort {' '.join(joins)}"
        " WHERE list_contains($months, month) AND md5_number_lower(customer_id) % 1000000 < $keep_per_million"
        " ORDER BY month, customer_id"
    )


@dataclass(frozen=True)
class Sample:
    """Customers of one or several months with their features, and the truth where it is known.

    Attributes:
        months: first day of the month of each row; rows are ordered by month, then customer.
        churned, left_in_delay, rotated: the label, of which at most one is true; all false in a sample without labels.
    """

    customers: np.ndarray
    months: np.ndarray
    features: "pd.DataFrame"
    churned: np.ndarray
    left_in_delay: np.ndarray
    rotated: np.ndarray

    def __len__(self) -> int:
        return len(self.customers)

    @property
    def churners(self) -> int:
        return int(self.churned.sum())

    def rows(self, chosen: np.ndarray) -> "Sample":
        """The rows at these positions, or for which this mask is true."""
        columns = (
            self.customers,
            self.months,
            self.churned,
            self.left_in_delay,
            self.rotated,
        )
        customers, months, *truth = (column[chosen] for column in columns)
        return Sample(
            customers, months, self.features.iloc[chosen].reset_index(drop=True), *truth
        )


def sample(frame: "pd.DataFrame", features: FeatureSet) -> Sample:
    """What :func:`rows_sql` returned, with types that a model signature can state.

    Raises:
        BadInput: a numeric feature is infinite; where the query divides, it must give NULL instead.
    """
    values = frame[features.names].astype(dict.fromkeys(features.numeric, "float64"))
    for name in features.text:
        values[name] = values[name].fillna(UNKNOWN).astype(object)
    numbers = values[list(features.numeric)].to_numpy()
    infinite = np.isinf(numbers).sum(axis=0)
    if infinite.any():
        worst = features.numeric[int(infinite.argmax())]
        raise BadInput(
            evidence(
                table=features.columns[worst],
                month=Month.of(frame["month"].iloc[-1]),
                column=worst,
                problem="is infinite",
                count=int(infinite.max()),
                remedy="Divide by nullif(..., 0) in the query.",
            )
        )
    none = np.zeros(len(frame), dtype=bool)
    return Sample(
        customers=frame["customer_id"].to_numpy(dtype=object),
        months=frame["month"].to_numpy(dtype="datetime64[D]"),
        features=values,
        churned=frame["churned"].to_numpy(dtype=bool) if "churned" in frame else none,
        left_in_delay=frame["left_in_delay"].to_numpy(dtype=bool)
        if "left_in_delay" in frame
        else none,
        rotated=frame["rotated"].to_numpy(dtype=bool) if "rotated" in frame else none,
    )
