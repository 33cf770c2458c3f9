"""MLflow: one parent a month and one child a candidate whatever dies; files are verified before they are read."""

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest

from churn_tasks.adapters.model_files import MODEL_FILE, digests, read_model
from churn_tasks.adapters.tracking import Record, Tracking
from churn_tasks.core.errors import BadInput, ChurnError
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.modeling.candidates import fit_candidate, shipped_candidate
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.family import trusted_types
from churn_tasks.modeling.packages import requirements
from tests.lakes import small_profile
from tests.modeling.samples import FEATURES, NUMERIC, TEXT, drawn

MARCH = Month(2024, 3)


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> Tracking:
    folder = tmp_path_factory.mktemp("tracking")
    return Tracking(
        load_settings(str(small_profile(folder, ["bill"])), state_dir=folder / "state")
    )


@pytest.fixture(scope="module")
def classifier() -> ChurnClassifier:
    return fit_candidate(
        shipped_candidate("lightgbm"), drawn(300, seed=1), FEATURES, 5, 1
    ).classifier


TRUSTED = trusted_types()
PACKAGES = requirements(["lightgbm"])


def _register(
    tracking: Tracking,
    month: Month,
    classifier: Any,
    name: str = "lightgbm",
    training: str = "abc",
    trusted: Any = TRUSTED,
) -> int:
    with (
        tracking.month_run(month) as parent,
        tracking.candidate_run(parent, month, name, training) as run_id,
    ):
        return tracking.register(run_id, classifier, NUMERIC, TEXT, trusted, PACKAGES)


def _runs(tracking: Tracking, month: Month) -> pd.DataFrame:
    return mlflow.search_runs(
        [tracking.experiment_id], f"tags.`churn.month` = '{month}'"
    )


def _folder(tracking: Tracking, version: int) -> Path:
    source = tracking.client.get_model_version(tracking.model_name, str(version)).source
    return Path(mlflow.artifacts.download_artifacts(source))


def test_a_registered_model_gives_the_same_scores_when_read_back(
    tracking: Tracking, classifier: ChurnClassifier
) -> None:
    version = _register(tracking, MARCH, classifier)
    files = tracking.files(tracking.model_name, version)
    assert {MODEL_FILE, "MLmodel", "requirements.txt"} <= set(files)
    rows = drawn(200, months=1, seed=2).features
    back = tracking.load(tracking.model_name, version, files, trusted_types())
    assert (back.predict(rows) == classifier.predict(rows)).all()
    assert back.trained_on == ["2024-03", "2024-04", "2024-05"]


def test_the_signature_is_there_and_no_row_is_stored(
    tracking: Tracking, classifier: ChurnClassifier
) -> None:
    folder = _folder(tracking, _register(tracking, Month(2024, 4), classifier))
    model = mlflow.models.Model.load(str(folder))
    types = {column.name: column.type.name for column in model.signature.inputs}
    assert types == {
        **dict.fromkeys(NUMERIC, "double"),
        **dict.fromkeys(TEXT, "string"),
    }
    assert model.saved_input_example_info is None
    assert not list(folder.glob("*example*"))
    assert not list(folder.rglob("*.pkl"))
    assert any(
        line.startswith("lightgbm==")
        for line in (folder / "requirements.txt").read_text().splitlines()
    )


def test_a_try_that_died_leaves_no_ghost(
    tracking: Tracking, classifier: ChurnClassifier
) -> None:
    month = Month(2024, 5)
    dead_parent = tracking.client.create_run(
        tracking.experiment_id, tags={"churn.month": str(month), "churn.kind": "month"}
    ).info.run_id
    dying = tracking.candidate_run(dead_parent, month, "lightgbm", "abc")
    child = (
        dying.__enter__()
    )  # and never left: the process was killed after it had registered
    orphan = tracking.register(child, classifier, NUMERIC, TEXT, TRUSTED, PACKAGES)
    version = _register(tracking, month, classifier)
    runs = _runs(tracking, month)
    assert sorted(runs["status"]) == ["FINISHED", "FINISHED", "KILLED"]
    assert sum(runs["tags.churn.kind"] == "month") == 1
    assert version > orphan
    with pytest.raises(mlflow.exceptions.MlflowException):
        tracking.client.get_model_version(tracking.model_name, str(orphan))


def test_a_finished_candidate_is_found_again_and_only_for_the_same_data(
    tracking: Tracking, classifier: ChurnClassifier
) -> None:
    month = Month(2024, 6)
    version = _register(tracking, month, classifier)
    with tracking.month_run(month) as parent:
        (logged,) = tracking.finished(parent, "lightgbm", "abc")
        assert logged.version == version
        assert tracking.finished(parent, "lightgbm", "other data") == []
        assert tracking.finished(parent, "logistic_regression", "abc") == []
    assert len(_runs(tracking, month)) == 2


