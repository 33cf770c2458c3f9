"""The features that models may use, and the rows they learn from or are tested on.

One column a feature, as float64 or text and nothing else, in catalogue order: training, testing and scoring
read their rows through the same queries, so none of them can see a feature differently.
"""

import hashlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from churn_tasks.core.errors import BadInput, SettingsError, evidence
from churn_tasks.core.months import Month
from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.query import Query

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = "unknown"  # a text that the source does not give
EVERYBODY = 1_000_000  # customers kept of a million
PEOPLE = "people"
ON_ROW = "USING (customer_id, month)"
NUMERIC = ("integer", "decimal", "double", "boolean")
TEXT = "text"
TRUTH = (
    "label.churned",
    "label.left_early",
    "coalesce(label.rotated, false) AS rotated",
    "label.left_date",
    "label.kind AS leaving_kind",
)


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
        kept = _chosen(self.columns, chosen)
        defined = _chosen(self.definitions, chosen)
        return FeatureSet(
            columns={name: self.columns[name] for name in kept},
            numeric=tuple(_chosen(self.numeric, chosen)),
            text=tuple(_chosen(self.text, chosen)),
            digest=_digest(self.definitions.get(name, name) for name in kept),
            definitions={name: self.definitions[name] for name in defined},
        )


def feature_set(
    queries: Sequence[Query], ban: Sequence[str] = (), pin: Sequence[str] = ()
) -> FeatureSet:
    """The features that the queries make, without the banned ones; that pinned ones are among them is checked.

    Raises:
        SettingsError: two queries make a feature of the same name, a type cannot be used, or nothing is left.
    """
    offered = _made_by(queries)
    _refuse_unknown("ban", ban, offered)
    _refuse_unknown("pin", pin, offered)
    columns, definitions = {}, {}
    numeric: list[str] = []
    text: list[str] = []
    unusable: list[str] = []
    for name, (column, query) in offered.items():
        if name in ban:
            continue
        kind = unusable
        if column.type in NUMERIC:
            kind = numeric
        elif column.type == TEXT:
            kind = text
        kind.append(name)
        columns[name] = query.output.table
        definitions[name] = _digest([name, column.type, " ".join(query.sql.split())])
    if unusable:
        raise SettingsError(
            f"no model can use dates as they are: {', '.join(unusable)}"
        )
    if not columns:
        why = "no query under sql/features has all the tables it reads"
        if offered:
            why = "features.ban names them all"
        raise SettingsError(f"no feature is left: {why}")
    digest = _digest(definitions.values())
    return FeatureSet(columns, tuple(numeric), tuple(text), digest, definitions)


def _refuse_unknown(
    field_name: str, names: Sequence[str], offered: Container[str]
) -> None:
    unknown = sorted({name for name in names if name not in offered})
    if unknown:
        raise SettingsError(
            f"features.{field_name} names features that do not exist: {', '.join(unknown)}"
        )


def _made_by(queries: Sequence[Query]) -> dict[str, tuple[FeatureColumn, Query]]:
    """Every feature with the query that makes it.

    Raises:
        SettingsError: two queries make a feature of the same name.
    """
    made: dict[str, tuple[FeatureColumn, Query]] = {}
    repeated = set()
    for query in queries:
        for column in query.output.columns:
            if not isinstance(column, FeatureColumn):
                continue
            if column.name in made:
                repeated.add(column.name)
            made[column.name] = (column, query)
    if repeated:
        raise SettingsError(
            f"features made by more than one query: {', '.join(sorted(repeated))}"
        )
    return made


def _chosen(names: Iterable[str], chosen: Container[str]) -> list[str]:
    return [name for name in names if name in chosen]


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def people_sql(*, labelled: bool, without: Sequence[str] = ()) -> str:
    """SELECT of the customers of a cohort in order, each with its ``place``; ``$months`` (list of first days) and
    ``$keep_per_million`` say which.

    ``keep_per_million`` (1,000,000: all) thins by a digest of the customer, who is kept or left out in all months.

    Args:
        without: flags of the label; customers for whom one is true are left out.
    """
    selected = ["month", "customer_id"]
    source = "cohort"
    if labelled:
        selected.extend(TRUTH)
        source = f"cohort JOIN label {ON_ROW}"
    conditions = [
        "list_contains($months, month)",
        "md5_number_lower(customer_id) % 1000000 < $keep_per_million",
    ]
    conditions.extend(f"NOT coalesce(label.{flag}, false)" for flag in without)
    return (
        f"SELECT {', '.join(selected)}, row_number() OVER (ORDER BY month, customer_id) AS place"
        f" FROM {source} WHERE {' AND '.join(conditions)}"
    )


