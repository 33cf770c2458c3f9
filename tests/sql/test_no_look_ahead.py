"""No feature of a month may notice what happened, became known or was changed after it (design rule 3).

From clean tables through month, cohort and feature queries, digest by digest. Controls: four planted leaks, each of
which the right changes must expose; and a change of the past that every single feature must notice.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from churn_tasks.core.months import Month
from churn_tasks.core.settings import INCLUDE
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import another_month, raw_tables, small_profile, small_run
from tests.random_lake import fill
from tests.sql.leaks import (
    ANSWERS,
    MASTER,
    Change,
    changed_lake,
    feature_bytes,
    feature_columns,
    hit_rows,
    surroundings,
    with_master_changed_after,
    with_noise_from,
    without_events_from,
    without_half_of_the_past,
    without_rows_known_from,
)

PLANTED = Path(__file__).parent / "planted"
CHANGES = {
    "events": without_events_from,
    "known": without_rows_known_from,
    "master": with_master_changed_after,
    "noise": with_noise_from,
}
LEAKS = {
    "future": "feat_future_usage",
    "late": "feat_late_complaints",
    "answer": "feat_early_answers",
    "master": "feat_master_in_place",
}
EXPOSES = {
    "events": {"future"},
    "known": {"future", "late", "answer"},
    "master": {"master"},
    "noise": {"future"},
}
FIRST = Month.parse("2023-12")
CUT_OFFS = [
    str(FIRST + number) for number in range(2, 15)
]  # 2024-02 (new year, leap day) to 2025-02


class FullLake:
    """Random months with the planted leaks among the features, filled and summed up when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.profile = small_profile(folder, raw_tables(), first_month=str(FIRST))
        for leak in LEAKS:
            shutil.copytree(PLANTED / leak, self.profile / "sql", dirs_exist_ok=True)
        self.run = small_run(folder, CUT_OFFS[0], profile=self.profile)
        self.before: dict[
            str, dict[str, str]
        ] = {}  # cut-off -> digest of each partition, nothing changed

    def at(self, cut_off: str) -> MonthRun:
        run = another_month(self.run, cut_off)
        if cut_off not in self.before:
            new = [
                month
                for month in surroundings(run)
                if not run.lake.has("month_activity", month)
            ]
            fill(run, new)
            self.before[cut_off] = feature_bytes(run, [*new, run.month])
        return run

    def noticed(self, cut_off: str, name: str, change: Change) -> set[str]:
        """The tables whose bytes differ once the change is made."""
        run = self.at(cut_off)
        before = self.before[cut_off]
        changed = changed_lake(run, self.folder / f"{name}-{cut_off}", change)
        try:
            after = feature_bytes(changed)
        finally:
            changed.close()
            shutil.rmtree(self.folder / f"{name}-{cut_off}")
        assert len(before) == len(after) == 1 + len(run.registry.queries["features"])
        return {table for table, digest in before.items() if after[table] != digest}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullLake]:
    lake = FullLake(tmp_path_factory.mktemp("full"))
    yield lake
    lake.run.close()


def _exposed(name: str) -> set[str]:
    return {LEAKS[leak] for leak in EXPOSES[name]}


@pytest.mark.parametrize("name", CHANGES)
def test_features_do_not_notice_what_lies_after(full: FullLake, name: str) -> None:
    """Exactly the planted leaks that this change exposes differ; every feature of the product stays the same."""
    run = full.at(CUT_OFFS[0])
    change = CHANGES[name](run.window)
    touched = hit_rows(run, change)
    expected = MASTER if name == "master" else tuple(run.registry.raw)
    assert {table for table, count in touched.items() if count} == set(expected), (
        "the change missed a table"
    )
    assert full.noticed(CUT_OFFS[0], name, change) == _exposed(name)


