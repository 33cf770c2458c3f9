"""No row is read twice from the source; a table of which nothing came late is only asked."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pytest

from churn_tasks.adapters.source import Source, open_source
from churn_tasks.core.settings import Settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.month import run_step
from churn_tasks.walks.restate import restate
from tests.restatement.late_bills import BILL
from tests.restatement.test_late_step import (
    FEBRUARY,
    FILTER,
    INTEGRATED,
    JANUARY,
    settings,
)

__all__ = ["settings"]  # a fixture


class CountingSource:
    """A source that counts how often it has delivered each bill."""

    def __init__(self, source: Source, delivered: Counter[str]) -> None:
        self.source, self.delivered = source, delivered

    def relations(self, sql: str) -> Any:
        return self.source.relations(sql)

    def asides(self, sql: str) -> Any:
        return self.source.asides(sql)

    @contextmanager
    def batches(self, sql: str) -> Iterator[pa.RecordBatchReader]:
        with self.source.batches(sql) as batches:
            yield pa.RecordBatchReader.from_batches(
                batches.schema, self._counted(batches)
            )

    def _counted(self, batches: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if "bill_id" in batch.schema.names:
                self.delivered.update(batch.column("bill_id").to_pylist())
            yield batch


@pytest.fixture
def delivered(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Bill to how often the source has delivered it."""
    counted: Counter[str] = Counter()

    @contextmanager
    def counting(*asked: Any) -> Iterator[CountingSource]:
        with open_source(*asked) as source:
            yield CountingSource(source, counted)

    monkeypatch.setattr("churn_tasks.steps.extract.open_source", counting)
    return counted


def _run(settings: Settings) -> None:
    for month in (JANUARY, FEBRUARY):
        for step in ("extract", *INTEGRATED):
            if step != "check_raw":
                run_step(step, settings, month)


def test_each_bill_is_read_once_the_late_ones_too(
    settings: Settings, delivered: Counter[str]
) -> None:
    _run(settings)
    assert len(delivered) == 600
    assert set(delivered.values()) == {1}
    known = settings.calendar.window(FEBRUARY).known_until
    assert MonthRun(settings, JANUARY, known).lake.rows("raw_bill", JANUARY) == 300


def test_by_hand_and_from_a_source_that_delivers_too_early_every_row_is_read_again(
    settings: Settings, delivered: Counter[str]
) -> None:
    """Control: corrections in place can be found in no other way, and rows delivered too early can't be told apart."""
    _run(settings)
    list(zip(restate(settings, JANUARY), range(1), strict=False))
    assert {delivered[f"C{n}-{JANUARY}"] for n in range(300)} == {2}
    bill = settings.profile_dir / "extract" / "bill.sql"
    bill.write_text(BILL.replace(FILTER, ""), encoding="utf-8")
    delivered.clear()
    fresh = settings.model_copy(
        update={
            "environment": settings.environment.model_copy(
                update={"state_dir": settings.state_dir / "fresh"}
            )
        }
    )
    _run(fresh)
    assert max(delivered.values()) > 1
