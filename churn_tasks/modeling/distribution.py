"""What one column looks like in a month: its figures, and its counts over bins that do not change (``binning.py``)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from churn_tasks.modeling.auc import auc_of, error_under_chance
from churn_tasks.modeling.binning import counts_in, edges_of, information_value

QUANTILES = {
    "p01": 0.01,
    "p05": 0.05,
    "p25": 0.25,
    "p50": 0.5,
    "p75": 0.75,
    "p95": 0.95,
    "p99": 0.99,
}
MOST_TEXTS = 12
FEWEST_ROWS = 10  # a rarer text might tell of a single customer
NO_VALUE = {"above": None, "up_to": None, "text_value": None}


@dataclass(frozen=True)
class Bins:
    """The bins of one column.

    Attributes:
        edges: upper ends of the bins of numbers, see ``binning.edges_of``; None for texts.
        texts: values with a bin of their own; all others share the one after them.
    """

    edges: np.ndarray | None
    texts: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: np.ndarray) -> "Bins":
        """Bins for these values: floats with NaN where unknown, or texts with None."""
        known = _known(values)
        if _is_numeric(values):
            return cls(edges_of(known))
        names, counts = np.unique(known, return_counts=True)
        often = counts >= max(FEWEST_ROWS, len(values) / 100)
        commonest_first = np.argsort(-counts[often], kind="stable")
        texts = names[often][commonest_first][:MOST_TEXTS]
        return cls(None, tuple(str(text) for text in texts))

    @classmethod
    def read(cls, rows: Sequence[Mapping[str, Any]], *, is_text: bool) -> "Bins":
        """The bins that rows of ``feature_bin`` state, in order of their place."""
        if is_text:
            return cls(None, tuple(_stated(rows, "text_value")))
        return cls(np.array(_stated(rows, "up_to"), dtype=float))

    def counts(self, values: np.ndarray) -> np.ndarray:
        """Rows of each bin; the last count is that of rows without a value."""
        known = _known(values)
        missing = len(values) - len(known)
        if self.edges is not None:
            return counts_in(known, self.edges, missing)
        named = [int((known == text).sum()) for text in self.texts]
        others = len(known) - sum(named)
        return np.array([*named, others, missing])

    def rows(self) -> list[dict[str, Any]]:
        """What ``feature_bin`` says of the bins themselves."""
        shown = [*self._of_values(), NO_VALUE]
        rows = []
        for place, bounds in enumerate(shown):
            is_missing = place == len(shown) - 1
            rows.append({"place": place, **bounds, "is_missing": is_missing})
        return rows

    def _of_values(self) -> list[dict[str, Any]]:
        """The bounds of each bin but that of rows without a value."""
        if self.edges is None:
            return [{**NO_VALUE, "text_value": text} for text in (*self.texts, None)]
        ends = [None, *self.edges.tolist(), None]
        return [
            {**NO_VALUE, "above": low, "up_to": high} for low, high in pairwise(ends)
        ]


def _stated(rows: Sequence[Mapping[str, Any]], column: str) -> list[Any]:
    return [row[column] for row in rows if row[column] is not None]


def figures(values: np.ndarray) -> dict[str, Any]:
    """Count, gaps, mean and quantiles (each a value that occurs); of texts the first two alone."""
    known = _known(values)
    rows = max(len(values), 1)
    stated: dict[str, Any] = {
        "row_count": len(values),
        "missing_share": 1 - len(known) / rows,
        "zero_share": None,
        "mean": None,
        **dict.fromkeys(QUANTILES),
    }
    if not _is_numeric(values):
        return stated
    stated["zero_share"] = float((known == 0).sum() / rows)
    if len(known):
        stated["mean"] = float(known.mean())
        for name, share in QUANTILES.items():
            stated[name] = _quantile(known, share)
    return stated


def _quantile(ordered: np.ndarray, share: float) -> float:
    """The lowest value that at least this share of the rows does not exceed."""
    rows = int(np.ceil(share * len(ordered)))
    return float(ordered[max(rows - 1, 0)])


def tells(
    bins: Bins, values: np.ndarray, churned: np.ndarray
) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """What the column tells of leaving, taken alone, and the counts of everybody and of leavers in each bin."""
    rows, leavers = bins.counts(values), bins.counts(values[churned])
    auc = error = None
    if bins.edges is not None:
        known, leaving = _known(values), _known(values[churned])
        auc = auc_of(known, leaving)
        error = error_under_chance(len(known), len(leaving))
    stated = {
        "judged_count": len(values),
        "leaver_count": int(churned.sum()),
        "auc": auc,
        "auc_error": error,
        "iv": information_value(rows, leavers)[0],
    }
    return stated, rows, leavers


def _known(values: np.ndarray) -> np.ndarray:
    """The known values; numbers in ascending order."""
    if _is_numeric(values):
        return np.sort(values[~np.isnan(values)])
    return np.array([value for value in values if value is not None], dtype=object)


def _is_numeric(values: np.ndarray) -> bool:
    return values.dtype.kind == "f"
