"""A month costs one month: what features read, what is written again, and what a late month rebuilds.

All on the whole catalogue of the repository, over a random lake; the same with real steps from the source on is in
``tests/restatement``.
"""

import hashlib
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from churn_tasks.core.errors import NotReady
from churn_tasks.core.months import Month, months_between
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import another_month, pour, raw_tables, small_profile, small_run
from tests.random_lake import fill

JANUARY, MARCH, APRIL = Month(2024, 1), Month(2024, 3), Month(2024, 4)
WINDOW = list(months_between(Month(2024, 2), APRIL + 1))
LATE = date(
    2024, 4, 28
)  # as_of of March and 27 days: the longest that settle_days may wait
Trace = dict[str, tuple[str, int, int]]


def run_months(run: MonthRun, *months: Month) -> None:
    """Everything from the clean tables to the features, month by month."""
    for month in months:
        each = another_month(run, str(month))
        for step in ("texts", "summarise", "features"):
            run_on(step, each)


def trace(run: MonthRun, *tables: str) -> Trace:
    """Digest, inode and time of writing of every partition of these tables (or of those that begin so)."""
    found = {}
    for path in sorted(run.lake.root.glob("*/month=*/*.parquet")):
        table = path.parts[-3]
        if table.startswith(tables):
            told = path.stat()
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[f"{table} {path.parent.name[6:13]} {path.stem}"] = (
                digest,
                told.st_ino,
                told.st_mtime_ns,
            )
    return found


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MonthRun]:
    """Four months up to April, each run in its turn."""
    run = small_run(
        tmp_path_factory.mktemp("incremental"), str(APRIL), raw=raw_tables()
    )
    fill(run, list(months_between(JANUARY, APRIL + 1)))
    run_months(run, *months_between(JANUARY, APRIL + 1))
    yield run
    run.close()


def made_of(run: MonthRun) -> list[str]:
    return [
        "cohort",
        *(query.output.table for query in run.registry.queries["features"]),
    ]


def part_of(
    lake: MonthRun,
    folder: Path,
    months: list[Month],
    tables: tuple[str, ...] = ("month_",),
) -> MonthRun:
    """A lake that holds these months of these tables, who holds which line in April, and nothing else."""
    part = small_run(folder, str(APRIL), profile=lake.settings.profile_dir)
    kept = [
        path
        for path in lake.lake.root.glob("*/month=*")
        if path.parts[-2].startswith(tables)
    ]
    kept = [path for path in kept if Month.parse(path.name[6:13]) in months]
    for path in [*kept, lake.lake.root / "customer_line" / f"month={APRIL.start}"]:
        shutil.copytree(path, part.lake.root / path.parts[-2] / path.name)
    return part


def test_features_read_the_month_tables_of_their_window_and_nothing_else(
    lake: MonthRun, tmp_path: Path
) -> None:
    """No raw and no clean table, no earlier month, no feature of another month: same bytes."""
    part = part_of(lake, tmp_path, WINDOW)
    assert not [
        path
        for path in part.lake.root.glob("*")
        if not path.name.startswith(("month_", "customer_line", "."))
    ]
    run_on("features", part)
    assert {table: part.lake.sha256(table, APRIL) for table in made_of(lake)} == {
        table: lake.lake.sha256(table, APRIL) for table in made_of(lake)
    }
    part.close()


@pytest.mark.parametrize("missing", WINDOW)
def test_every_month_of_the_window_is_needed(
    lake: MonthRun, missing: Month, tmp_path: Path
) -> None:
    """Control: one month fewer is refused, with the command that makes it."""
    part = part_of(lake, tmp_path, [month for month in WINDOW if month != missing])
    with pytest.raises(
        NotReady,
        match=rf"of {missing}\. Run first: churn step (summarise|texts) --month {missing}",
    ):
        run_on("features", part)
    part.close()


def test_a_query_that_looks_before_its_window_is_found(
    lake: MonthRun, tmp_path: Path
) -> None:
    """Control: the same comparison on a feature of all months that there are."""
    profile = shutil.copytree(lake.settings.profile_dir, tmp_path / "profile")
    folder = profile / "sql" / "features" / "long_memory"
    folder.mkdir(parents=True)
    (folder / "query.sql").write_text(
        "-- Counts all months that there are.\nSELECT cohort.customer_id, count(made.customer_id) AS memory_months\n"
        "FROM cohort\n"
        "LEFT JOIN month_activity AS made ON made.customer_id = cohort.customer_id AND made.month < $as_of\n"
        "WHERE cohort.month = $month GROUP BY cohort.customer_id\n"
    )
    (folder / "query.yaml").write_text(
        "table: feat_long_memory\nkey: [customer_id]\nmeaning: {en: x, zh: x}\nparams: [month, as_of]\n"
        "reads: [cohort, month_activity]\ncolumns:\n  - {name: customer_id, type: text, en: x, zh: x}\n"
        "  - {name: memory_months, type: integer, family: basic, group: tenure, en: x, zh: x}\n"
    )
    digests = []
    for number, months in enumerate((WINDOW, [JANUARY, *WINDOW])):
        part = part_of(lake, tmp_path / str(number), months)
        run = small_run(tmp_path / str(number), str(APRIL), profile=profile)
        assert run.lake.root == part.lake.root
        run_on("features", run)
        digests.append(run.lake.sha256("feat_long_memory", APRIL))
        part.close(), run.close()
    assert digests[0] != digests[1]


