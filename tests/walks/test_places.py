"""What a month needs outside its own folders is told before its first step; nothing is half done by then."""

import re
import time
import uuid
from pathlib import Path

import psycopg
import pytest

from churn_tasks.adapters.warehouse.connection import Connection
from churn_tasks.adapters.warehouse.migration import FOLDER, migrate
from churn_tasks.core.errors import ChurnError, SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.walks.month import run_task
from churn_tasks.walks.places import require_places
from tests.lakes import put, small_profile, small_run

MARCH, OCTOBER = Month(2024, 3), Month(2024, 10)
FAR = "postgresql://loader:secret@127.0.0.1:9/warehouse"


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return small_profile(tmp_path, ["bill"])


@pytest.fixture
def url(postgres: Cluster) -> str:
    return postgres.create_database(f"places_{uuid.uuid4().hex[:8]}")


def _settings(profile: Path, **environment: str) -> Settings:
    state = profile.parent / "state"
    return load_settings(str(profile), state_dir=state, **environment)


def _refused(settings: Settings, month: Month = OCTOBER) -> str:
    """What the first task says; it leaves no table behind."""
    with pytest.raises(ChurnError) as told:
        list(run_task("extract", settings, month))
    assert not list(settings.lake_dir.glob("raw_*"))
    return f"{type(told.value).__name__}: {told.value}"


def test_a_feature_whose_reason_has_no_words_is_told_at_once(profile: Path) -> None:
    """Else six months go by before the first list stops on it."""
    folder = profile / "sql" / "features" / "own"
    folder.mkdir(parents=True)
    (folder / "trajectory.yaml").write_text(
        "table: feat_own\nmeaning: {en: Bills of our own kind, zh: 自有账单特征}\n"
        "sources: {billing: month_billing}\nmeasures:\n  billed: {sql: billing.bill_cny, unit: CNY, empty: zero,"
        " group: visits_down, expect: down, en: amount billed, zh: 出账金额}\n"
        "features:\n  - {of: billed, by: [last]}\n",
        encoding="utf-8",
    )
    said = _refused(_settings(profile), MARCH)
    assert "no reason is put into words for the groups visits_down" in said
    assert "playbook/reasons.yaml of the profile" in said


def test_a_trigger_that_cannot_be_is_told_at_once(profile: Path) -> None:
    """Else it would stop the list of the first month that has features."""
    (profile / "playbook").mkdir()
    (profile / "playbook" / "triggers.yaml").write_text(
        "triggers:\n  - {name: ported, event: port_asked, priority: 9, words: {en: Asked, zh: 申请}}\n",
        encoding="utf-8",
    )
    said = _refused(_settings(profile), MARCH)
    assert "playbook/triggers.yaml: trigger ported: event: there is no event" in said


def test_a_sign_of_a_feature_that_is_not_made_is_told_at_once(profile: Path) -> None:
    """Shipped signs speak for all profiles: what one lacks of them falls away (control: without the file)."""
    run_first = _settings(profile)
    (profile / "playbook").mkdir()
    (profile / "playbook" / "reasons.yaml").write_text(
        "signs:\n  billed_less:\n    of: [charged_last_cnyy]\n    shows: [plan_fit]\n"
        "    says: {en: bills fell, zh: 账单下降}\n",
        encoding="utf-8",
    )
    said = _refused(run_first, MARCH)
    assert "signs.billed_less.of names the feature charged_last_cnyy" in said
    assert "charged_last_cny" in said.partition("nearly that name: ")[2]


@pytest.mark.parametrize(
    ("candidate", "said"),
    [
        ({"name": "svm", "given": {"kernle": "rbf"}}, "there are kernel, strength"),
        ({"name": "random_forest", "given": {"trees": 3}}, "trees: .*10"),
        ({"name": "rule", "given": {"column": "gone"}}, "no such feature: gone"),
        ({"name": "rule"}, "family rule: column: Field required"),
        ({"name": "decision_tree", "given": {"depht": 3}}, "depht: .*there are depth"),
        ({"name": "decision_tree", "given": {"depth": 0}}, "depth: .*greater"),
    ],
)
def test_a_candidate_that_cannot_be_fitted_is_told_at_once(
    tmp_path: Path, candidate: dict[str, object], said: str
) -> None:
    """Else it would stop training, after minutes of work, or after the months before the first that trains."""
    model = {"name": "shop", "candidates": [candidate]}
    settings = _settings(small_profile(tmp_path, ["bill"], model=model))
    assert re.search(said, _refused(settings))
    assert re.search(said, _refused(settings, MARCH)), "trains nothing yet"


