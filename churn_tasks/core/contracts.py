"""What a table declares: its key, columns with units and meanings, row rules, and what a query reads."""

from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from churn_tasks.core.sections import Closed, Text

ColumnType = Literal["text", "integer", "decimal", "double", "date", "timestamp", "boolean"]
SQL_TYPES: dict[ColumnType, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(18,4)",  # sums of decimals are exact, so they do not depend on the order of rows
    "double": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "boolean": "BOOLEAN",
}


class Column(Closed):
    """One column: name with its unit in it, type, and meaning in both languages."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: ColumnType
    unit: str = ""
    en: str
    zh: str
    required: bool = False
    pii: Literal["none", "quasi", "token", "direct"] = "none"


class FeatureColumn(Column):
    """A column that models may use (D1).

    Attributes:
        group: the reason group that the feature counts towards in explanations (G6).
        expect: which direction of the value is expected to go with leaving.
    """

    family: Literal["basic", "service", "consumption"]
    group: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    expect: Literal["up", "down", "none"] = "none"


class Rule(Closed):
    """A row rule: rows for which ``reject_when`` (SQL) is true are quarantined under ``name``."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    reject_when: str
    en: str
    zh: str
    max_share: float = Field(0.05, ge=0, le=1, description="share of rejected rows from which the whole table stops")


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
    """A contract with the source. ``min_rows`` is the floor below which a month is refused."""

    rules: tuple[Rule, ...] = ()
    min_rows: int = Field(1, ge=0)

    @model_validator(mode="after")
    def _has_dates(self) -> Self:
        missing = [name for name in ("event_date", "known_date") if name not in self.column_names]
        if missing:
            raise ValueError(f"a raw table needs event_date (happened) and known_date (we learnt); missing: {missing}")
        return self


class QueryFile(Table):
    """``query.yaml``: the table that the query makes, and what it may use to make it.

    Attributes:
        reads: tables in the SQL.
        needs: further tables without which the query stays inactive, because a shared table such as
            ``month_profile`` has the columns it asks for only where these exist too.
        optional: further tables in the SQL; one that the profile cannot make is empty there.
    """

    params: tuple[str, ...] = ()
    reads: tuple[str, ...] = Field(min_length=1)
    needs: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


class FeatureFile(QueryFile):
    """``query.yaml`` of a feature query: key ``customer_id``, everything else a feature."""

    columns: tuple[FeatureColumn | Column, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _only_features(self) -> Self:
        if self.key != ("customer_id",):
            raise ValueError("the key of a feature query is [customer_id]")
        plain = [c.name for c in self.columns if c.name != "customer_id" and not isinstance(c, FeatureColumn)]
        if plain:
            raise ValueError(f"features need family, group and expect: {', '.join(plain)}")
        return self
