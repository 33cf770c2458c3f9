"""Every kind of corrupted input comes to its stated outcome, with a clear message, and no row is lost."""

import re
from contextlib import closing
from typing import Any

import pytest

from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from tests.corrupted.delivery import BEFORE, MONTH, TABLES, Row, right
from tests.corrupted.every_kind import KINDS
from tests.corrupted.kinds import Kind, Late, Merged, Refused, Repaired, SetAside
from tests.corrupted.lake import BUNDLES, World

CLEAR_NUMBER = re.compile(r"(?<![0-9a-f])1[3-9][0-9]{9}(?![0-9a-f])")
KEYS = {"customer": "customer_id", "bill": "bill_id", "cdr": "cdr_id"}
NOTES = (
    "delivery/",
    "drift/",
    "profile/",
    "check_result/",
)  # what was found out about a delivery, refused or not

REFUSED = [kind for kind in KINDS if isinstance(kind.outcome, Refused)]
ACCEPTED = [kind for kind in KINDS if not isinstance(kind.outcome, Refused)]


@pytest.fixture(scope="module")
def world(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> World:
    databases = [
        postgres.create_database(f"corrupted_{name}")
        for name in ("warehouse", "source")
    ]
    return World.made(tmp_path_factory.mktemp("corrupted"), *databases)


def _named(kind: Kind) -> str:
    return kind.name


@pytest.mark.parametrize("kind", REFUSED, ids=_named)
def test_what_is_refused_says_why_and_changes_nothing(kind: Kind, world: World) -> None:
    happened, outcome = world.outcome_of(kind), kind.outcome
    assert isinstance(outcome, Refused)
    assert happened.error is not None, "the month went on"
    message = str(happened.error)
    assert (happened.stopped_in, type(happened.error).__name__) == (
        outcome.step,
        outcome.error,
    ), message
    assert not [text for text in outcome.says if text not in message], message
    assert not CLEAR_NUMBER.search(message), message
    judged = (
        "clean_",
        "quarantine/",
        "audit_rows/",
    )  # the gate stands behind the raw tables
    accepted = {
        p: b
        for p, b in happened.before.items()
        if outcome.step == "extract" or p.startswith(judged)
    }
    assert _changed(accepted, happened.after) == []


@pytest.mark.parametrize("kind", ACCEPTED, ids=_named)
def test_what_the_month_survives_comes_to_its_stated_outcome(
    kind: Kind, world: World
) -> None:
    happened = world.outcome_of(kind)
    assert happened.error is None, f"{happened.stopped_in}: {happened.error}"
    with closing(MonthRun(happened.settings, MONTH)) as run:
        row = happened.rows.get(kind.name)
        if isinstance(kind.outcome, SetAside):
            _check_quarantine(run, kind, kind.outcome)
        elif isinstance(kind.outcome, Repaired):
            assert (
                row is not None
                and _clean(run, kind.table, row)[kind.outcome.column]
                == kind.outcome.value
            )
        elif isinstance(kind.outcome, Merged) and kind.outcome.column:
            assert (
                row is not None
                and _clean(run, kind.table, row)[kind.outcome.column]
                == kind.outcome.keeps
            )
        elif row:
            assert _clean(run, kind.table, row)


def _check_quarantine(run: MonthRun, kind: Kind, outcome: SetAside) -> None:
    run.engine.view("quarantine")
    found = run.engine.records(
        "SELECT column_name, value_text, row_count FROM quarantine"
        " WHERE month = $m AND table_name = $t AND rule = $r AND starts_with(value_text, $v)",
        {"m": MONTH.start, "t": kind.table, "r": outcome.rule, "v": outcome.value},
    )
    assert sum(row["row_count"] for row in found) == outcome.rows
    assert {row["column_name"] or "" for row in found} == {outcome.column}


def _clean(run: MonthRun, table: str, row: Row) -> dict[str, str]:
    """The accepted row of the same key, every value as text."""
    run.engine.view(f"clean_{table}")
    key = KEYS[table]
    (found,) = run.engine.records(
        f"SELECT COLUMNS(*)::VARCHAR FROM clean_{table} WHERE month = $m AND {key} = $k",
        {"m": MONTH.start, "k": row[key]},
    )
    return found


@pytest.mark.parametrize(
    "bundle",
    [b for b in BUNDLES if b[0] in ACCEPTED],
    ids=lambda bundle: bundle[0].name,
)
def test_no_row_is_lost(bundle: tuple[Kind, ...], world: World) -> None:
    """Delivered = accepted + set aside + merged + late, and each of them is what the planted kinds say."""
    happened = world.outcome_of(bundle[0])
    with closing(MonthRun(happened.settings, MONTH)) as run:
        books = _books(run)
        for table in TABLES:
            planted = [kind.outcome for kind in bundle if kind.table == table]
            aside, merged, late = (
                _rows(planted, fate) for fate in (SetAside, Merged, Late)
            )
            in_all = happened.delivery.delivered(table)
            damaged = _books(run, "extract").get(table, {}).get("quarantined", 0)
            quarantined = books[table]["quarantined"] + damaged
            assert (quarantined, books[table]["merged"]) == (aside, merged), table
            assert books[table]["rows_in"] + damaged + late == in_all, table
            assert books[table]["rows_out"] == in_all - aside - merged - late, table
            assert books[table]["rows_out"] == run.lake.rows(f"clean_{table}", MONTH), (
                table
            )


def _rows(outcomes: list[Any], fate: type) -> int:
    return sum(outcome.rows for outcome in outcomes if isinstance(outcome, fate))


def _books(run: MonthRun, step: str = "integrate") -> dict[str, dict[str, int]]:
    run.engine.view("audit_rows")
    rows = run.engine.records(
        "SELECT * FROM audit_rows WHERE month = $m AND step = $s",
        {"m": MONTH.start, "s": step},
    )
    return {row["table_name"]: row for row in rows}


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle[0].name)
def test_an_earlier_month_never_changes(bundle: tuple[Kind, ...], world: World) -> None:
    happened = world.outcome_of(bundle[0])
    february = {
        path: content
        for path, content in happened.before.items()
        if str(BEFORE.start) in path
    }
    assert len(february) > 10
    assert _changed(february, happened.after) == []


def test_a_right_delivery_passes_without_a_word(world: World) -> None:
    """Control: nothing is set aside or merged where nothing is wrong."""
    settings = world.settings("right", {})
    with closing(MonthRun(settings, MONTH)) as run:
        for table, book in _books(run).items():
            rows = len(right(world.folder, MONTH).rows[table])
            assert (book["rows_in"], book["rows_out"]) == (rows, rows), table
        assert run.lake.rows("quarantine", MONTH) == 0


def test_there_are_at_least_forty_kinds() -> None:
    assert len(KINDS) == len({kind.name for kind in KINDS}) >= 40
    assert sorted(kind.name for bundle in BUNDLES for kind in bundle) == sorted(
        kind.name for kind in KINDS
    )


def _changed(kept: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    return [
        path
        for path, content in kept.items()
        if after.get(path) != content and not path.startswith(NOTES)
    ]