def test_a_candidate_that_failed_is_not_taken_over(
    tracking: Tracking, classifier: ChurnClassifier
) -> None:
    month = Month(2024, 7)
    unreadable = [
        "churn.no_such_type"
    ]  # registering stops half-way: the file may not hold what the model is made of
    with pytest.raises(ChurnError, match="MLflow, log model"):
        _register(tracking, month, object(), training="abc", trusted=unreadable)
    assert set(_runs(tracking, month)["status"]) == {"FAILED"}
    with tracking.month_run(month) as parent:
        assert tracking.finished(parent, "lightgbm", "abc") == []


def test_what_is_logged_can_be_read_back(tracking: Tracking) -> None:
    month = Month(2024, 8)
    table = pd.DataFrame({"tested month 检验月": ["2024-06"], "precision": [0.5]})
    with (
        tracking.month_run(month) as parent,
        tracking.candidate_run(parent, month, "lightgbm", "abc") as run_id,
    ):
        record = Record(
            {"trees": 5},
            {"auc": 0.8, "lift": None},
            {"result_table": table},
            {"features.json": ["a"]},
        )
        tracking.log(run_id, record)
    run = tracking.client.get_run(run_id)
    assert (run.data.params["trees"], run.data.metrics) == ("5", {"auc": 0.8})
    loaded = tracking.client.load_table(
        tracking.experiment_id, "result_table.json", [run_id]
    )
    assert loaded["precision"].tolist() == [0.5]
    assert {file.path for file in tracking.client.list_artifacts(run_id)} >= {
        "result_table.csv",
        "result_table.html",
    }


@pytest.mark.parametrize("position", [0, 100, -1])
def test_one_changed_byte_is_refused_before_reading(
    tracking: Tracking, classifier: ChurnClassifier, tmp_path: Path, position: int
) -> None:
    folder = _folder(tracking, _register(tracking, Month(2024, 9), classifier))
    recorded = digests(folder)
    assert read_model(folder, recorded, trusted_types(), "m").predict(
        drawn(5).features
    ).shape == (15,)
    content = bytearray((folder / MODEL_FILE).read_bytes())
    content[position] ^= 1
    (folder / MODEL_FILE).write_bytes(content)
    with pytest.raises(
        BadInput, match=f"not the ones that were validated: {MODEL_FILE}"
    ):
        read_model(folder, recorded, trusted_types(), "m")


def test_added_missing_and_unrecorded_files_are_refused(
    classifier: ChurnClassifier, tmp_path: Path
) -> None:
    import skops.io

    skops.io.dump(classifier, tmp_path / MODEL_FILE)
    recorded = digests(tmp_path)
    read_model(tmp_path, recorded, trusted_types(), "m")
    with pytest.raises(BadInput, match="no digests on record"):
        read_model(tmp_path, {}, trusted_types(), "m")
    with pytest.raises(BadInput, match="MLmodel"):
        read_model(tmp_path, {**recorded, "MLmodel": "0"}, trusted_types(), "m")
    (tmp_path / "extra.py").write_text("import os\n")
    with pytest.raises(BadInput, match=r"extra\.py"):
        read_model(tmp_path, recorded, trusted_types(), "m")


def test_a_type_that_is_not_on_our_list_is_refused(
    classifier: ChurnClassifier, tmp_path: Path
) -> None:
    import skops.io

    skops.io.dump(classifier, tmp_path / MODEL_FILE)
    with pytest.raises(BadInput, match=r"not on our list: lightgbm\.basic\.Booster"):
        read_model(
            tmp_path,
            digests(tmp_path),
            [t for t in trusted_types() if "Booster" not in t],
            "m",
        )


def test_aliases_follow_and_are_removed(
    tracking: Tracking, classifier: ChurnClassifier
) -> None:
    version = _register(tracking, Month(2024, 10), classifier)
    tracking.set_aliases({"champion": version, "challenger": version, "previous": None})
    tracking.set_aliases({"champion": version, "challenger": None})
    assert tracking.aliases() == {"champion": version}


def test_a_run_has_a_page_where_somebody_serves_it_and_its_address_holds_no_password(
    tracking: Tracking, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tracking.page_of("abc") is None
    number = tracking.experiment_id
    monkeypatch.setattr(tracking, "url", "https://reader:secret@mlflow.example:5000")
    page = f"https://mlflow.example:5000/#/experiments/{number}/runs/abc"
    assert tracking.page_of("abc") == f"{page}?workflowType=machine_learning"
