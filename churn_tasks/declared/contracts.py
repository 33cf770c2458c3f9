"""What a table declares: its key, columns with units and meanings, row rules, and what a query reads."""

from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from churn_tasks.core.closed import Closed, Text
from churn_tasks.declared.columns import (
    SQL_TYPES,
    Bounds,
    Column,
    ColumnType,
    Derived,
    FeatureColumn,
    RawColumn,
)
from churn_tasks.declared.figures import Figure

__all__ = [  # what a column is stands in columns.py; tables and columns are imported together
    "SQL_TYPES", "Bounds", "Column", "ColumnType", "Derived", "FeatureColumn", "FeatureFile", "PipelineTable",
    "QueryFile", "RawColumn", "RawTable", "Rule", "Table",
]  # fmt: skip


class Rule(Closed):
    """A row rule: rows for which ``reject_when`` (SQL) is true are quarantined under ``name``."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    reject_when: str
    en: str
    zh: str
    max_share: float = Field(
        0.05,
        ge=0,
        le=1,
        description="share of rejected rows from which the whole table stops",
    )


class Table(Closed):
    """One table, one Parquet partition a month; the partition column ``month`` is implied."""

    table: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    key: tuple[str, ...]
    meaning: Text
    columns: tuple[Column, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [column.name for column in self.columns]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"columns defined twice: {', '.join(repeated)}")
        unknown = sorted(set(self.key) - set(names))
        if unknown:
            raise ValueError(f"key names unknown columns: {', '.join(unknown)}")
        return self

    @cached_property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]


class RawTable(Table):
    """A contract with the source.

    Attributes:
        kind: the group of requirements that asks for it: A1 call records, A2 customer master, A3 billing, A4 sales
            measures, A5 others. None for a table of one profile alone.
        grain: what one row stands for.
        covers: what a month's delivery holds: ``events`` of the month, the ``state`` at its end, or the ``versions``
            in force in it, which mostly began before it.
        min_rows: the floor below which a month is refused.
    """

    columns: tuple[RawColumn, ...] = Field(min_length=1)
    kind: Literal["A1", "A2", "A3", "A4", "A5"] | None = None
    grain: Text | None = None
    covers: Literal["events", "state", "versions"] = "events"
    rules: tuple[Rule, ...] = ()
    min_rows: int = Field(1, ge=0)

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

    @cached_property
    def missing_rules(self) -> tuple[Rule, ...]:
        """A rule for every column without which a row is set aside: NULL (blank text is NULL there)."""
        wanted = [
            c for c in self.delivered_columns if c.required or c.missing == "quarantine"
        ]
        return tuple(self._or_declared(_missing(column)) for column in wanted)

    @cached_property
    def unreadable_rules(self) -> tuple[Rule, ...]:
        """A rule for every column whose delivered text can fail to be a value of the declared type."""
        return tuple(
            self._or_declared(_unreadable(column)) for column in self.delivered_columns
        )

    @cached_property
    def row_rules(self) -> tuple[Rule, ...]:
        """Every row rule, in the order in which a row's reason is found.

        Unreadable values come first, because they are empty after standardisation and would pass for missing. The SQL
        speaks of the columns of ``standard_<table>``.
        """
        stated = [
            (c, c.bounds)
            for c in self.delivered_columns
            if c.outlier == "quarantine" and c.bounds
        ]
        outlying = [_outlying(column, bounds) for column, bounds in stated]
        formulas = [
            _formula(c)
            for c in self.delivered_columns
            if c.type == "text" and c.pii != "token"
        ]
        automatic = (*self.unreadable_rules, *self.missing_rules, *outlying, *formulas)
        names = {rule.name for rule in automatic}
        return (*automatic, *(rule for rule in self.rules if rule.name not in names))

    def _or_declared(self, automatic: Rule) -> Rule:
        """The contract's own rule of that name, which may have another share or wording."""
        return next(
            (rule for rule in self.rules if rule.name == automatic.name), automatic
        )

    @cached_property
    def treated_column(self) -> str | None:
        """The column that lists what was filled in or capped in a row."""
        return next(
            (c.name for c in self.columns if c.derived and c.derived.form == "treated"),
            None,
        )

    @model_validator(mode="after")
    def _treatments_are_marked(self) -> Self:
        changed = [
            c
            for c in self.delivered_columns
            if c.outlier == "cap" or c.missing.startswith("impute")
        ]
        if changed and not self.treated_column:
            raise ValueError(
                f"{changed[0].name} may be filled in or capped: add a column with derived: {{form: treated}}"
            )
        if (
            any(c.missing == "impute_median_of_region" for c in changed)
            and "region_code" not in self.column_names
        ):
            raise ValueError("a median of the region needs the column region_code")
        if (
            any(c.missing == "impute_previous" for c in changed)
            and "customer_id" not in self.column_names
        ):
            raise ValueError("a customer's previous value needs the column customer_id")
        unknown = [
            c.name
            for c in self.columns
            if c.derived and c.derived.of not in ("", *self.column_names)
        ]
        if unknown:
            raise ValueError(
                f"derived of columns that are not there: {', '.join(unknown)}"
            )
        return self

    @model_validator(mode="after")
    def _has_dates(self) -> Self:
        missing = [
            name
            for name in ("event_date", "known_date")
            if name not in self.column_names
        ]
        if missing:
            raise ValueError(
                f"a raw table needs event_date (happened) and known_date (we learnt); missing: {missing}"
            )
        return self


