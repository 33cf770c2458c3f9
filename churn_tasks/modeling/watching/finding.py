"""What watching finds, one measure of one subject."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pyarrow as pa

Status = Literal["ok", "notice", "alarm", "too_few"]
FEW = 10  # customers: fewer are no finding, and a value of so few names nobody
MOST_NAMED = 5
COLUMNS = (
    ("subject", pa.string()),
    ("measure", pa.string()),
    ("value", pa.float64()),
    ("bound", pa.float64()),
    ("status", pa.string()),
    ("note", pa.string()),
)


@dataclass(frozen=True)
class Finding:
    """One measure against its bound.

    Attributes:
        subject: a column of the model, ``inputs`` (all of them together), ``churn_score`` or ``list``.
        bound: from where on the measure is a finding; below it for average precision.
        status: ``too_few`` where so few left that nothing can be said.
        note: values or columns that make it so.
    """

    subject: str
    measure: str
    value: float
    bound: float
    status: Status = "ok"
    note: str = ""

    @property
    def text(self) -> str:
        said = (
            f"{self.subject}: {self.measure} {self.value:.3g}, bound {self.bound:.3g}"
        )
        return f"{said} ({self.note})" if self.note else said


def above(value: float, bound: float, status: Status) -> Status:
    """The status where a measure lies above its bound, else ok."""
    return status if value > bound else "ok"


def watch_rows(findings: Iterable[Finding]) -> pa.Table:
    """Rows of ``score_watch`` and ``model_watch``, in order of subject and measure."""
    rows: list[dict[str, Any]] = [asdict(finding) for finding in findings]
    rows.sort(key=lambda row: (row["subject"], row["measure"]))
    return pa.Table.from_pylist(rows, schema=pa.schema(COLUMNS))


def alarms(findings: Iterable[Finding]) -> list[str]:
    return [finding.text for finding in findings if finding.status == "alarm"]


def named_shortly(names: Iterable[str]) -> str:
    """The first five names, and how many more there are."""
    listed = list(names)
    more = len(listed) - MOST_NAMED
    shown = ", ".join(listed[:MOST_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown
