"""What one column looks like in a month: its figures, and its counts over bins that do not change (``binning.py``)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from churn_tasks.modeling.binning import (
    auc_error,
    auc_of,
    counts_in,
    edges_of,
    information_value,
)

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
        if values.dtype.kind == "f":
            return cls(edges_of(_known(values)))
        names, counts = np.unique(_known(values), return_counts=True)
        often = counts >= max(FEWEST_ROWS, len(values) / 100)
        ranked = sorted(zip(-counts[often], names[often], strict=True))
        return cls(None, tuple(str(name) for _, name in ranked[:MOST_TEXTS]))

    @classmethod
    def read(cls, rows: Sequence[Mapping[str, Any]], *, is_text: bool) -> "Bins":
        """The bins that rows of ``feature_bin`` state, in order of their place."""
        if is_text:
            return cls(
                None,
                tuple(
                    row["text_value"] for row in rows if row["text_value"] is not None
                ),
            )
        return cls(
            np.array(
                [row["up_to"] for row in rows if row["up_to"] is not None], dtype=float
            )
        )

    def counts(self, values: np.ndarray) -> np.ndarray:
        """Rows of each bin; the last count is that of rows without a value."""
        known = _known(values)
        missing = len(values) - len(known)
        if self.edges is not None:
            return counts_in(known, self.edges, missing)
        each = [int((known == text).sum()) for text in self.texts]
        return np.array([*each, len(known) - sum(each), missing])

    def rows(self) -> list[dict[str, Any]]:
        """What ``feature_bin`` says of the bins themselves."""
        if self.edges is None:
            shown = [
                {"above": None, "up_to": None, "text_value": text}
                for text in (*self.texts, None)
            ]
        else:
            ends = [None, *self.edges.tolist(), None]
            shown = [
                {"above": low, "up_to": high, "text_value": None}
                for low, high in pairwise(ends)
            ]
        shown.append({"above": None, "up_to": None, "text_value": None})
        last = len(shown) - 1
        return [
            {"place": place, **each, "is_missing": place == last}
            for place, each in enumerate(shown)
        ]


def figures(values: np.ndarray) -> dict[str, Any]:
    """Count, gaps, mean and quantiles (each a value that occurs); of texts the first two alone."""
    known = _known(values)
    found: dict[str, Any] = {
        "row_count": len(values),
        "missing_share": 1 - len(known) / max(len(values), 1),
    }
    if values.dtype.kind != "f":
        return found | dict.fromkeys(("zero_share", "mean", *QUANTILES))
    found["zero_share"] = float((known == 0).sum() / max(len(values), 1))
    if not len(known):
        return found | dict.fromkeys(("mean", *QUANTILES))
    places = {
        name: max(int(np.ceil(share * len(known))) - 1, 0)
        for name, share in QUANTILES.items()
    }
    return found | {
        "mean": float(known.mean()),
        **{name: float(known[place]) for name, place in places.items()},
    }


def tells(
    bins: Bins, values: np.ndarray, churned: np.ndarray
) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """What the column tells of leaving, taken alone, and the counts of everybody and of leavers in each bin."""
    rows, leavers = bins.counts(values), bins.counts(values[churned])
    found: dict[str, Any] = {
        "judged_count": len(values),
        "leaver_count": int(churned.sum()),
    }
    found |= {"auc": None, "auc_error": None, "iv": information_value(rows, leavers)[0]}
    if bins.edges is not None:
        known, leaving = _known(values), _known(values[churned])
        found["auc"] = auc_of(known, leaving)
        found["auc_error"] = auc_error(len(known), len(leaving))
    return found, rows, leavers


def _known(values: np.ndarray) -> np.ndarray:
    """The known values; numbers in ascending order."""
    if values.dtype.kind == "f":
        return np.sort(values[~np.isnan(values)])
    return np.array([value for value in values if value is not None], dtype=object)
