"""What a table declares: its key, columns with units and meanings, row rules, and what a query reads."""

from collections.abc import Mapping
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from churn_tasks.core.closed import Closed, Text
from churn_tasks.core.naming import given_twice, not_among
from churn_tasks.declared.columns import (
    SQL_TYPES,
    Bounds,
    Column,
    ColumnType,
    Derived,
    FeatureColumn,
    RawColumn,
)
from churn_tasks.declared.disposals import LEAST_SET_ASIDE, Disposals
from churn_tasks.declared.figures import Figure
from churn_tasks.declared.reversals import Reversals
from churn_tasks.declared.row_rules import (
    Rule,
    conflict_rule,
    missing_rule,
    outlier_rule,
    shortened_rule,
    unreadable_rule,
)
from churn_tasks.declared.subjects import OF_THE_ROW, Subject

__all__ = [  # columns.py and row_rules.py say what these are; tables are imported with their columns and rules
    "SQL_TYPES", "Bounds", "Column", "ColumnType", "Contracts", "Derived", "FeatureColumn", "FeatureFile",
    "PipelineTable", "PipelineTables", "QueryFile", "RawColumn", "RawTable", "Reversals", "Rule", "Table",
]  # fmt: skip


KNOWN = "known_date"  # and, of an answer in a row, <answer>_known_date

# What a treatment of gaps works with, and how the error calls the treatment.
NEEDED_COLUMNS = {
    "impute_median_of_region": ("region_code", "a median of the region"),
    "impute_previous": ("customer_id", "a customer's previous value"),
}


