"""What an opened source can do, whatever kind it is."""

from contextlib import AbstractContextManager
from typing import Protocol

import pyarrow as pa

from churn_tasks.adapters.source.aside import FileAside

Relations = dict[str, dict[str, str]]  # relation -> column -> type


class Source(Protocol):
    """An opened source. It stays usable after a query that it refused."""

    def batches(self, sql: str) -> AbstractContextManager[pa.RecordBatchReader]:
        """The rows of one SELECT as a stream of batches, read only; one query at a time.

        Raises:
            ConnectionTrouble: the source does not answer.
            NotReady: a file that the query reads has not come yet.
            BadInput: the source refuses the query, or a file cannot be read; values are never quoted.
            DamageSetAside: damaged rows were found on the way; asked again, the query gives the others.
        """

    def asides(self, sql: str) -> list[FileAside]:
        """What is no row of the files that the query reads, as far as is known; nothing of a database."""

    def relations(self, sql: str) -> Relations:
        """What the query reads: relation -> column -> type as the source names it.

        A part of a relation (a child table or partition, a file) stands beside it as ``relation/part``, so that the
        columns of one month's part can be told from the others'. The relation's own columns are those of all parts.
        """
