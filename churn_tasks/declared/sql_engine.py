"""What packages that may not open the lake ask of the engine that they are given."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from churn_tasks.declared.query import Query
from churn_tasks.declared.registry import Registry

if TYPE_CHECKING:
    import pandas as pd

Parameters = Mapping[str, Any]
Row = dict[str, Any]


class SqlEngine(Protocol):
    """SQL over the tables of the lake; ``adapters/engine.py`` is the one that runs."""

    registry: Registry

    def views(self, *tables: str) -> None:
        """Make tables of the lake visible to SQL."""

    def ask(self, query: Query, parameters: Parameters) -> list[Row]:
        """The answer of a query folder that makes no table."""

    def records(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        """The rows of a SELECT by column name."""

    def row(self, sql: str, parameters: Parameters | None = None) -> Row:
        """The single row of a SELECT."""

    def frame(self, sql: str, parameters: Parameters | None = None) -> "pd.DataFrame":
        """The result of a SELECT as a frame."""

    def registered(self, name: str, relation: object) -> AbstractContextManager[None]:
        """Make an Arrow table or a frame visible to SQL for a while."""