def test_the_three_changes_together_expose_every_planted_leak() -> None:
    """And each leak but the first is seen by one alone: none of these three may be dropped. Noise is a cross-check."""
    assert set().union(*EXPOSES.values()) == set(LEAKS)
    assert (
        EXPOSES["events"]
        and EXPOSES["known"] - EXPOSES["events"]
        and EXPOSES["master"] - EXPOSES["known"]
    )


@pytest.mark.slow
def test_thirteen_cut_offs_with_the_three_changes(full: FullLake) -> None:
    """The drill: the four planted leaks are the only tables that ever differ, at each cut-off the right ones."""
    assert len(CUT_OFFS) == 13
    for cut_off in CUT_OFFS:
        for name, change in [
            (name, CHANGES[name]) for name in ("events", "known", "master")
        ]:
            assert full.noticed(
                cut_off, name, change(full.at(cut_off).window)
            ) == _exposed(name), (cut_off, name)


def test_every_feature_notices_a_change_of_the_past(full: FullLake) -> None:
    """Reach: the comparison sees every column, so equal bytes above mean something for each of them."""
    run = full.at(CUT_OFFS[0])
    before = feature_columns(run)
    changed = changed_lake(
        run, full.folder / "past", without_half_of_the_past(run.window)
    )
    feature_bytes(changed)
    after = feature_columns(changed)
    changed.close()
    assert len(before) == len(run.registry.features) > 300
    assert [name for name, values in before.items() if after[name] == values] == []


def test_every_feature_of_the_product_was_compared(
    full: FullLake, tmp_path: Path
) -> None:
    """The lake with the planted leaks has all features of a profile without them, and four more partitions."""
    clean, planted = (
        small_run(tmp_path, CUT_OFFS[0], raw=raw_tables()).registry,
        full.run.registry,
    )
    assert len(clean.features) >= 60
    assert {feature.name for feature in clean.features} < {
        feature.name for feature in planted.features
    }
    assert len(planted.queries["features"]) == len(clean.queries["features"]) + len(
        LEAKS
    )


def test_the_random_lake_has_more_than_one_value_a_feature(full: FullLake) -> None:
    """A feature that is the same for everybody would pass any comparison of bytes."""
    run = full.at(CUT_OFFS[0])
    constant = []
    for query in run.registry.queries["features"]:
        run.engine.view(query.output.table)
        for column in query.output.column_names:
            sql = f"SELECT count(DISTINCT {column}) AS n FROM {query.output.table} WHERE month = $month"
            if run.engine.row(sql, {"month": run.month.start})["n"] < 2:
                constant.append(column)
    assert constant == []


def test_every_late_answer_has_a_date_that_gates_it(full: FullLake) -> None:
    """A contract with a new ``<answer>_known_date`` must be named in the leak tests, or its answer goes unwatched."""
    dated = {
        (table.table, name)
        for table in full.run.registry.raw.values()
        for name in table.column_names
        if name.endswith("_known_date")
    }
    assert dated == {(table, day) for table, days in ANSWERS.items() for day in days}


@pytest.mark.parametrize(
    ("profile", "month"), [("retail", "2010-06"), ("telecom_wide", "2014-08")]
)
def test_the_other_profiles_do_not_notice_either(
    profile: str, month: str, tmp_path: Path
) -> None:
    """The same three changes, and the same reach, for each profile that brings queries of its own."""
    copied = shutil.copytree(INCLUDE / "profiles" / profile, tmp_path / profile)
    run = small_run(tmp_path, month, profile=copied)
    fill(run, surroundings(run))
    before = feature_bytes(run)
    noticed = {}
    for name, change in [*CHANGES.items(), ("past", without_half_of_the_past)]:
        changed = changed_lake(run, tmp_path / name, change(run.window))
        after = feature_bytes(changed)
        changed.close()
        noticed[name] = {table for table in before if before[table] != after[table]}
    run.close()
    assert len(before) >= 4
    assert {name: noticed[name] for name in CHANGES} == {
        name: set() for name in CHANGES
    }
    assert noticed["past"] >= set(before) - {"cohort"}
