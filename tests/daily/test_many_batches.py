"""A day of a large operator comes in many batches: each is searched while the rows before it are on their way."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pytest

from churn_tasks.adapters.source import Source, open_source
from churn_tasks.walks import day as walk
from tests.daily.operator import Operator

AT_ONCE = 7


class InSmallBatches:
    """A source that gives a few rows at once."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    @contextmanager
    def batches(self, sql: str) -> Iterator[pa.RecordBatchReader]:
        with self.source.batches(sql) as whole:
            yield pa.RecordBatchReader.from_batches(whole.schema, _cut(whole))


def _cut(whole: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    for batch in whole:
        for first in range(0, batch.num_rows, AT_ONCE):
            yield batch.slice(first, AT_ONCE)


@contextmanager
def opened_small(*asked: Any) -> Iterator[InSmallBatches]:
    with open_source(*asked) as source:
        yield InSmallBatches(source)


def test_many_batches_come_to_what_one_does(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.watched(9)
    whole = operator.watched(10)
    known = operator.alarms()
    monkeypatch.setattr(walk, "open_source", opened_small)
    (again,) = operator.watched(10)
    assert again.rows == whole[0].rows > 3 * AT_ONCE
    assert not [each for each in again.missing if "could not be taken in" in each]
    assert operator.alarms() == known