def test_a_month_that_trains_needs_a_warehouse_and_an_earlier_one_does_not(
    profile: Path,
) -> None:
    settings = _settings(profile)
    assert "CHURN_WAREHOUSE_URL is empty" in _refused(settings)
    require_places(settings, MARCH, MARCH)
    with pytest.raises(SettingsError, match="CHURN_WAREHOUSE_URL is empty"):
        require_places(settings, MARCH, OCTOBER)


def test_a_warehouse_that_does_not_answer_is_told_with_its_place_and_no_password(
    profile: Path,
) -> None:
    said = _refused(_settings(profile, warehouse_url=FAR), MARCH)
    assert said.startswith("ConnectionTrouble: warehouse: no login with the address")
    assert "9" in said and "secret" not in said


def test_a_database_that_is_not_there_is_named(
    postgres: Cluster, profile: Path
) -> None:
    said = _refused(_settings(profile, warehouse_url=postgres.url("not_there")))
    assert '"not_there" does not exist' in said


@pytest.mark.parametrize(
    "place", ["sqlite:////proc/no_such_folder/mlflow.db", "http://127.0.0.1:9"]
)
def test_an_mlflow_that_does_not_answer_is_told_with_its_place(
    profile: Path, url: str, place: str
) -> None:
    started = time.monotonic()
    settings = _settings(profile, warehouse_url=url, mlflow_url=place)
    said = _refused(settings)
    assert f"MLflow, CHURN_MLFLOW_URL {place}" in said
    assert time.monotonic() - started < 60


def test_a_lost_token_key_is_not_replaced_in_silence(tmp_path: Path) -> None:
    run = small_run(tmp_path, "2024-03", raw=["bill", "customer"])
    settings = run.settings
    require_places(settings, MARCH, MARCH)
    assert not settings.token_key_file.exists(), "a first key is made when it is used"
    put(run, "raw_customer", "2024-03", [{"customer_id": "a", "phone_token": "t"}])
    with pytest.raises(SettingsError, match=r"token key .* is gone.*raw_customer"):
        require_places(settings, MARCH + 1, MARCH + 1)
    settings.token_key_file.parent.mkdir(parents=True)
    settings.token_key_file.write_text("k" * 64)
    require_places(settings, MARCH + 1, MARCH + 1)
    run.close()


def test_a_view_of_others_stops_the_month_before_it_begins(
    profile: Path, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filled warehouse, an analyst's view on ours, and a release that changes the type of a column under it."""
    settings = _settings(profile, warehouse_url=url)
    require_places(settings, MARCH, MARCH)
    schema = settings.warehouse_schema
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(
            "CREATE SCHEMA analysts; CREATE MATERIALIZED VIEW analysts.top AS"
            f" SELECT month, churn_score FROM {schema}.bi_warning_list"
        )
    release = tmp_path / "release"
    (release / "views").mkdir(parents=True)
    (release / "migrations").mkdir()
    for file in FOLDER.rglob("*"):
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            if file.stem == "bi_warning_list":
                text = text.replace("w.churn_score,", "w.churn_score::numeric,")
                assert "::numeric" in text
            (release / file.relative_to(FOLDER)).write_text(text, encoding="utf-8")
    before = _applied(url, schema)
    monkeypatch.setattr(
        "churn_tasks.adapters.warehouse.migration.migrate",
        lambda connection: migrate(connection, release),
    )
    said = _refused(settings, MARCH)
    assert "bi_warning_list" in said and "materialized view analysts.top" in said
    assert "upgrade, and make them again" in said
    assert _applied(url, schema) == before
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP MATERIALIZED VIEW analysts.top")
    require_places(settings, MARCH, MARCH)
    assert _applied(url, schema) != before


def _applied(url: str, schema: str) -> object:
    connection = Connection(url, schema)
    with connection.transaction("churn_loader") as cursor:
        cursor.execute("SELECT digest FROM migration ORDER BY applied_at DESC")
        found = cursor.fetchall()
    connection.close()
    return found