def _missing(column: Column) -> Rule:
    return Rule(
        name=f"{column.name}_missing",
        reject_when=f"\"{column.name}\" IS NULL AND unreadable IS DISTINCT FROM '{column.name}'",
        en=f"{column.name} is missing or blank",
        zh=f"缺少{column.zh}",
    )


def _unreadable(column: Column) -> Rule:
    return Rule(
        name=f"{column.name}_unreadable",
        reject_when=f"unreadable = '{column.name}'",
        en=f"{column.name} was delivered as something that cannot be read as {column.type}",
        zh=f"{column.zh}：内容无法识别",
    )


def _formula(column: Column) -> Rule:
    return Rule(
        name=f"{column.name}_formula",
        reject_when=f"formula = '{column.name}'",
        en=f"{column.name} holds text that a spreadsheet would run as a formula",
        zh=f"{column.zh}：内容会被电子表格当作公式执行",
    )


def _outlying(column: Column, bounds: Bounds) -> Rule:
    """Bounds that set rows aside. Learnt ones are known only where they are learnt (``integrate/treat.py``)."""
    sides = ((bounds.lowest, "<"), (bounds.highest, ">"))
    stated = [
        f'"{column.name}" {sign} {limit}' for limit, sign in sides if limit is not None
    ]
    return Rule(
        name=f"{column.name}_outlier",
        reject_when=" OR ".join(stated) or f'false AND "{column.name}" IS NOT NULL',
        en=f"{column.name} lies outside its bounds",
        zh=f"{column.zh}：超出规定范围",
    )


class PipelineTable(Table):
    """A table that a Python step makes.

    Attributes:
        reads: tables without which the step makes nothing of it; where they are there, queries may read the table like
            one that a query makes. Empty for tables that no query waits for.
    """

    reads: tuple[str, ...] = ()


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
    """

    params: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    reads: tuple[str, ...] = Field(min_length=1)
    needs: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


class FeatureFile(QueryFile):
    """``query.yaml`` of a feature query: key ``customer_id``, everything else a feature."""

    columns: tuple[FeatureColumn | Column, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _only_features(self) -> Self:
        if self.key != ("customer_id",):
            raise ValueError("the key of a feature query is [customer_id]")
        plain = [
            c.name
            for c in self.columns
            if c.name != "customer_id" and not isinstance(c, FeatureColumn)
        ]
        if plain:
            raise ValueError(
                f"features need family, group and expect: {', '.join(plain)}"
            )
        return self
