"""What the steps declare, held against the tables that there are and the order in which the tasks run."""

import fnmatch
import subprocess
import sys
from dataclasses import replace
from types import ModuleType

import pytest

from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.declared.registry import Registry, load_registry
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import label_month, own_month
from churn_tasks.runner.step import Made, Read, Step
from churn_tasks.walks import graph
from churn_tasks.walks.graph import all_steps, owner, restated_steps
from churn_tasks.walks.restate import dependent_steps, own_steps
from churn_tasks.walks.tasks import RESTATED_AT, STEPS, TASKS

PROFILES = ("telecom", "retail", "telecom_wide")
LATE_ENOUGH = 12  # months after the first: every window is whole


@pytest.fixture(scope="module", params=PROFILES)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    settings = load_settings(request.param, state_dir=tmp_path_factory.mktemp("graph"))
    return MonthRun(settings, settings.first_month + LATE_ENOUGH)


def makers(table: str, registry: Registry, steps: list[Step]) -> list[str]:
    return [step.name for step in steps if table in step.tables(registry)]


def test_every_table_is_made_by_exactly_one_step(run: MonthRun) -> None:
    wrong = {
        table: names
        for table in run.registry.tables
        if len(names := makers(table, run.registry, all_steps())) != 1
    }
    assert wrong == {}
    assert len(run.registry.tables) > 30
    assert {owner(table, run.registry).name for table in run.registry.tables} >= {
        "extract",
        "integrate",
        "summarise",
        "features",
        "labels",
        "train",
    }


def test_a_second_maker_would_be_found(run: MonthRun) -> None:
    """Negative control."""
    second = Step("second", lambda run: Made(), writes=("feature_stat",))
    names = makers("feature_stat", run.registry, [*all_steps(), second])
    assert names == ["catalogue", "second"]


def later_than_its_reader(
    run: MonthRun, steps: list[Step], order: dict[str, set[str]]
) -> list[str]:
    """Reads of a partition that this very run makes, by a step that does not come after its maker.

    Args:
        order: step to the steps that have run when it begins.
    """
    wrong = []
    for step in steps:
        for read in step.reads:
            for table in fnmatch.filter(run.registry.tables, read.tables):
                maker = owner(table, run.registry)
                is_made_now = maker.partition(run) in read.of(run)
                if maker.name == step.name or not is_made_now:
                    continue
                runs_here = maker.name in order
                if runs_here and maker.name not in order[step.name]:
                    wrong.append(f"{step.name} reads {table} of {maker.name}")
    return wrong


def before_each_step() -> dict[str, set[str]]:
    """Step to the steps that have run when it begins: earlier ones of its task, and every one of the tasks before."""
    done_after: dict[str, set[str]] = {}
    before: dict[str, set[str]] = {}
    for task in TASKS:
        done = set().union(*(done_after[name] for name in task.after))
        for step in task.steps:
            before[step] = set(done)
            done.add(step)
        done_after[task.name] = done
    return before


def test_the_tasks_are_in_an_order_of_what_their_steps_read(run: MonthRun) -> None:
    assert later_than_its_reader(run, all_steps(), before_each_step()) == []


def before_each_restated_step() -> dict[str, set[str]]:
    """The same for a restated month, whose tasks run one after the other."""
    names = [name for task in TASKS for name in restated_steps(task.steps)]
    return {name: set(names[:place]) for place, name in enumerate(names)}


def test_a_restatement_is_in_an_order_of_what_its_steps_read(run: MonthRun) -> None:
    order = before_each_restated_step()
    steps = [step for step in all_steps() if step.name in order]
    assert later_than_its_reader(run, steps, order) == []
    early = replace(
        graph.step_named("check_features"), reads=(Read("label", label_month),)
    )
    assert later_than_its_reader(run, [early], order) == [
        "check_features reads label of labels"
    ], "control: labels are restated only with the scores"


def test_every_step_has_one_place() -> None:
    assert len(set(STEPS)) == len(STEPS) == 21
    assert RESTATED_AT.keys() | set(RESTATED_AT.values()) <= set(STEPS)
    assert all(graph.step_named(name).restated != "never" for name in RESTATED_AT)


