"""Columns as the operator's systems write them: dates, flags, codes and whole numbers."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from churn_tasks.simulator.clock import NEVER, Array


def dates(days: Array) -> pa.Array:
    """Calendar dates from day numbers; ``NEVER`` stands for none."""
    never = np.asarray(days) >= NEVER
    known = np.where(never, 0, days).astype(np.int32)
    return pa.array(known, mask=never).cast(pa.date32())


def flags(chosen: Array) -> pa.Array:
    """``1`` where something holds, ``0`` elsewhere."""
    return coded(("0", "1"), chosen.astype(int))


def coded(codes: Sequence[str], numbers: Array) -> pa.Array:
    """The code at each position in a list of codes."""
    texts = pa.array(codes, pa.string())
    return texts.take(numbers)


def repeated(text: str, count: int) -> pa.Array:
    """The same text in every row."""
    return pa.array(np.full(count, text), pa.string())


def whole(numbers: Array) -> Array:
    """Whole numbers of 64 bits, decimals cut off."""
    return np.asarray(numbers).astype(np.int64)


def small(numbers: Array) -> Array:
    """Whole numbers of 32 bits."""
    return np.asarray(numbers).astype(np.int32)