def test_a_later_month_writes_nothing_of_an_earlier_one(
    lake: MonthRun, tmp_path: Path
) -> None:
    """Bytes, inode and time of every partition of January to April stay while May runs."""
    run = small_run(tmp_path, str(APRIL + 1), profile=lake.settings.profile_dir)
    shutil.copytree(lake.lake.root, run.lake.root)
    fill(run, [APRIL + 1])
    before = trace(run, "month_", "cohort", "feat_")
    run_months(run, APRIL + 1)
    after = trace(run, "month_", "cohort", "feat_")
    assert {name: after[name] for name in before} == before
    new = {name.split()[1] for name in after.keys() - before.keys()}
    assert new == {str(APRIL + 1)} and len(before) > 100
    run.close()


def dependents(run: MonthRun, *clean: str) -> set[str]:
    """Tables that are made of these, directly or through others."""
    found = set(clean) | {
        name
        for name, table in run.registry.pipeline.items()
        if set(table.reads) & set(clean)
    }
    for family in ("month", "cohort", "features"):
        for query in run.registry.queries[family]:
            if found & {*query.output.reads, *query.output.optional}:
                found.add(query.output.table)
    return found - set(clean)


def restated(lake: MonthRun, folder: Path, *tables: str) -> MonthRun:
    """A copy of the lake in which March was read again late, and what depends on it was made again."""
    copy = small_run(folder, str(APRIL), profile=lake.settings.profile_dir)
    shutil.copytree(lake.lake.root, copy.lake.root)
    for month, steps in (
        (MARCH, ("texts", "summarise", "features")),
        (APRIL, ("features",)),
    ):
        run = MonthRun(copy.settings, month, LATE, delivered_again=tables or None)
        for step in steps:
            run_on(step, run)
        run.close()
    return copy


def versions(run: MonthRun) -> set[str]:
    return {f"{table} {month}" for table, month in run.lake.restated_at(LATE)}


@pytest.mark.parametrize(
    ("table", "least"), [("complaint", {"month_complaint_text", "feat_complaint_text", "month_care", "feat_care"}),
                         ("recharge", {"month_billing", "feat_balance"}), ("survey", {"month_care", "feat_care"})]
)  # fmt: skip
def test_a_late_month_rebuilds_exactly_what_depends_on_it(
    lake: MonthRun, table: str, least: set[str], tmp_path: Path
) -> None:
    """Summaries of March alone, and features of March and April, in whose window March lies; nothing else."""
    copy = restated(lake, tmp_path, table)
    below = dependents(lake, f"clean_{table}")
    expected = {f"{name} {MARCH}" for name in below} | {
        f"{name} {APRIL}" for name in below if name.startswith("feat_")
    }
    made = versions(copy)
    assert made <= expected, "something was rebuilt that does not depend on it"
    untouched = {
        name for name in expected - made if not same_either_way(copy, *name.split())
    }
    assert untouched == set(), "something that differs was not rebuilt"
    assert {f"{name} {MARCH}" for name in least} <= made
    before, after = (
        trace(lake, "month_", "cohort", "feat_"),
        trace(copy, "month_", "cohort", "feat_"),
    )
    assert {name.rpartition(" ")[0] for name in after.keys() - before.keys()} == made
    assert {
        name: told[0] for name, told in before.items() if name.endswith(" data")
    } == {name: told[0] for name, told in after.items() if name.endswith(" data")}
    copy.close()


def same_either_way(copy: MonthRun, table: str, month: str) -> bool:
    """Whether making a partition again, with all that is known late, gives the bytes that there are.

    A restated run leaves no version that says what the one before it says.
    """
    run = MonthRun(copy.settings, Month.parse(month), LATE)
    query = next(
        q
        for family in run.registry.queries.values()
        for q in family
        if q.output.table == table
    )
    kept = run.lake.sha256(table, run.month)
    run.engine.run(query, run.month, run.window.parameters())
    new = run.lake.has_version(table, run.month, LATE)
    run.lake.discard(table, run.month, LATE)
    same = not new and run.lake.sha256(table, run.month) == kept
    run.close()
    return same


def test_what_is_rebuilt_is_what_a_fresh_lake_makes_that_knew_the_late_rows(
    lake: MonthRun, tmp_path: Path
) -> None:
    """Every table read again late in the old lake; in the fresh one the operator waited 27 days in the first place."""
    copy = restated(lake, tmp_path / "restated")
    patient = small_profile(
        tmp_path / "fresh", raw_tables(), windows={"settle_days": 27}
    )
    fresh = small_run(tmp_path / "fresh", str(MARCH), profile=patient)
    for table in lake.registry.raw:
        for month in months_between(JANUARY, MARCH + 1):
            source = lake.lake.path(f"clean_{table}", month)
            pour(
                fresh,
                f"clean_{table}",
                month,
                f"read_parquet('{source}', hive_partitioning=false)",
            )
    for month in months_between(JANUARY, MARCH + 1):
        source = lake.lake.path("customer_line", month)
        pour(
            fresh,
            "customer_line",
            month,
            f"read_parquet('{source}', hive_partitioning=false)",
        )
    run_months(fresh, *months_between(JANUARY, MARCH + 1))
    late = MonthRun(copy.settings, MARCH, LATE)
    summaries = [query.output.table for query in lake.registry.queries["month"]] + [
        "month_complaint_text"
    ]
    differing = [
        name
        for name in summaries
        if late.lake.sha256(name, MARCH) != fresh.lake.sha256(name, MARCH)
    ]
    assert differing == []
    changed = [
        name
        for name in summaries
        if late.lake.sha256(name, MARCH) != lake.lake.sha256(name, MARCH)
    ]
    assert len(changed) > 10, "control: the late rows do change the summaries"
    copy.close(), fresh.close(), late.close()
