"""Which model version decides the lists, since when and why; and the digests its files must have.

Decisions are only added. A month that is decided again, differently, gets a further revision beside the old one.
"""

import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from churn_tasks.adapters.warehouse import model_orders
from churn_tasks.adapters.warehouse.connection import Connection, Cursor, one
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

# of each month the decision that counts, latest month first
_DECIDED = """
SELECT model_name, model_version, to_char(decided_in, 'YYYY-MM')
FROM (
    SELECT DISTINCT ON (decided_in) * FROM promotion
    WHERE decided_in <= %s
    ORDER BY decided_in, revision DESC
) AS latest
ORDER BY decided_in DESC
"""

_HIGHEST = """
SELECT coalesce(max(model_version), 0)
FROM (
    SELECT model_name, model_version FROM model_file
    UNION ALL
    SELECT model_name, model_version FROM promotion
) AS known
WHERE model_name = %s
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


def champion(
    connection: Connection, month: Month, orders_of: Month | None = None
) -> Champion | None:
    """The version in force in a month: what people have pinned, else the latest decision for a version not retired.

    Args:
        orders_of: month whose retirements hold as well, for what was in force before a month; the month itself when
            absent.
    """
    with connection.transaction("churn_loader") as cursor:
        retired = model_orders.retired(cursor, orders_of or month)
        return _in_force(cursor, month, retired)


def _in_force(
    cursor: Cursor, month: Month, retired: Collection[tuple[str, int]]
) -> Champion | None:
    pin = model_orders.pinned(cursor, month)
    if pin and pin.order.model not in retired:
        return Champion(*pin.order.model, pin.from_month)
    cursor.execute(_DECIDED, (month.start,))
    for name, version, decided_in in cursor.fetchall():
        if (name, version) not in retired:
            return Champion(name, version, decided_in)
    return None


def champion_without(
    connection: Connection, month: Month, name: str, version: int
) -> Champion | None:
    """The version that would be in force in a month if one were retired."""
    with connection.transaction("churn_loader") as cursor:
        retired = {*model_orders.retired(cursor, month), (name, version)}
        return _in_force(cursor, month, retired)


def highest_version(connection: Connection, name: str) -> int:
    """The highest number that a version of a model was ever known by here; 0 when there was none."""
    with connection.transaction("churn_loader") as cursor:
        cursor.execute(_HIGHEST, (name,))
        return int(one(cursor)[0])


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
