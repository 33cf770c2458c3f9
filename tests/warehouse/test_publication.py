"""A month points to one whole, audited list, whoever else tries, whatever breaks on the way."""

from collections.abc import Iterator
from datetime import date
from itertools import combinations
from typing import Any

import psycopg
import pytest

from churn_tasks.adapters.warehouse import publication
from churn_tasks.adapters.warehouse.connection import Connection
from churn_tasks.adapters.warehouse.publication import (
    Knowledge,
    audit,
    flip,
    publish,
    run_id_of,
    stage,
    take_lease,
)
from churn_tasks.core.errors import BadInput, CheckFailed, ConnectionTrouble, Fenced
from churn_tasks.core.months import Month
from churn_tasks.local.postgres import Cluster
from tests.warehouse.warehouses import (
    JULY,
    JUNE,
    SCHEMA,
    count,
    listed,
    migrated,
    new_url,
    small_list,
    warehouse_at,
)

FIRST = Knowledge(date(2024, 7, 6))
RESTATED, RESTATED_AGAIN = (
    Knowledge(date(2024, month, 6), is_restated=True) for month in (8, 9)
)


@pytest.fixture(scope="module")
def url(postgres: Cluster) -> str:
    """One database for the module; every test publishes months of its own or cleans what it needs clean."""
    return new_url(postgres)


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    migrated(url).close()
    with psycopg.connect(url) as admin:
        admin.execute(
            f"TRUNCATE {SCHEMA}.run, {SCHEMA}.warning_list, {SCHEMA}.publish_lease CASCADE"
        )
    opened = Connection(url, SCHEMA)
    yield opened
    opened.close()


def seen(url: str, month: Month = JUNE) -> list[dict[str, Any]]:
    warehouse = warehouse_at(url)
    try:
        return warehouse.published(month)
    finally:
        warehouse.close()


def test_published_rows_carry_run_version_and_masked_number(
    url: str, connection: Connection
) -> None:
    warehouse_at(url).store_numbers([("token_1", "18012341234")])
    publish(connection, take_lease(connection, JUNE), "run_a", small_list(2))
    first, second = seen(url)
    assert (first["phone_masked"], second["phone_masked"]) == ("180****1234", None)
    assert (
        first["run_id"],
        first["version"],
        first["is_restated"],
        first["month"],
    ) == ("run_a", 1, False, JUNE.start)
    assert first["published_at"] is not None
    assert not [
        value
        for row in (first, second)
        for value in row.values()
        if value == "18012341234"
    ]


def test_the_same_list_twice_changes_nothing(url: str, connection: Connection) -> None:
    first = publish(connection, take_lease(connection, JUNE), "run_a", small_list())
    before = seen(url)
    again = publish(connection, take_lease(connection, JUNE), "run_a", small_list())
    assert (first.is_new, again.is_new, again.version) == (True, False, 1)
    assert seen(url) == before and len(before) == 3
    assert count(url, "SELECT count(*) FROM warning_list") == 3
    assert count(url, "SELECT count(*) FROM manifest_history") == 1


def test_the_run_id_follows_the_bytes_of_the_list() -> None:
    same, other = "ab" * 32, "cd" * 32
    assert run_id_of(JUNE, same) == "2024-06-abababababababab" != run_id_of(JUNE, other)
    assert run_id_of(JULY, same) != run_id_of(JUNE, same)


def test_a_restatement_is_a_marked_version_and_the_earlier_run_stays(
    url: str, connection: Connection
) -> None:
    publish(connection, take_lease(connection, JUNE), "run_a", small_list(3))
    publish(connection, take_lease(connection, JUNE), "run_b", small_list(2), RESTATED)
    marks = {
        (row["run_id"], row["version"], row["is_restated"], row["known_until"])
        for row in seen(url)
    }
    assert marks == {("run_b", 2, True, RESTATED.known_until)}
    assert count(url, "SELECT count(*) FROM warning_list WHERE run_id = 'run_a'") == 3
    history = warehouse_at(url).publications()
    assert [
        (row["run_id"], row["version"], row["is_restated"], row["is_current"])
        for row in history
    ] == [
        ("run_a", 1, False, False),
        ("run_b", 2, True, True),
    ]