class Table(Closed):
    """One table, one Parquet partition a month; the partition column ``month`` is implied."""

    table: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    key: tuple[str, ...]
    meaning: Text
    columns: tuple[Column, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = self.column_names
        repeated = given_twice(names)
        if repeated:
            raise ValueError(f"columns defined twice: {', '.join(repeated)}")
        unknown = sorted(not_among(self.key, names))
        if unknown:
            raise ValueError(f"key names unknown columns: {', '.join(unknown)}")
        return self

    @cached_property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    def named(self, *subjects: Subject) -> list[str]:
        """The columns that name somebody in one of these ways."""
        return [column.name for column in self.columns if column.subject in subjects]

    @cached_property
    def ownerless(self) -> list[str]:
        """Its personal columns, where no column says of whom a row is: nobody could be taken out of it."""
        if self.named(*OF_THE_ROW):
            return []
        lines = self.named("line")  # looked into, whosever they are
        return [c.name for c in self.columns if c.pii != "none" and c.name not in lines]

    @cached_property
    def known_columns(self) -> list[str]:
        """The days on which something of a row became known: the row itself, then answers in it (an outcome)."""
        answers = []
        for name in self.column_names:
            if name.endswith(f"_{KNOWN}"):
                answers.append(name)
        if KNOWN in self.column_names:
            return [KNOWN, *answers]
        return answers

    @cached_property
    def answer_columns(self) -> list[str]:
        """The columns that may be learnt long after the row: the days of answers, and those that share their name.

        Of ``repair_known_date`` these are ``repair_hours`` and the day itself.
        """
        learnt_later = []
        for day in self.known_columns:
            answer = day.removesuffix(KNOWN)
            for name in self.column_names:
                if answer and f"{name}_".startswith(answer):
                    learnt_later.append(name)
        return learnt_later


class RawTable(Table):
    """A contract with the source.

    Attributes:
        kind: the group of requirements that asks for it: A1 call records, A2 customer master, A3 billing, A4 sales
            measures, A5 others. None for a table of one profile alone.
        grain: what one row stands for.
        covers: what a month's delivery holds: ``events`` of the month, the ``state`` at its end, or the ``versions``
            in force in it, which mostly began before it.
        reversals: how its rows take one another back; None where they never do.
        min_rows: the floor below which a month is refused.
        disposals: how many rows may leave the month on each way.
        add_up: amounts of rows that agree in everything else and were learnt on one day: lines of one thing, which
            become one row with their sum. Without it such rows contradict each other and are set aside.
    """

    columns: tuple[RawColumn, ...] = Field(min_length=1)
    kind: Literal["A1", "A2", "A3", "A4", "A5"] | None = None
    grain: Text | None = None
    covers: Literal["events", "state", "versions"] = "events"
    rules: tuple[Rule, ...] = ()
    reversals: Reversals | None = None
    min_rows: int = Field(1, ge=0)
    disposals: Disposals = Disposals()
    add_up: tuple[str, ...] = ()

    @cached_property
    def delivered_columns(self) -> tuple[RawColumn, ...]:
        """The columns that the source delivers: all but those we derive."""
        return tuple(column for column in self.columns if column.derived is None)

    @cached_property
    def as_delivered(self) -> "Table":
        """The table of ``raw_*``: nothing derived in it, and no key, because doubles are still there."""
        return Table(
            table=self.table,
            key=(),
            meaning=self.meaning,
            columns=self.delivered_columns,
        )

    def of_columns(self, names: tuple[str, ...]) -> "RawTable":
        """The contract of a few columns of the table, beside those of the days; without a key, called after them."""
        wanted = (*names, "event_date", KNOWN)
        return RawTable(
            table="_".join((self.table, *names)),
            key=(),
            meaning=self.meaning,
            columns=[column for column in self.columns if column.name in wanted],
        )

    @cached_property
    def ids(self) -> tuple[RawColumn, ...]:
        """The columns with numbers of customers, records and the like."""
        return tuple(column for column in self.columns if column.is_id)

    @cached_property
    def missing_rules(self) -> tuple[Rule, ...]:
        """A rule for every column without which a row is set aside: NULL (blank text is NULL there)."""
        columns = self.delivered_columns
        wanted = [c for c in columns if c.required or c.missing == "quarantine"]
        rules = map(missing_rule, wanted)
        return tuple(self._or_declared(rule) for rule in rules)

    @cached_property
    def unreadable_rules(self) -> tuple[Rule, ...]:
        """A rule for every column whose delivered text can fail to be a value of the declared type."""
        rules = map(unreadable_rule, self.delivered_columns)
        return tuple(self._or_declared(rule) for rule in rules)

    @cached_property
    def row_rules(self) -> tuple[Rule, ...]:
        """Every row rule, in the order in which a row's reason is found.

        Unreadable values come first, because they are empty after standardisation and would pass for missing. The SQL
        speaks of the columns of ``standard_<table>``.
        """
        outliers = []
        shortened = map(shortened_rule, self.ids)
        for column in self.delivered_columns:
            if column.outlier == "quarantine" and column.bounds:
                outliers.append(outlier_rule(column, column.bounds))
        unusable = (*self.unreadable_rules, *self.missing_rules, *shortened)
        implied = (*unusable, *outliers)
        names = {rule.name for rule in implied}
        own = [rule for rule in self.rules if rule.name not in names]
        return (*implied, *own)

    @cached_property
    def conflict_rule(self) -> Rule:
        """The rule of rows that contradict each other; it is no row rule, because no row breaks it alone."""
        return self._or_declared(conflict_rule(self.key, self.disposals.conflicts))

    @cached_property
    def every_rule(self) -> tuple[Rule, ...]:
        """Every rule under which a row can be set aside."""
        if not self.key:
            return self.row_rules
        return (*self.row_rules, self.conflict_rule)

    @cached_property
    def most_set_aside(self) -> float:
        """The share of rows that all rules together may set aside."""
        if self.disposals.set_aside is not None:
            return self.disposals.set_aside
        shares = [rule.max_share for rule in self.row_rules]
        return max(LEAST_SET_ASIDE, *shares)

    def _or_declared(self, implied: Rule) -> Rule:
        """The contract's own rule of that name, which may have another share or wording."""
        for rule in self.rules:
            if rule.name == implied.name:
                return rule
        return implied

    @cached_property
    def treated_column(self) -> str | None:
        """The column that lists what was filled in or capped in a row."""
        for column in self.columns:
            if column.derived and column.derived.form == "treated":
                return column.name
        return None

    @model_validator(mode="after")
    def _adds_up_amounts(self) -> Self:
        amounts = [c.name for c in self.columns if c.type in ("decimal", "integer")]
        others = not_among(self.add_up, amounts)
        if others or set(self.add_up) & set(self.key):
            raise ValueError(
                f"add_up names decimal and integer columns outside the key, not {', '.join(self.add_up)}"
            )
        return self

    @model_validator(mode="after")
    def _treatments_are_marked(self) -> Self:
        for column in self.delivered_columns:
            is_changed = column.outlier == "cap" or column.missing.startswith("impute")
            if is_changed and not self.treated_column:
                raise ValueError(
                    f"{column.name} may be filled in or capped: add a column with derived: {{form: treated}}"
                )
        return self

    @model_validator(mode="after")
    def _treatments_have_what_they_need(self) -> Self:
        treatments = {column.missing for column in self.delivered_columns}
        for treatment, (wanted, purpose) in NEEDED_COLUMNS.items():
            if treatment in treatments and wanted not in self.column_names:
                raise ValueError(f"{purpose} needs the column {wanted}")
        return self

    @model_validator(mode="after")
    def _reversals_of_what_is_there(self) -> Self:
        if self.reversals:
            wanted = ("customer_id", *self.reversals.columns)
            unknown = not_among(wanted, self.column_names)
            if unknown:
                raise ValueError(
                    f"reversals name columns that are not there: {', '.join(unknown)}"
                )
        return self

    @model_validator(mode="after")
    def _derived_of_what_is_there(self) -> Self:
        derived = {c.name: c.derived.of for c in self.columns if c.derived}
        known = ("", *self.column_names)
        unknown = [name for name, source in derived.items() if source not in known]
        if unknown:
            raise ValueError(
                f"derived of columns that are not there: {', '.join(unknown)}"
            )
        return self

    @model_validator(mode="after")
    def _has_dates(self) -> Self:
        missing = not_among(("event_date", "known_date"), self.column_names)
        if missing:
            raise ValueError(
                f"a raw table needs event_date (happened) and known_date (we learnt); missing: {missing}"
            )
        return self


class PipelineTable(Table):
    """A table that a Python step makes.

    Attributes:
        reads: tables without which the step makes nothing of it; where they are there, queries may read the table like
            one that a query makes. Empty for tables that no query waits for.
        made_of: contract to those of its optional columns that go into the table, beside the required ones; empty for
            tables that no query up to the features reads.
    """

    reads: tuple[str, ...] = ()
    made_of: dict[str, tuple[str, ...]] = Field({})


Contracts = Mapping[str, RawTable]  # by the name of the delivered table
PipelineTables = Mapping[str, PipelineTable]


class QueryFile(Table):
    """``query.yaml``: the table that the query makes, and what it may use to make it.

    Attributes:
        figures: costs, rates and thresholds in the SQL, which a profile may set otherwise (``declared/figures.py``).
        reads: tables in the SQL.
        needs: further tables without which the query stays inactive, because a shared table such as
            ``month_profile`` has the columns it asks for only where these exist too.
        optional: further tables in the SQL; one that the profile cannot make is empty there.
        unless: tables that make the query superfluous: where one of them exists, another query makes the same table
            of it, and better.
        across_customers: those of its tables in which the rows of other customers count as well: for a rank, a share, a
            mean of the region. From all others a customer's row is made of that customer's rows alone.
    """

    params: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    reads: tuple[str, ...] = Field(min_length=1)
    needs: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    across_customers: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _compares_what_it_reads(self) -> Self:
        unknown = not_among(self.across_customers, self.sources)
        if unknown:
            raise ValueError(
                f"across_customers names what is not read: {', '.join(unknown)}"
            )
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """Every table in the SQL."""
        return (*self.reads, *self.optional)

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Every table without which the query stays inactive."""
        return (*self.reads, *self.needs)


class FeatureFile(QueryFile):
    """``query.yaml`` of a feature query: key ``customer_id``, everything else a feature."""

    columns: tuple[FeatureColumn | Column, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _only_features(self) -> Self:
        if self.key != ("customer_id",):
            raise ValueError("the key of a feature query is [customer_id]")
        features = [c for c in self.columns if c.name not in self.key]
        plain = [c.name for c in features if not isinstance(c, FeatureColumn)]
        if plain:
            raise ValueError(
                f"features need family, group and expect: {', '.join(plain)}"
            )
        return self