def test_a_file_without_its_step_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    graph.step_named.cache_clear()
    monkeypatch.setitem(sys.modules, "churn_tasks.steps.warn", ModuleType("empty"))
    with pytest.raises(LookupError, match=r"steps/warn.py has no function warn"):
        graph.step_named("warn")
    graph.step_named.cache_clear()


def test_a_misspelt_declaration_is_refused() -> None:
    with pytest.raises(ValueError, match="restated is 'nevr'; allowed are again"):
        Step("planted", lambda run: Made(), restated="nevr")


def test_a_step_that_reads_what_comes_later_would_be_found(run: MonthRun) -> None:
    """Negative control: features that read the scores of their own month."""
    features = graph.step_named("features")
    reads = (*features.reads, Read("score_churn", own_month))
    planted = replace(features, reads=reads)
    assert later_than_its_reader(run, [planted], before_each_step()) == [
        "features reads score_churn of score"
    ]


def test_every_read_names_a_table_of_some_profile(tmp_path) -> None:
    """A misspelt table or family would match nothing, and so hold nobody up and renew nothing."""
    tables: set[str] = set()
    for profile in PROFILES:
        settings = load_settings(profile, state_dir=tmp_path)
        registry = load_registry(settings)
        tables |= registry.tables.keys() | registry.absent.keys()
    reads = [(step.name, read) for step in all_steps() for read in step.reads]
    blind = [name for name, read in reads if not any(map(read.names, tables))]
    assert blind == []
    assert len(reads) > 50
    firsts = {step.after for step in all_steps() if step.after}
    assert firsts <= tables and len(firsts) > 2
    made = [(step.name, family) for step in all_steps() for family in step.writes]
    assert [one for one in made if not fnmatch.filter(tables, one[1])] == []
    assert not any(map(Read("monht_*").names, tables)), "control: this one is blind"


def test_restating_by_hand_runs_every_step_that_the_monthly_restatement_runs() -> None:
    monthly = [step for task in TASKS for step in restated_steps(task.steps)]
    by_hand = [*own_steps(extract_again=True), *dependent_steps()]
    assert by_hand == monthly
    never = {"late", "check_relations", "train", "promote", "watch"}
    assert set(STEPS) - set(by_hand) == never
    assert "catalogue" in by_hand and by_hand[0] == "extract"
    assert by_hand.index("labels") < by_hand.index("score")
    assert set(own_steps(extract_again=True)) - set(own_steps(extract_again=False)) == {
        "extract"
    }


def test_what_a_refused_task_made_is_told_by_the_owner_of_each_table(
    run: MonthRun,
) -> None:
    """The statistics and the selection of features are made by later tasks: undoing ``integrate`` leaves them alone."""
    integration = next(task for task in TASKS if task.name == "integrate")
    steps = [graph.step_named(name) for name in restated_steps(integration.steps)]
    undone = {table for step in steps for table in step.tables(run.registry)}
    others = {"feature_stat", "feature_bin", "feature_selection", "cohort", "label"}
    assert not undone & others
    assert {"month_activity", "quarantine", "delivery"} <= undone


def test_walking_over_the_steps_imports_no_heavy_package() -> None:
    """Each task of Airflow is a process of its own and walks over all steps: it must not import MLflow for that."""
    code = (
        "import sys; from churn_tasks.walks.graph import all_steps; all_steps();"
        "print(sorted({'mlflow', 'sklearn', 'lightgbm', 'great_expectations', 'splink', 'matplotlib', 'scipy'}"
        " & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert told.stdout.strip() == "[]", told.stderr


def test_the_month_under_which_a_label_is_written_leads_back_to_its_run(
    run: MonthRun,
) -> None:
    labels = owner("label", run.registry)
    calendar = run.settings.calendar
    written = labels.partition(run)
    assert written + labels.lag(calendar) == run.month
    assert written == calendar.label_month(run.month) < run.month
    assert owner("cohort", run.registry).partition(run) == run.month
    assert isinstance(written, Month)
