"""One step run by the protocol that all share: ready, changed, work, or nothing left behind."""

import datetime as dt

import duckdb
import pytest

from churn_tasks.core.errors import NotReady, SettingsError, UndeclaredTable
from churn_tasks.core.months import Month
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import months_before, own_month
from churn_tasks.runner.protocol import make_queries, run_step, undo
from churn_tasks.runner.step import Decision, Made, Read, Step
from churn_tasks.walks.graph import owner
from tests.lakes import put, small_run

DAY = dt.date(2024, 5, 6)
REASON = [{"refused_month": dt.date(2024, 1, 1), "task": "warn", "reason": "planted"}]


@pytest.fixture
def march(tmp_path) -> MonthRun:
    run = small_run(tmp_path, "2024-03", raw=("bill",))
    yield run
    run.close()


def restated(run: MonthRun, day: dt.date = DAY) -> MonthRun:
    return MonthRun(run.settings, run.month, day)


def write_refusal(run: MonthRun) -> Made:
    select = (
        "SELECT DATE '2024-01-01' AS refused_month, 'warn' AS task, 'planted' AS reason"
    )
    return Made({"refusal": run.engine.write("refusal", run.month, select)})


def step(work=write_refusal, **declared) -> Step:
    return Step("planted", work, writes=("refusal",), **declared)


def test_a_step_that_lacks_what_it_needs_names_the_step_that_makes_it(march) -> None:
    waiting = step(reads=(Read("clean_bill", own_month, needed=True),))
    said = "2024-03 needs clean_bill of 2024-03. Run first: churn step integrate --month 2024-03"
    with pytest.raises(NotReady, match=said):
        run_step(waiting, march, owner)


def held_by_duckdb(run: MonthRun) -> Made:
    """A list of more numbers than the memory holds: no list is written to disk."""
    run.engine.row("SELECT len(list(n)) AS n FROM range(20_000_000) AS r(n)")
    return Made()


def held_by_the_writer(run: MonthRun) -> Made:
    """The same in a query that makes a table: it is not the query's fault."""
    numbers = "(SELECT list(n) FROM range(20_000_000) AS r(n))"
    select = f"SELECT DATE '2024-01-01' AS refused_month, len({numbers})::VARCHAR AS task, '' AS reason"
    return Made({"refusal": run.engine.write("refusal", run.month, select)})


def held_by_python(run: MonthRun) -> Made:
    raise MemoryError("Unable to allocate 9 GiB for an array")


@pytest.mark.parametrize("work", [held_by_duckdb, held_by_the_writer, held_by_python])
def test_where_memory_ends_the_step_names_the_settings(tmp_path, work) -> None:
    run = small_run(
        tmp_path, "2024-03", raw=("bill",), resources={"memory": "50MB", "threads": 2}
    )
    said = (
        "planted 2024-03: memory has ended. DuckDB may take 50MB with 2 threads.*Raise resources.memory"
        ".*model.max_train_rows.*/.spill"
    )
    with pytest.raises(SettingsError, match=said):
        run_step(step(work), run, owner)
    run.close()


def test_with_memory_enough_the_same_work_is_done(march) -> None:
    """Negative control: nothing else than memory was in the way."""
    march.engine.connection.execute("SET memory_limit = '1GB'")
    assert run_step(step(held_by_duckdb), march, owner).outcome == "done"


def test_a_view_of_an_undeclared_table_raises(march) -> None:
    def look(run: MonthRun) -> Made:
        run.engine.view("clean_bill")
        return Made()

    with pytest.raises(UndeclaredTable, match="step planted reads clean_bill"):
        run_step(step(look), march, owner)
    run_step(step(look, reads=(Read("clean_*"),)), march, owner)
    march.engine.view("clean_bill")  # outside a step everything may be looked at


def test_a_reader_that_a_step_opens_is_bound_as_well(march) -> None:
    def look(run: MonthRun) -> Made:
        known = run.as_known()
        try:
            known.engine.view("clean_bill")
        finally:
            known.close()
        return Made()

    with pytest.raises(UndeclaredTable, match="step planted reads clean_bill"):
        run_step(step(look), march, owner)


