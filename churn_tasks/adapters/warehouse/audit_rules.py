"""What the stored rows of a run must be before anybody sees them."""

import hashlib
from collections.abc import Iterable
from decimal import Decimal

from churn_tasks.adapters.warehouse.connection import Cursor, one
from churn_tasks.adapters.warehouse.rows import Row, records
from churn_tasks.core.months import Month

COLUMNS = (
    "rank", "customer_id", "phone_token", "arpu_cny", "region_code", "customer_group", "churn_score",
    "action_priority", "level", "reason_1", "reason_1_en", "reason_1_zh", "reason_2", "reason_2_en", "reason_2_zh",
    "reason_3", "reason_3_en", "reason_3_zh", "strategy_en", "strategy_zh", "model_name", "model_version",
    "feature_set", "person_id", "line_count", "person_arpu_cny",
    "reason_1_role", "reason_2_role", "reason_3_role", "cause_1", "cause_2", "cause_3",
    "triggers", "triggers_en", "triggers_zh", "trigger_set",
    "arm", "arm_month", "arm_until",
)  # fmt: skip
TRIGGER_COLUMNS = (
    "customer_id", "trigger", "event_date", "known_date", "priority", "evidence_en", "evidence_zh",
    "phone_token", "region_code",
)  # fmt: skip
ADDED_LATER = 7  # columns at the end that lists of earlier versions do not have

_COUNTS = """
SELECT
    count(*) AS rows,
    count(*) FILTER (WHERE customer_id IS NULL OR customer_id = '') AS null_keys,
    count(customer_id) - count(DISTINCT customer_id) AS repeated_keys,
    count(*) FILTER (WHERE churn_score IS NULL OR NOT churn_score BETWEEN 0 AND 1) AS scores_out_of_range,
    count(*) FILTER (WHERE action_priority IS NULL OR action_priority = 'NaN') AS missing_priorities,
    count(*) FILTER (WHERE level IS NULL OR level NOT IN ('high', 'medium', 'low')) AS unknown_levels,
    count(*) FILTER (WHERE model_name IS NULL OR model_version IS NULL OR feature_set IS NULL) AS rows_without_lineage,
    count(*) FILTER (WHERE arm NOT IN ('treat', 'hold_out', 'panel', 'exempt')) AS unknown_arms,
    greatest(count(DISTINCT (model_name, model_version, feature_set)) - 1, 0) AS further_models,
    count(*) - count(DISTINCT rank) + abs(coalesce(max(rank), 0) - count(*))
        + abs(coalesce(min(rank), 1) - 1) AS rank_gaps,
    count(*) FILTER (WHERE (triggers IS NOT NULL) <> EXISTS (
        SELECT 1 FROM raised_trigger AS t
        WHERE t.month = warning_list.month AND t.run_id = warning_list.run_id
            AND t.customer_id = warning_list.customer_id
    )) AS other_triggers,
    coalesce(max(rank), 0) - count(*) AS ranks_missing,
    count(*) - count(DISTINCT rank) + greatest(1 - coalesce(min(rank), 1), 0) AS ranks_wrong
FROM warning_list
WHERE month = %s AND run_id = %s
"""


def checksum(rows: Iterable[Row]) -> str:
    """Digest of rows in their order, the same before they are sent and after they are read back.

    Columns that a list from before does not have are left out, so that it keeps the digest it was published with.
    """
    digest = hashlib.sha256()
    for row in rows:
        cells = [str(cell) if isinstance(cell, Decimal) else cell for cell in row]
        if not any(cells[-ADDED_LATER:]):
            del cells[-ADDED_LATER:]
        digest.update(repr(cells).encode())
    return digest.hexdigest()


def findings(cursor: Cursor, month: Month, run_id: str) -> dict[str, int]:
    """Rules that the stored rows break, with counts; empty when they may be published."""
    run = (month.start, run_id)
    cursor.execute(
        "SELECT row_count, taken_out, checksum FROM run WHERE month = %s AND run_id = %s",
        run,
    )
    promised, taken_out, digest = one(cursor)
    cursor.execute(_COUNTS, run)
    (counts,) = records(cursor)
    stored = counts.pop("rows")
    missing, wrong = counts.pop("ranks_missing"), counts.pop("ranks_wrong")
    if taken_out:  # and with them their places in the ranking
        counts["rank_gaps"] = max(missing - taken_out, 0) + wrong
    counts["empty_list"] = int(stored + taken_out == 0)
    counts["rows_missing_or_extra"] = abs(stored + taken_out - promised)
    cursor.execute(
        f"SELECT {', '.join(COLUMNS)} FROM warning_list WHERE month = %s AND run_id = %s ORDER BY rank, customer_id",
        run,
    )
    counts["changed_content"] = int(checksum(cursor) != digest)
    return {rule: int(count) for rule, count in counts.items() if count}