def test_a_list_that_was_restated_does_not_come_back_when_its_month_runs_again(
    url: str, connection: Connection
) -> None:
    for run_id, rows, knowledge in (
        ("run_a", 3, FIRST),
        ("run_b", 2, RESTATED),
        ("run_c", 1, RESTATED_AGAIN),
    ):
        publish(
            connection,
            take_lease(connection, JUNE),
            run_id,
            small_list(rows),
            knowledge,
        )
    for run_id, rows, knowledge in (("run_a", 3, FIRST), ("run_b", 2, RESTATED)):
        again = publish(
            connection,
            take_lease(connection, JUNE),
            run_id,
            small_list(rows),
            knowledge,
        )
        assert (again.run_id, again.version, again.is_new) == ("run_c", 3, False)
    assert {row["run_id"] for row in seen(url)} == {"run_c"}
    assert count(url, "SELECT count(*) FROM manifest_history") == 3


def test_a_list_that_is_made_anew_from_mended_data_takes_the_place_of_a_restated_one(
    url: str, connection: Connection
) -> None:
    """Negative control: only what was published before stays replaced."""
    publish(connection, take_lease(connection, JUNE), "run_a", small_list(3), FIRST)
    publish(connection, take_lease(connection, JUNE), "run_b", small_list(2), RESTATED)
    mended = publish(
        connection, take_lease(connection, JUNE), "run_d", small_list(4), FIRST
    )
    assert (mended.run_id, mended.version, mended.is_new) == ("run_d", 3, True)


def test_publishing_a_month_leaves_earlier_months_as_they_are(
    url: str, connection: Connection
) -> None:
    publish(connection, take_lease(connection, JUNE), "june", small_list(3))
    before = seen(url, JUNE)
    publish(
        connection,
        take_lease(connection, JULY),
        "july",
        small_list(2, marker="payment"),
    )
    assert seen(url, JUNE) == before
    assert len(seen(url, JULY)) == 2


def test_a_stale_attempt_is_fenced_after_the_later_one_has_published(
    url: str, connection: Connection
) -> None:
    """Try 1 outlives try 2, as a task does whose supervisor was killed; ten months."""
    refused = 0
    for number in range(1, 11):
        month = Month(2024, number)
        stale = take_lease(connection, month)
        publish(connection, take_lease(connection, month), "try_2", small_list(2))
        with pytest.raises(
            Fenced, match="attempt 1 is stale, attempt 2 owns the month"
        ):
            publish(connection, stale, "try_1", small_list(3))
        refused += {row["run_id"] for row in seen(url, month)} == {"try_2"}
    assert refused == 10
    assert (
        count(url, "SELECT count(*) FROM warning_list WHERE run_id = 'try_1'") == 0
    ), "a fenced attempt leaves no trace"