def test_a_view_of_an_earlier_step_is_gone(march) -> None:
    """Steps of one task share an engine; what one of them has looked at is not there for the next."""

    def glance(run: MonthRun) -> Made:
        run.engine.records("SELECT * FROM clean_bill")
        return Made()

    march.engine.view("clean_bill")
    with pytest.raises(duckdb.CatalogException, match="clean_bill"):
        run_step(step(glance), march, owner)


def test_a_reader_of_what_is_known_writes_nothing(march) -> None:
    def write(run: MonthRun) -> Made:
        known = run.as_known()
        try:
            return write_refusal(known)
        finally:
            known.close()

    with pytest.raises(UndeclaredTable, match="step planted writes refusal"):
        run_step(step(write), march, owner)


def test_a_query_that_reads_what_its_step_does_not_declare_raises(march) -> None:
    """Else its table would be missing for ever, without a word."""
    blind = Step(
        "features", lambda run: Made(make_queries(blind, run)), queries=("cohort",)
    )
    with pytest.raises(UndeclaredTable, match="step features reads month_activity"):
        run_step(blind, march, owner)


def test_decisions_stay_where_nobody_can_be_asked(march) -> None:
    put(
        march,
        "quarantine_release",
        "2024-03",
        [{"table_name": "bill", "row_id": "r1", "rule": "sign_wrong"}],
    )
    again = restated(march)
    asking = Step(
        "planted",
        lambda run: Made(),
        decisions=(Decision("quarantine_release", lambda run: []),),
    )
    run_step(asking, again, owner)
    assert march.lake.restatements("quarantine_release", march.month) == []
    assert again.lake.rows("quarantine_release", march.month) == 1


def test_an_undeclared_table_is_not_written(march) -> None:
    silent = Step("planted", write_refusal)
    with pytest.raises(UndeclaredTable, match="step planted writes refusal"):
        run_step(silent, march, owner)
    assert not march.lake.has("refusal", march.month)


def test_a_step_with_nothing_to_do_leaves_nothing_of_an_earlier_try(march) -> None:
    run_step(step(), march, owner)
    assert march.lake.has("refusal", march.month)
    report = run_step(step(idle=lambda run: "not today"), march, owner)
    assert (report.outcome, report.reason) == ("skipped", "not today")
    assert not march.lake.has("refusal", march.month)


def test_a_restated_step_works_only_on_news(march) -> None:
    """News is a version of this very restatement in one of the months that the step reads."""
    put(march, "month_activity", "2024-02", [{"customer_id": "a"}])
    reading = step(reads=(Read("month_activity", months_before),))
    assert run_step(reading, restated(march), owner).outcome == "skipped"
    february = MonthRun(march.settings, Month(2024, 2), DAY)
    put(february, "month_activity", "2024-02", [{"customer_id": "b"}])
    assert run_step(reading, restated(march), owner).outcome == "done"
    other_day = restated(march, DAY + dt.timedelta(days=1))
    assert run_step(reading, other_day, owner).outcome == "skipped"
    compared = step(reads=(Read("month_activity", months_before, renews=False),))
    assert run_step(compared, restated(march), owner).outcome == "skipped"


def test_a_restatement_waits_for_the_run_of_the_month_itself(march) -> None:
    put(march, "month_activity", "2024-03", [{"customer_id": "a"}])
    after = step(reads=(Read("month_activity"),), after="cohort", restated="always")
    report = run_step(after, restated(march), owner)
    assert report.reason == "the month itself has not been run yet"
    assert run_step(after, march, owner).outcome == "done"


def test_undoing_removes_the_version_of_the_restatement_and_no_other(march) -> None:
    put(march, "refusal", "2024-03", REASON)
    again = restated(march)
    put(again, "refusal", "2024-03", [{**REASON[0], "reason": "again"}])
    later = restated(march, DAY + dt.timedelta(days=1))
    put(later, "refusal", "2024-03", [{**REASON[0], "reason": "later"}])
    undo(step(), again)
    assert march.lake.restatements("refusal", march.month) == [later.restated_until]
    undo(step(), march)  # a month's own run is never undone
    assert march.lake.has("refusal", march.month)


def test_what_lies_under_another_month_is_not_undone_with_the_refused_one(
    march,
) -> None:
    again = restated(march)
    put(march, "refusal", "2024-02", REASON)
    put(again, "refusal", "2024-02", [{**REASON[0], "reason": "again"}])
    undo(step(lag=lambda calendar: 1), again)
    assert march.lake.restatements("refusal", Month(2024, 2)) == [DAY]
