"""One column of a table: its name with the unit in it, its type, its meaning, and what is done with gaps in it."""

from typing import Literal, Self

from pydantic import Field, model_validator

from churn_tasks.core.closed import Closed, Words
from churn_tasks.declared.subjects import BY_NAME, Subject, seems_to_identify

ColumnType = Literal[
    "text", "integer", "decimal", "double", "date", "timestamp", "boolean"
]
SQL_TYPES: dict[ColumnType, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(18,4)",  # sums of decimals are exact, so they do not depend on the order of rows
    "double": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "boolean": "BOOLEAN",
}


class Derived(Closed):
    """A column that we make of a delivered one: its standard form, or a note of what was filled in.

    Attributes:
        of: the delivered column; empty for ``treated``, which lists what was filled in or capped in the row.
    """

    form: Literal["name", "address", "province", "city", "district", "treated"]
    of: str = ""


class Bounds(Closed):
    """What counts as an outlier: stated limits, or quantiles of the accepted rows of earlier months.

    Attributes:
        lowest, highest: inclusive limits in the column's unit; None leaves a side open.
        low_quantile, high_quantile: limits learnt from the months of the observe window before the present one.
        times: how far beyond the learnt quantile a value may lie, as a multiple of it; 1 is the quantile itself.
    """

    lowest: float | None = None
    highest: float | None = None
    low_quantile: float | None = Field(None, gt=0, lt=1)
    high_quantile: float | None = Field(None, gt=0, lt=1)
    times: float = Field(1.0, ge=1)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        limits = (self.lowest, self.highest, self.low_quantile, self.high_quantile)
        if limits == (None, None, None, None):
            raise ValueError(
                "bounds need lowest, highest, low_quantile or high_quantile"
            )
        return self


class Column(Closed):
    """One column: name with its unit in it, type, and meaning in both languages.

    Attributes:
        derived: made by us and not delivered by the source; None for everything a source delivers.
        missing: what happens to a row without the value (B3); ``impute_previous`` takes the customer's own latest
            value of the observe window's earlier months, ``impute_median_of_region`` the middle value of the
            row's ``region_code`` in them. A row without a ``required`` value is always set aside.
        outlier: what happens to a value outside ``bounds``.
        identifies: whom its value names (``declared/subjects.py``); None where the name of the column says it.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: ColumnType
    unit: str = ""
    en: Words
    zh: Words
    required: bool = False
    pii: Literal["none", "quasi", "token", "direct"] = "none"
    derived: Derived | None = None
    missing: Literal[
        "leave", "quarantine", "impute_previous", "impute_median_of_region"
    ] = "leave"
    outlier: Literal["leave", "cap", "quarantine"] = "leave"
    bounds: Bounds | None = None
    identifies: Subject | None = None

    @property
    def subject(self) -> Subject:
        """Whom its value names."""
        return self.identifies or BY_NAME.get(self.name, "nobody")

    @property
    def is_id(self) -> bool:
        """Whether it holds delivered numbers of customers, records and the like: text of which every digit counts."""
        is_text = self.type == "text" and self.pii != "token"
        return is_text and self.name.endswith("_id") and self.derived is None

    @model_validator(mode="after")
    def _says_whom_it_names(self) -> Self:
        is_said = self.identifies is not None or self.name in BY_NAME
        if not is_said and seems_to_identify(self.name, self.pii):
            raise ValueError(
                f"{self.name} looks as if it named somebody: say identifies: customer, person, number, other_side,"
                " reference, row, words or nobody, so that churn forget finds it"
            )
        return self

    @model_validator(mode="after")
    def _treatment_fits(self) -> Self:
        if (self.outlier == "leave") != (self.bounds is None):
            raise ValueError(
                f"{self.name}: outlier cap or quarantine needs bounds, and bounds need one of the two"
            )
        numeric = self.type in ("integer", "decimal", "double")
        if (self.bounds or self.missing == "impute_median_of_region") and not numeric:
            raise ValueError(
                f"{self.name}: bounds and medians are of numbers, this is {self.type}"
            )
        return self


class RawColumn(Column):
    """A column of a contract with the source.

    Attributes:
        example: one value as a CSV file would hold it; made up, never taken from data.
    """

    example: str = ""

    @property
    def delivered_as(self) -> str:
        """The name in the extract's SELECT: ``phone_number`` leaves the extraction as ``phone_token``."""
        if self.name.endswith("_token"):
            return f"{self.name.removesuffix('_token')}_number"
        return self.name

    @property
    def delivered_names(self) -> frozenset[str]:
        """Every name that the extract's SELECT may give it: a subscriber number may itself be one to be tokenised."""
        names = {self.name, self.delivered_as}
        if self.name == "customer_id":
            names.add("customer_number")
        return frozenset(names)


class FeatureColumn(Column):
    """A column that models may use (D1).

    Attributes:
        group: the reason group that the feature counts towards in explanations (G6).
        expect: which direction of the value is expected to go with leaving.
    """

    family: Literal["basic", "service", "consumption"]
    group: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    expect: Literal["up", "down", "none"] = "none"
