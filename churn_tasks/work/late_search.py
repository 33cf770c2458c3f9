"""The rows that a source gives, searched for those of which something became known since a day.

A source compares days where it holds days, and then gives late rows alone. What it writes as text or as a number
(20240220, 2024年2月20日) is read here, by the same rules as every value of the contract.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from churn_tasks.core.errors import evidence
from churn_tasks.core.months import Month
from churn_tasks.declared.composer import composed
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.standard import known_days, rows_as_delivered

BATCH = "batch_sought"
MOST_SHOWN = 5


class LateSearch:
    """Late rows of one table.

    Attributes:
        answers: late rows that were known before; something in them was not.
        sql: the query that was asked last.
        unreadable: of each column that says when something became known the rows in which it cannot be read.
    """

    def __init__(self, run: MonthRun, name: str, since: date) -> None:
        self.run, self.name, self.since = run, name, since
        self.table = run.registry.raw[name]
        self.sql = ""
        self.answers = 0
        self.unreadable: Counter[str] = Counter()
        self._examples: list[str] = []
        self._asked = ""

    def late_rows(self, batches: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        """The late rows of each batch that has some. Nothing else of the batches is looked at but their days."""
        days = [n for n in self.table.known_columns if n in batches.schema.names]
        for batch in batches:
            if batch.num_rows:
                sought = self._sought(batch.select(days))
                self._note(sought)
                late = batch.filter(sought["is_late"].combine_chunks())
                if late.num_rows:
                    yield late

    def _sought(self, days: pa.RecordBatch) -> pa.Table:
        """Of each row what the query ``rows_sought`` says."""
        engine = self.run.engine
        with engine.registered(BATCH, pa.Table.from_batches([days])):
            if not self._asked:
                month = self.run.month.start
                rows = f"(SELECT *, DATE '{month}' AS month FROM {BATCH})"
                read = known_days(self.run, self.name, rows)
                self._asked = composed("extraction", "rows_sought", days=read)
            asked = {"since": self.since}
            return engine.connection.sql(self._asked, params=asked).to_arrow_table()

    def _note(self, sought: pa.Table) -> None:
        answers = pc.and_not(sought["is_late"], sought["is_new"])
        self.answers += answers.to_pylist().count(True)
        unreadable = sought.filter(pc.is_valid(sought["unreadable"]))
        self.unreadable.update(unreadable["unreadable"].to_pylist())
        if len(self._examples) < MOST_SHOWN:
            self._examples += unreadable["value"].to_pylist()

    def complaint(self) -> str:
        """What cannot be read, for people."""
        return evidence(
            table=f"raw_{self.name}",
            month=self.run.month,
            column=", ".join(sorted(self.unreadable)),
            count=self.unreadable.total(),
            problem="nobody can tell whether rows came late: a day is there and cannot be read",
            examples=self._examples[:MOST_SHOWN],
            remedy=f"Declare the form under standardise ({self.name}.known_date: dates), or mend it in the extract.",
        )


def unreadable_rows(run: MonthRun, name: str, month: Month, files: list[Path]) -> int:
    """How many rows of raw files have a day that is there and cannot be read."""
    if not files:
        return 0
    days = known_days(run, name, rows_as_delivered(files, month))
    counted = composed("extraction", "unreadable_days", days=days)
    return int(run.engine.row(counted)["row_count"])