def columns_sql(features: FeatureSet, table: str) -> str:
    """SELECT of the features that one table holds, for everybody in ``people`` (:func:`people_sql`), in their order.

    A table at a time: one SELECT over all tables of a catalogue takes twice the time, most of it for its joins.
    """
    selected = []
    for name, holder in features.columns.items():
        if holder == table:
            kind = "VARCHAR" if name in features.text else "DOUBLE"
            column = f"{identifier(table)}.{identifier(name)}"
            selected.append(f"CAST({column} AS {kind}) AS {identifier(name)}")
    return (
        f"SELECT {', '.join(selected)} FROM {PEOPLE} LEFT JOIN {identifier(table)} {ON_ROW}"
        " ORDER BY place"
    )


@dataclass(frozen=True)
class Sample:
    """Customers of one or several months with their features, and the truth where it is known.

    Attributes:
        months: first day of the month of each row; rows are ordered by month, then customer.
        churned, left_early, rotated: the label, of which at most one is true; all false in a sample without labels.
        left_date: day of leaving of whoever left as far as the label shows (datetime64[D]), NaT for all others; None
            where no label was read.
        kinds: how whoever left did so, None for all others; None where no label was read.
    """

    customers: np.ndarray
    months: np.ndarray
    features: "pd.DataFrame"
    churned: np.ndarray
    left_early: np.ndarray
    rotated: np.ndarray
    left_date: np.ndarray | None = None
    kinds: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.customers)

    @property
    def churners(self) -> int:
        return int(self.churned.sum())

    def rows(self, chosen: np.ndarray) -> "Sample":
        """The rows at these positions, or for which this mask is true."""
        left_date, kinds = self.left_date, self.kinds
        if left_date is not None:
            left_date = left_date[chosen]
        if kinds is not None:
            kinds = kinds[chosen]
        return Sample(
            customers=self.customers[chosen],
            months=self.months[chosen],
            features=self.features.iloc[chosen].reset_index(drop=True),
            churned=self.churned[chosen],
            left_early=self.left_early[chosen],
            rotated=self.rotated[chosen],
            left_date=left_date,
            kinds=kinds,
        )

    def with_columns(self, names: Sequence[str]) -> "Sample":
        """The same customers with these features alone."""
        return replace(self, features=self.features[list(names)])


def sample(frame: "pd.DataFrame", features: FeatureSet) -> Sample:
    """Customers with their columns, as read, with types that a model signature can state.

    Raises:
        BadInput: a numeric feature is infinite; where the query divides, it must give NULL instead.
    """
    values = frame[features.names].astype(dict.fromkeys(features.numeric, "float64"))
    for name in features.text:
        values[name] = values[name].fillna(UNKNOWN).astype(object)
    _refuse_infinite(values, frame["month"], features)
    return Sample(
        customers=frame["customer_id"].to_numpy(dtype=object),
        months=frame["month"].to_numpy(dtype="datetime64[D]"),
        features=values,
        churned=_flag(frame, "churned"),
        left_early=_flag(frame, "left_early"),
        rotated=_flag(frame, "rotated"),
        left_date=_days(frame, "left_date"),
        kinds=_kinds(frame, "leaving_kind"),
    )


def _flag(frame: "pd.DataFrame", name: str) -> np.ndarray:
    """A column of the label; false for everybody where it was not asked for."""
    if name not in frame:
        return np.zeros(len(frame), dtype=bool)
    return frame[name].to_numpy(dtype=bool)


def _days(frame: "pd.DataFrame", name: str) -> np.ndarray | None:
    """A date of the label; None where it was not asked for."""
    if name not in frame:
        return None
    return frame[name].to_numpy(dtype="datetime64[D]")


def _kinds(frame: "pd.DataFrame", name: str) -> np.ndarray | None:
    """A text of the label; None where it was not asked for."""
    if name not in frame:
        return None
    return frame[name].astype(object).where(frame[name].notna(), None).to_numpy()


def _refuse_infinite(
    values: "pd.DataFrame", months: "pd.Series", features: FeatureSet
) -> None:
    infinite = {
        name: int(np.isinf(values[name].to_numpy()).sum()) for name in features.numeric
    }
    worst = max(infinite, key=lambda name: infinite[name], default=None)
    if worst is None or not infinite[worst]:
        return
    raise BadInput(
        evidence(
            table=features.columns[worst],
            month=Month.of(months.iloc[-1]),
            column=worst,
            problem="is infinite",
            count=infinite[worst],
            remedy="Divide by nullif(..., 0) in the query.",
        )
    )
