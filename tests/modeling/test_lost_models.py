"""MLflow loses what the warehouse remembers: the month goes on with the lake's copy, or says what people can do."""

import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from churn_tasks.adapters.tracking import Tracking
from churn_tasks.adapters.tracking.models import RESTORED
from churn_tasks.adapters.warehouse import (
    Champion,
    ModelOrder,
    PromotionRow,
    Warehouse,
)
from churn_tasks.by_hand.models import (
    opened_models,
    pin,
    restore,
    retire,
    roll_back,
    version_states,
)
from churn_tasks.cli.models import models
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import (
    REPOSITORY,
    Settings,
    load_settings,
    process_environment,
)
from churn_tasks.local.postgres import Cluster
from churn_tasks.modeling.gate import Contender, Decision, select
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.work import training
from tests.databases import copied_database
from tests.lakes import small_profile
from tests.modeling.synthetic import fill

JULY, AUGUST = Month(2024, 7), Month(2024, 8)
MODEL_STEPS = ("train", "promote", "score")
NAME = "small_lake"


@dataclass(frozen=True)
class Road:
    """A lake through August whose July has a champion; the state as it was then is put back before each test."""

    postgres: Cluster
    folder: Path
    database: str = "lost_models"

    @property
    def profile(self) -> Path:
        return self.folder / "profile"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def settings(self, mlflow_url: str = "") -> Settings:
        return load_settings(
            str(self.profile),
            state_dir=self.state,
            warehouse_url=(self.folder / "warehouse").read_text(),
            mlflow_url=mlflow_url or (self.folder / "mlflow").read_text(),
        )

    def own_mlflow(self, original: str) -> str:
        """A copy of an MLflow database under a new name: MLflow keeps files open that it knows."""
        name = f"{original}_{len(list(self.folder.glob('*.db')))}.db"
        shutil.copyfile(self.folder / f"{original}.db", self.folder / name)
        return f"sqlite:///{self.folder / name}"

    def keep(self) -> None:
        shutil.copytree(self.state, self.folder / "kept")

    def put_back(self) -> None:
        shutil.rmtree(self.state)
        shutil.copytree(self.folder / "kept", self.state)
        url = self.own_mlflow("july")
        (self.folder / "mlflow").write_text(url)
        name = Path(url).stem
        url = copied_database(self.postgres, self.database, f"{self.database}_{name}")
        (self.folder / "warehouse").write_text(url)

    def run(self, month: Month = AUGUST, mlflow_url: str = "") -> dict[str, dict]:
        """The steps of the model; the facts of each."""
        with closing(MonthRun(self.settings(mlflow_url), month)) as run:
            return {step: run_on(step, run).facts for step in MODEL_STEPS}

    def champion(self, month: Month) -> Champion:
        with closing(Warehouse(self.settings())) as warehouse:
            found = warehouse.champion(month)
        assert found
        return found

    def decisions(self) -> list[dict]:
        with closing(Warehouse(self.settings())) as warehouse:
            return warehouse.promotions()


