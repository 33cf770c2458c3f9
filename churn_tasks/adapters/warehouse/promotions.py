"""Which model version decides the lists, since when and why; and the digests its files must have.

Decisions are only added. A month that is decided again, differently, gets a further revision beside the old one.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from churn_tasks.adapters.warehouse.connection import Connection, Cursor
from churn_tasks.adapters.warehouse.rows import append
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month

log = logging.getLogger("churn")


@dataclass(frozen=True)
class Champion:
    """The model version in force."""

    model_name: str
    model_version: int
    decided_in: str  # month of the decision, YYYY-MM

    @property
    def version(self) -> int:
        return self.model_version


@dataclass(frozen=True)
class PromotionRow:
    """The decision of one month: which version decides its list and those after it.

    Attributes:
        decided_in: month of the run that decided, YYYY-MM; the decision is in force from that month on.
        promoted: True when the decision changed the version, False when it kept it.
        decided_by: the rule (or person) that decided.
        metrics: figures the decision rests on; anything JSON can hold.
    """

    decided_in: str
    model_name: str
    model_version: int
    promoted: bool
    decided_by: str
    why: str
    metrics: Mapping[str, Any] = field(default_factory=dict)


_CURRENT = """
SELECT to_char(decided_in, 'YYYY-MM'), model_name, model_version, is_promoted, decided_by, why, metrics, revision
FROM promotion
WHERE decided_in = %s
ORDER BY revision DESC LIMIT 1
"""

_CHAMPION = """
SELECT model_name, model_version, to_char(decided_in, 'YYYY-MM')
FROM promotion
WHERE decided_in <= %s
ORDER BY decided_in DESC, revision DESC LIMIT 1
"""


def record_promotion(connection: Connection, row: PromotionRow) -> None:
    """Add a month's decision; an equal one is there already, a different one becomes a further revision."""
    month = Month.parse(row.decided_in)
    metrics = json.dumps(dict(row.metrics), sort_keys=True, allow_nan=False)
    with connection.transaction("churn_loader") as cursor:
        connection.lock(cursor, "promotion")
        latest, revision = _latest(cursor, month)
        if latest == replace(row, metrics=json.loads(metrics)):
            return
        decision = {
            "decided_in": month.start,
            "revision": revision + 1,
            "model_name": row.model_name,
            "model_version": row.model_version,
            "is_promoted": row.promoted,
            "decided_by": row.decided_by,
            "why": row.why,
            "metrics": metrics,
        }
        append(cursor, "promotion", decision, [tuple(decision.values())])
    if revision:
        log.warning(
            "promotion %s decided again, differently: revision %d beside the old one",
            month,
            revision + 1,
        )


def promotion(connection: Connection, month: Month) -> PromotionRow | None:
    """The decision of this very month, in its latest revision."""
    with connection.transaction("churn_loader") as cursor:
        return _latest(cursor, month)[0]


def _latest(cursor: Cursor, month: Month) -> tuple[PromotionRow | None, int]:
    """The latest decision of a month and its revision, 0 when there is none."""
    cursor.execute(_CURRENT, (month.start,))
    row = cursor.fetchone()
    if row is None:
        return None, 0
    *decision, revision = row
    return PromotionRow(*decision), revision


def champion(connection: Connection, month: Month) -> Champion | None:
    """The version in force in a month: the decision of the latest month up to it."""
    with connection.transaction("churn_loader") as cursor:
        cursor.execute(_CHAMPION, (month.start,))
        row = cursor.fetchone()
    return Champion(*row) if row else None


def record_model_files(
    connection: Connection, name: str, version: int, files: Mapping[str, str]
) -> None:
    """Remember the sha256 of each file of a model version. What is recorded once never changes.

    Args:
        files: path inside the model's folder -> sha256 in hexadecimal.

    Raises:
        BadInput: the version has other files or digests on record, or there is no file.
    """
    if not files:
        raise BadInput(f"model {name} version {version} has no files to record")
    with connection.transaction("churn_loader") as cursor:
        connection.lock(cursor, "model_file")
        cursor.execute(_FILES, (name, version))
        recorded = dict(cursor.fetchall())
        if not recorded:
            append(
                cursor,
                "model_file",
                ("model_name", "model_version", "path", "sha256"),
                [(name, version, *file) for file in sorted(files.items())],
            )
        elif recorded != dict(files):
            changed = dict(recorded.items() ^ files.items())
            raise BadInput(
                f"model {name} version {version}: {len(changed)} files differ from those on record, e.g. "
                f"{', '.join(sorted(changed)[:5])}. A registered version never changes; register a new one."
            )


_FILES = "SELECT path, sha256 FROM model_file WHERE model_name = %s AND model_version = %s ORDER BY path"


def model_files(connection: Connection, name: str, version: int) -> dict[str, str]:
    """Path -> sha256 of a model version's files; empty when none were recorded."""
    with connection.transaction("churn_loader") as cursor:
        cursor.execute(_FILES, (name, version))
        return dict(cursor.fetchall())