def test_without_the_fence_the_stale_attempt_wins(
    url: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the token is what refuses it (the pointer's own check is taken away as well)."""
    monkeypatch.setattr(publication, "_refuse_stale", lambda cursor, lease: None)
    stale = take_lease(connection, JUNE)
    publish(connection, take_lease(connection, JUNE), "try_2", small_list(2))
    unaware = publication.Lease(JUNE, stale.token, seen_run_id="try_2")
    publish(connection, unaware, "try_1", small_list(3))
    assert {row["run_id"] for row in seen(url)} == {"try_1"}


def test_a_pointer_that_moved_since_the_lease_is_fenced(connection: Connection) -> None:
    lease = take_lease(connection, JUNE)
    publish(connection, lease, "run_a", small_list())
    with pytest.raises(Fenced, match="moved to run run_a"):
        publish(connection, lease, "run_b", small_list(2))


PHASES = 4  # lease, stage, audit, flip


@pytest.mark.parametrize("same_list", [False, True])
def test_two_runs_through_all_interleavings_leave_one_whole_list(
    url: str, connection: Connection, same_list: bool
) -> None:
    """70 orders of two runs' phases. The later lease wins; the other is fenced or had finished before."""
    orders = list(combinations(range(2 * PHASES), PHASES))
    other, readers, whole = Connection(url, SCHEMA), warehouse_at(url), 0
    second = ("run_a", 3) if same_list else ("run_b", 2)
    for number, order in enumerate(orders):
        month = Month(1950 + number, 1 + same_list)
        runs = {
            "a": _attempt(connection, month, "run_a", 3),
            "b": _attempt(other, month, *second),
        }
        turns = ["a" if place in order else "b" for place in range(2 * PHASES)]
        fenced = {name for name in turns if _fenced(runs[name])}
        last_lease = max("ab", key=turns.index)
        winner, size = ("run_a", 3) if last_lease == "a" else second
        rows = readers.published(month)
        assert {row["run_id"] for row in rows} == {winner}, turns
        assert last_lease not in fenced, turns
        whole += len(rows) == size
    other.close()
    readers.close()
    assert (len(orders), whole) == (70, 70)


def test_without_lock_key_and_run_id_two_runs_double_the_month(
    url: str, connection: Connection
) -> None:
    """Negative control: delete-then-insert of two runs that both have deleted before either inserts."""
    doubled = 0
    with (
        psycopg.connect(url, autocommit=True) as one,
        psycopg.connect(url, autocommit=True) as two,
    ):
        for number in range(15):
            one.execute(
                "DROP TABLE IF EXISTS naive; CREATE TABLE naive (month int, customer int)"
            )
            for writer in (one, two):
                writer.execute("DELETE FROM naive WHERE month = %s", (number,))
            for writer in (one, two):
                writer.execute(
                    "INSERT INTO naive SELECT %s, generate_series(1, 10)", (number,)
                )
            doubled += one.execute("SELECT count(*) FROM naive").fetchone()[0] == 20
    assert doubled == 15


BROKEN = {
    "null_keys": [listed(1), listed(2, customer_id=None)],
    "repeated_keys": [listed(1), listed(2, customer_id="customer_1")],
    "scores_out_of_range": [listed(1, churn_score=1.01)],
    "scores_not_a_number": [listed(1, churn_score=float("nan"))],
    "scores_missing": [listed(1, churn_score=None)],
    "missing_priorities": [listed(1, action_priority=None)],
    "unknown_levels": [listed(1, level="urgent")],
    "rows_without_lineage": [listed(1, feature_set=None)],
    "further_models": [listed(1), listed(2, model_version=4)],
    "rank_gap": [listed(1), listed(3)],
    "rank_repeated": [listed(1), listed(1, customer_id="other")],
    "rank_from_zero": [listed(0), listed(1)],
    "empty_list": [],
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_failed_audit_leaves_the_month_where_it_was(
    url: str, connection: Connection, fault: str
) -> None:
    publish(connection, take_lease(connection, JUNE), "good", small_list())
    before = seen(url)
    with pytest.raises(CheckFailed, match="keeps its earlier list") as failure:
        publish(connection, take_lease(connection, JUNE), "bad", BROKEN[fault])
    assert seen(url) == before
    assert "customer_" not in str(failure.value), "counts, never rows"
    assert (
        count(url, "SELECT count(*) FROM audit WHERE NOT is_passed AND run_id = 'bad'")
        == 1
    )
    with pytest.raises(CheckFailed, match="has not passed"):
        flip(connection, take_lease(connection, JUNE), "bad")


def test_rows_changed_where_they_lie_fail_the_audit(
    url: str, connection: Connection
) -> None:
    """The stored bytes are audited, not what was sent."""
    lease = take_lease(connection, JUNE)
    stage(connection, lease, "run_a", small_list())
    with psycopg.connect(url) as admin:
        admin.execute(f"UPDATE {SCHEMA}.warning_list SET arpu_cny = 41 WHERE rank = 2")
    with pytest.raises(CheckFailed, match="changed_content 1"):
        audit(connection, lease, "run_a")


def test_a_run_that_was_not_audited_is_not_published(connection: Connection) -> None:
    lease = take_lease(connection, JUNE)
    stage(connection, lease, "run_a", small_list())
    with pytest.raises(CheckFailed, match="has not passed its audit"):
        flip(connection, lease, "run_a")


def test_errors_of_the_server_name_places_and_never_values(
    connection: Connection,
) -> None:
    with (
        pytest.raises(BadInput) as failure,
        connection.transaction("churn_loader") as cursor,
    ):
        cursor.execute("SELECT %s::integer", ("x18012341234",))
    assert "18012341234" not in str(failure.value)
    assert failure.value.__suppress_context__, (
        "the driver's message would be printed with the traceback"
    )
    assert "InvalidTextRepresentation" in str(failure.value)


def test_no_server_is_trouble_that_may_pass() -> None:
    with (
        pytest.raises(ConnectionTrouble),
        Connection("postgresql://x@/x?host=/nonexistent", SCHEMA).transaction(None),
    ):
        pass


def _attempt(connection: Connection, month: Month, run_id: str, rows: int) -> list[Any]:
    """The phases of one attempt, to be popped one by one."""
    held: list[publication.Lease] = []
    return [
        lambda: held.append(take_lease(connection, month)),
        lambda: stage(connection, held[0], run_id, small_list(rows)),
        lambda: audit(connection, held[0], run_id),
        lambda: flip(connection, held[0], run_id),
    ]


def _fenced(phases: list[Any]) -> bool:
    """Run the next phase; a fenced attempt stops there and does nothing in its further turns."""
    if not phases:
        return False
    try:
        phases.pop(0)()
    except Fenced:
        phases.clear()
        return True
    return False