@pytest.fixture(scope="module")
def made(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Road:
    road = Road(postgres, tmp_path_factory.mktemp("lost"))
    url = postgres.create_database("lost_models")
    small_profile(road.folder, ["bill"], definition="not_billed")
    (road.folder / "warehouse").write_text(url)
    (road.folder / "mlflow").write_text(f"sqlite:///{road.folder}/july.db")
    Tracking(road.settings(f"sqlite:///{road.folder}/empty.db")).restore_experiment()
    shutil.copyfile(road.folder / "empty.db", road.folder / "july.db")
    with closing(MonthRun(road.settings(), JULY)) as run:
        fill(run, list(months_between(Month(2024, 3), AUGUST + 1)), 600)
    road.run(JULY)
    road.keep()
    return road


@pytest.fixture
def road(made: Road) -> Road:
    made.put_back()
    return made


def _delete_version(road: Road) -> str:
    with opened_models(road.settings()) as opened:
        version = str(road.champion(JULY).version)
        opened.tracking.client.delete_model_version(NAME, version)
    return ""


def _delete_registered_model(road: Road) -> str:
    with opened_models(road.settings()) as opened:
        opened.tracking.client.delete_registered_model(NAME)
    return ""


def _lose_artifacts(road: Road) -> str:
    shutil.rmtree(road.state / "mlflow" / "artifacts")
    return ""


def _lose_one_artifact(road: Road) -> str:
    for file in (road.state / "mlflow" / "artifacts").rglob("model.skops"):
        file.unlink()
    return ""


def _empty_mlflow(road: Road) -> str:
    shutil.rmtree(road.state / "mlflow")
    return road.own_mlflow("empty")


def _another_mlflow(road: Road) -> str:
    """One that has counted three versions of its own, whose files are out of reach."""
    url = road.own_mlflow("empty")
    client = Tracking(road.settings(url)).client
    client.create_registered_model(NAME)
    for number in range(3):
        client.create_model_version(NAME, f"s3://elsewhere/{number}")
    return url


def _files_of_others(road: Road, url: str) -> Path:
    """In the MLflow at ``url`` the champion's number stands for other people's model; returns its file."""
    own = road.folder / f"others_{Path(url).stem}"
    own.mkdir()
    (own / "model.skops").write_bytes(b"of others")
    client = Tracking(road.settings(url)).client
    for _ in range(road.champion(JULY).version):
        client.create_model_version(NAME, own.as_uri())
    return own / "model.skops"


def _delete_for_good(road: Road) -> str:
    """What ``mlflow gc`` leaves of a deleted experiment: its runs and logged models are gone, the registry is not."""
    with opened_models(road.settings()) as opened:
        client = opened.tracking.client
        client.delete_experiment(opened.tracking.experiment_id)
        store = client._tracking_client.store
        store._hard_delete_experiment(opened.tracking.experiment_id)
    return ""


LOSSES: list[Callable[[Road], str]] = [
    _delete_version,
    _delete_registered_model,
    _lose_artifacts,
    _lose_one_artifact,
    _empty_mlflow,
    _another_mlflow,
    _delete_for_good,
]


def test_nothing_is_said_while_nothing_is_lost(
    road: Road, caplog: pytest.LogCaptureFixture
) -> None:
    """Negative control: an undisturbed month, and the states of its versions."""
    with caplog.at_level(logging.WARNING, logger="churn"):
        road.run()
    assert "copy" not in caplog.text and "lost" not in caplog.text
    with opened_models(road.settings()) as opened:
        states = version_states(opened)
        assert states and all(each.in_mlflow and each.has_copy for each in states)
        assert all(each.said.endswith(": whole") for each in restore(opened))


@pytest.mark.parametrize("lose", LOSSES)
def test_the_month_goes_on_with_the_copy_of_the_lake(
    road: Road, lose: Callable[[Road], str], caplog: pytest.LogCaptureFixture
) -> None:
    champion = road.champion(JULY)
    url = lose(road)
    facts = road.run(mlflow_url=url)
    assert f"{NAME} version {champion.version}" in caplog.text
    assert (
        "the lake's copy is read in its place. To put it back: churn models restore"
        in (caplog.text)
    )
    assert facts["score"]["version"] == road.champion(AUGUST).version
    with closing(Warehouse(road.settings())) as warehouse:
        newest = warehouse.highest_version(NAME)
        assert newest > 2, "numbers of July are not given again"
        assert warehouse.model_files(NAME, newest)
    with opened_models(road.settings(url)) as opened:
        restore(opened)
        assert all(each.in_mlflow for each in version_states(opened))


@pytest.mark.parametrize("lose", LOSSES)
def test_files_are_put_back_under_their_number_where_mlflow_gives_it(
    road: Road, lose: Callable[[Road], str]
) -> None:
    champion = road.champion(JULY)
    url = lose(road)
    with opened_models(road.settings(url)) as opened:
        (before,) = version_states(opened)
        assert (before.in_mlflow, before.has_copy) == (False, True)
        said = [each.said for each in restore(opened)]
        assert f"{NAME} version {champion.version}: its files were put back" in said[-1]
        (after,) = version_states(opened)
        assert after.in_mlflow
        tags = opened.tracking.client.search_model_versions(
            f"name = '{NAME}' AND tags.`{RESTORED}` = '{champion.version}'"
        )
        number_is_taken = lose in (_delete_version, _delete_for_good, _another_mlflow)
        kept_number = any(int(tag.version) == champion.version for tag in tags)
        assert kept_number or number_is_taken or not tags
        opened.tracking.set_aliases({"champion": champion.version})
        assert "champion" in opened.tracking.aliases()
        recorded = opened.warehouse.model_files(NAME, champion.version)
        assert opened.tracking.files(NAME, champion.version) == recorded


@pytest.mark.parametrize("lose", [_delete_version, _another_mlflow, _lose_artifacts])
def test_without_a_copy_the_month_says_what_people_can_do(
    road: Road, lose: Callable[[Road], str]
) -> None:
    champion = road.champion(JULY)
    url = lose(road)
    shutil.rmtree(road.settings().model_copies_dir)
    with pytest.raises(BadInput) as told:
        road.run(mlflow_url=url)
    said = str(told.value)
    assert f"{NAME} version {champion.version}, decided in 2024-07" in said
    assert "CHURN_MLFLOW_URL" in said and "from a backup" in said
    assert f"churn models retire --version {champion.version} --month 2024-08" in said
    assert "the gate then takes the best candidate" in said
    with opened_models(road.settings(url)) as opened:
        assert [each.is_lost for each in restore(opened)][-1:] == [True]
        order = _retire(champion.version)
        assert retire(opened, AUGUST, order) is None
    facts = road.run(mlflow_url=url)
    assert facts["promote"]["promoted"] and "no champion" in facts["promote"]["why"]
    assert facts["score"]["version"] > champion.version
    assert road.champion(JULY) == champion, "what was in force is not rewritten"
    first = next(row for row in road.decisions())
    assert f"{first['valid_to']:%Y-%m}" == "2024-08"


@pytest.fixture
def eager_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The best candidate goes live in any case: 600 customers would prove nothing in one month."""

    def decided(candidates: Sequence[Contender], *_: object) -> Decision:
        return Decision(True, select(candidates), "the best")

    monkeypatch.setattr("churn_tasks.work.promotion.decide", decided)


@pytest.mark.usefixtures("eager_gate")
def test_the_champion_before_takes_over(road: Road) -> None:
    first = road.champion(JULY)
    road.run()
    with closing(Warehouse(road.settings())) as warehouse:
        (decided,) = [
            row
            for row in warehouse.promotions()
            if f"{row['valid_from']:%Y-%m}" == "2024-08"
        ]
        assert decided["is_promoted"], "August has a champion of its own"
    second = road.champion(AUGUST)
    shutil.rmtree(road.settings().model_copies_dir / NAME / str(second.version))
    with opened_models(road.settings()) as opened:
        opened.tracking.client.delete_model_version(NAME, str(second.version))
    run = MonthRun(road.settings(), AUGUST)
    with pytest.raises(
        BadInput, match=f"version {first.version}, decided in 2024-07, is"
    ):
        run_on("score", run)
    with opened_models(road.settings()) as opened:
        order = _retire(second.version)
        assert retire(opened, AUGUST, order) == first
        with pytest.raises(BadInput, match="retire is in force already"):
            retire(opened, AUGUST, order)
    assert run_on("score", run).facts["version"] == first.version
    run.close()
    with opened_models(road.settings()) as opened:
        assert retire(opened, AUGUST, order, undo=True) == second


def test_a_deleted_experiment_is_brought_back_by_one_command(road: Road) -> None:
    with opened_models(road.settings()) as opened:
        tracking = opened.tracking
        tracking.client.delete_experiment(tracking.experiment_id)
    with pytest.raises(BadInput, match="experiment churn_profile was deleted") as told:
        road.run()
    assert "churn models restore" in str(told.value)
    with opened_models(road.settings()) as opened:
        assert restore(opened)[0].said == "experiment churn_profile: there again"
    road.run()


def test_a_changed_file_is_put_right_from_the_copy(road: Road) -> None:
    for file in (road.state / "mlflow" / "artifacts").rglob("model.skops"):
        file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(
        BadInput, match=r"not the ones that were validated.*churn models"
    ):
        road.run()
    with opened_models(road.settings()) as opened:
        restore(opened)
    road.run()


def test_an_mlflow_of_other_people_is_told_and_not_written_over(road: Road) -> None:
    url = road.own_mlflow("empty")
    Tracking(road.settings(url)).client.create_registered_model(NAME)
    file = _files_of_others(road, url)
    with pytest.raises(BadInput, match="an MLflow that counts its own versions"):
        road.run(mlflow_url=url)
    with opened_models(road.settings(url)) as opened:
        (done,) = restore(opened)
        assert "its files were put back, as version" in done.said
    assert file.read_bytes() == b"of others"
    road.run(mlflow_url=url)


def test_the_commands_say_where_versions_are_and_what_is_in_force(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = road.settings()
    given = settings.environment
    monkeypatch.setenv("CHURN_PROFILE", str(road.profile))
    monkeypatch.setenv("CHURN_STATE_DIR", str(road.state))
    monkeypatch.setenv("CHURN_WAREHOUSE_URL", given.warehouse_url)
    monkeypatch.setenv("CHURN_MLFLOW_URL", given.mlflow_url)
    version = road.champion(JULY).version
    order = ["--version", str(version), "--month", "2024-08", "--by", "Wang"]

    def said(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(models, arguments)
        return done.exit_code, " ".join(done.output.split())

    assert f"{NAME} {version} whole whole 2024-07" in said("list")[1]
    assert f"2024-07 {version} gate" in said("history")[1].replace("│", " ")
    card = said("card", "--version", str(version))[1]
    assert f"# {NAME} version {version}" in card and "on chance, there being" in card
    missing = CliRunner().invoke(models, ["card", "--version", "99"])
    assert "version 99 has no card" in str(missing.exception)
    assert said("retire", *order, "--why", "bad lists") == (
        0,
        "2024-08: no version is in force; the gate takes the best candidate of the month."
        " Apply with: churn run --month 2024-08",
    )
    assert "retire from 2024-08 by Wang: bad lists" in said("list")[1]
    code, text = said("retire", *order, "--why", "a mistake", "--undo")
    assert code == 0
    assert f"version {version}, decided in 2024-07, is in force" in text
    _delete_version(road)
    assert f"{NAME} {version} lost whole" in said("list")[1]
    assert said("restore")[0] == 0
    shutil.rmtree(settings.model_copies_dir)
    shutil.rmtree(road.state / "mlflow" / "artifacts")
    code, text = said("restore")
    assert code == 1 and "lost, and the lake has no copy" in text
    unknown = CliRunner().invoke(
        models, ["pin", *order[2:], "--version", "99", "--why", "x"]
    )
    assert "has no version 99; were ever in force" in str(unknown.exception)


def test_a_version_is_rolled_back_to_the_one_before_and_the_gate_goes_on(
    road: Road,
) -> None:
    first = road.champion(JULY)
    second = 3 - first.version
    with opened_models(road.settings()) as opened:
        with pytest.raises(BadInput, match="there is no version before"):
            roll_back(opened, AUGUST, "Li", "bad lists")
        opened.keep(NAME, second)
        decided = PromotionRow("2024-08", NAME, second, True, "gate", "better")
        opened.warehouse.record_promotion(decided)
        assert roll_back(opened, AUGUST, "Li", "bad lists") == first
        assert opened.warehouse.champion(AUGUST) == first
        assert opened.warehouse.champion(AUGUST + 3) == first
        (order,) = opened.warehouse.model_orders(AUGUST)
        assert order.order.model == (NAME, second)
        assert order.order.why == f"rolled back to version {first.version}: bad lists"
    facts = road.run()["promote"]
    assert f"on champion version {first.version}" in facts["why"]


def test_nothing_is_rolled_back_to_a_version_whose_files_are_lost(road: Road) -> None:
    """Control: with the copy in its place it is."""
    first = road.champion(JULY)
    with opened_models(road.settings()) as opened:
        opened.keep(NAME, 3 - first.version)
        decided = PromotionRow("2024-08", NAME, 3 - first.version, True, "gate", "")
        opened.warehouse.record_promotion(decided)
        copy = opened.copies.path(NAME, first.version)
        aside = copy.rename(copy.with_name("aside"))
        _delete_version(road)
        with pytest.raises(BadInput, match="cannot take its place"):
            roll_back(opened, AUGUST, "Li", "bad lists")
        assert opened.warehouse.model_orders(AUGUST) == []
        aside.rename(copy)
        assert roll_back(opened, AUGUST, "Li", "bad lists") == first


def test_a_changed_copy_is_no_copy(road: Road) -> None:
    _delete_version(road)
    (copy,) = road.settings().model_copies_dir.rglob("model.skops")
    copy.write_bytes(copy.read_bytes() + b"x")
    with pytest.raises(BadInput, match="no whole copy"):
        road.run()


def test_what_is_pinned_goes_before_the_gate(road: Road) -> None:
    champion = road.champion(JULY)
    other = 3 - champion.version  # of July's two candidates the one that lost
    order = ModelOrder("pin", NAME, other, "Li", "known from last year")
    with opened_models(road.settings()) as opened:
        now = pin(opened, AUGUST, order)
        assert now == Champion(NAME, other, "2024-08")
    facts = road.run()
    assert facts["score"]["version"] == other
    decided = road.decisions()[-1]
    assert (decided["model_version"], decided["decided_by"]) == (other, "Li")
    assert (
        "pinned from 2024-08: known from last year; the gate: tested on"
        in decided["why"]
    )
    assert road.champion(JULY) == champion
    with opened_models(road.settings()) as opened:
        assert opened.tracking.aliases()["champion"] == other
        pin(opened, AUGUST, order, undo=True)
    assert road.run()["score"]["version"] != other
    assert road.decisions()[-1]["decided_by"] == "gate"


@pytest.mark.usefixtures("eager_gate")
def test_what_is_retired_is_never_promoted_and_not_pinned(road: Road) -> None:
    road.run()
    best = road.champion(AUGUST).version
    with opened_models(road.settings()) as opened:
        retire(opened, AUGUST, _retire(best))
        with pytest.raises(BadInput, match=r"retired from 2024-08 by Wang: bad lists"):
            pin(opened, AUGUST, ModelOrder("pin", NAME, best, "Li", "still good"))
    facts = road.run()
    assert not facts["promote"]["promoted"]
    assert "retired from 2024-08 by Wang: bad lists" in facts["promote"]["why"]
    assert facts["score"]["version"] == road.champion(JULY).version


def test_what_cannot_be_read_is_not_pinned(road: Road) -> None:
    lost = 3 - road.champion(JULY).version
    with opened_models(road.settings()) as opened:
        opened.tracking.client.delete_model_version(NAME, str(lost))
        with pytest.raises(
            BadInput, match=r"cannot be pinned: MLflow at .* has no such"
        ):
            pin(opened, AUGUST, ModelOrder("pin", NAME, lost, "Li", "a try"))
    assert road.champion(AUGUST) == road.champion(JULY)


@pytest.mark.usefixtures("eager_gate")
def test_candidates_of_an_earlier_try_whose_files_are_lost_are_fitted_again(
    road: Road,
) -> None:
    first = road.run()["score"]["version"]
    _lose_artifacts(road)
    shutil.rmtree(road.settings().model_copies_dir / NAME / str(first))
    assert road.run()["train"]["best"]
    assert road.champion(AUGUST).version > first


@pytest.mark.usefixtures("eager_gate")
def test_a_warehouse_set_back_trains_again(road: Road) -> None:
    """The other way round: MLflow is ahead of a warehouse that came from a backup."""
    road.run()
    url = copied_database(road.postgres, "lost_models", "lost_set_back")
    (road.folder / "warehouse").write_text(url)
    road.run()
    assert road.champion(AUGUST).version > 4, "fitted again: nothing was on record"


def test_two_trainings_of_a_month_at_once_leave_one_decision(road: Road) -> None:
    clean = {
        name: value
        for name, value in process_environment().items()
        if not name.startswith("CHURN_")
    }
    settings = road.settings()
    environment = clean | {
        "CHURN_PROFILE": str(road.profile),
        "CHURN_STATE_DIR": str(road.state),
        "CHURN_WAREHOUSE_URL": settings.environment.warehouse_url,
        "CHURN_MLFLOW_URL": settings.environment.mlflow_url,
    }
    for step in ("train", "promote"):
        command = [sys.executable, "-m", "churn_tasks", "step", step]
        command += ["--month", str(AUGUST)]
        both = [
            subprocess.Popen(command, cwd=REPOSITORY, env=environment) for _ in range(2)
        ]
        assert [process.wait(timeout=300) for process in both] == [0, 0]
    august = [row for row in road.decisions() if row["valid_from"] == AUGUST.start]
    assert len(august) == 1
    with opened_models(settings) as opened:
        found = opened.tracking.client.search_model_versions(f"name = '{NAME}'")
        assert len(found) == 4, "two candidates in each of two months"


def test_without_turns_there_would_be_two(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: a second training that begins while the first one fits, with no lock between them."""
    monkeypatch.setattr(Warehouse, "in_turn", lambda *_: nullcontext())
    fit, fits = training.fit_candidate, []

    def interrupted(*arguments: object) -> object:
        fits.append(arguments[0])
        if len(fits) == 2:
            with closing(MonthRun(road.settings(), AUGUST)) as second:
                run_on("train", second)
                run_on("promote", second)
        return fit(*arguments)

    monkeypatch.setattr(training, "fit_candidate", interrupted)
    with closing(MonthRun(road.settings(), AUGUST)) as first:
        run_on("train", first)
        run_on("promote", first)
    august = [row for row in road.decisions() if row["valid_from"] == AUGUST.start]
    assert len(august) == 2


def _retire(version: int) -> ModelOrder:
    return ModelOrder("retire", NAME, version, "Wang", "bad lists")
