"""Step ``check_raw``: raw_* profiled and judged: a bad month stops here, before anything is built on it.

Three outcomes: pass; warn (outside what the accepted months show: recorded and shown, the month goes on); stop. Only a
month that does not stop is written to ``profile_accepted``, from which later months learn their bounds.
"""

from churn_tasks.checks.data_docs import Site
from churn_tasks.checks.exceptions import refuse_unknown
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import months_before
from churn_tasks.runner.step import Made, Read, step
from churn_tasks.work.drift import note_drift
from churn_tasks.work.late_profile import came_as_parts
from churn_tasks.work.raw_profile import (
    judge_profiles,
    profiled_tables,
    show_history,
    stop_on_bad_rows,
    tables_to_measure,
    write_profiles,
    write_results,
)


@step(
    reads=(
        Read("raw_*", needed=True),
        Read("late_rows", renews=False),
        Read("delivery", renews=False),
        Read("file_line", renews=False),
        Read("delivery", months_before),
        Read("clean_*", months_before),
        Read("profile_accepted", months_before),
        Read("profile", months_before),
        Read("check_result", months_before),
    ),
    writes=("profile", "profile_accepted", "check_result", "drift"),
    restated="always",
)
def check_raw(run: MonthRun) -> Made:
    """Profile every raw table, hold it against its bounds, and stop the month when an allowed bound is broken.

    Raises:
        SettingsError: ``quality`` names a measure that there is not.
        CheckFailed: an allowed bound is broken.
    """
    refuse_unknown(run.settings.quality, run.registry.raw.values())
    names = tables_to_measure(run)
    if not names:
        return Made(idle="no table came anew")
    rows = {}
    if not came_as_parts(run, names):
        rows["drift"] = note_drift(run)
    site = Site(run.settings.data_docs_dir, run.edition, "raw")
    profiles = profiled_tables(run, names)
    verdict = judge_profiles(run, profiles, site)
    rows["profile"] = write_profiles(run, "profile", profiles)
    rows["check_result"] = write_results(run, verdict, profiles)
    if not verdict.failures:
        rows["profile_accepted"] = write_profiles(run, "profile_accepted", profiles)
    if not run.only_late:  # the month itself draws it next
        show_history(run, profiles)
    stop_on_bad_rows(run, verdict, site)
    return Made(rows, verdict.facts())
