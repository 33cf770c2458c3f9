"""Rows for models: one a customer, no missing text, bans obeyed, infinity refused, thinning by customer."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churn_tasks.core.errors import BadInput, SettingsError
from churn_tasks.core.months import Month
from churn_tasks.modeling.frames import (
    EVERYBODY,
    FeatureSet,
    feature_set,
    sample,
)
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.customer_rows import customer_rows
from churn_tasks.work.training_rows import training_rows
from tests.lakes import small_run
from tests.modeling.synthetic import fill, signals

MARCH, APRIL = Month(2024, 3), Month(2024, 4)


@pytest.fixture
def lake(tmp_path: Path) -> MonthRun:
    run = small_run(tmp_path, "2024-04")
    fill(run, [MARCH, APRIL], 400)
    return run


def _read(
    run: MonthRun, months: list[Month], keep: int = EVERYBODY, *, labelled: bool = True
):
    features = feature_set(run.registry.queries["features"])
    rows = customer_rows(run, features, months, labelled=labelled, per_million=keep)
    return sample(rows, features)


def test_a_row_for_each_customer_and_month_in_order(lake: MonthRun) -> None:
    rows = _read(lake, [MARCH, APRIL])
    assert len(rows) == 800
    assert rows.months.tolist() == [MARCH.start] * 400 + [APRIL.start] * 400
    assert rows.customers[:400].tolist() == sorted(rows.customers[:400])
    assert rows.churners > 20
    assert not (rows.churned & rows.left_early).any()
    has_left = ~np.isnat(rows.left_date)
    assert (has_left == (rows.churned | rows.left_early)).all()
    assert (rows.rows(rows.churned).left_date == rows.left_date[rows.churned]).all()
    texts = set(feature_set(lake.registry.queries["features"]).text)
    for name, kind in rows.features.dtypes.items():
        assert str(kind) == ("object" if name in texts else "float64"), name
    assert texts


def test_rows_to_score_need_no_label(lake: MonthRun) -> None:
    lake.lake.remove("label", APRIL)
    unlabelled = _read(lake, [APRIL], labelled=False)
    assert len(unlabelled) == 400 and unlabelled.left_date is None
    assert len(_read(lake, [APRIL])) == 0


def test_unknown_text_is_a_value_of_its_own() -> None:
    features = FeatureSet(
        {"plan": "feat_test", "bill_cny": "feat_test"}, ("bill_cny",), ("plan",), "0"
    )
    people = {"month": [APRIL.start] * 2, "customer_id": ["a", "b"]}
    frame = pd.DataFrame({**people, "plan": ["gold", None], "bill_cny": [None, 5]})
    rows = sample(frame, features).features
    assert rows["plan"].tolist() == ["gold", "unknown"]
    assert rows["plan"].dtype == object
    assert np.isnan(rows["bill_cny"][0]) and rows["bill_cny"][1] == 5.0


def test_thinning_keeps_the_same_customers_in_every_month(lake: MonthRun) -> None:
    rows = _read(lake, [MARCH, APRIL], EVERYBODY // 4)
    march = set(rows.customers[rows.months == np.datetime64(MARCH.start)])
    april = set(rows.customers[rows.months == np.datetime64(APRIL.start)])
    assert march == april
    assert 60 < len(march) < 140


def test_an_infinite_value_is_named(lake: MonthRun) -> None:
    features = feature_set(lake.registry.queries["features"])
    frame = customer_rows(lake, features, [APRIL], labelled=False)
    name = signals(lake)[0]
    frame[name] = frame[name].astype(float)
    frame.loc[[3, 5], name] = np.inf
    with pytest.raises(
        BadInput,
        match=rf"{features.columns[name]} 2024-04, column {name}: is infinite \(2 rows\).*nullif",
    ):
        sample(frame, features)


def test_bans_take_features_away_and_a_wrong_ban_is_named(lake: MonthRun) -> None:
    queries = lake.registry.queries["features"]
    name = signals(lake)[0]
    assert name not in feature_set(queries, [name]).names
    with pytest.raises(SettingsError, match="bill_cyn"):
        feature_set(queries, ["bill_cyn"])
    with pytest.raises(SettingsError, match="no feature is left"):
        feature_set(queries, feature_set(queries).names)


def test_the_digest_changes_with_a_feature_and_with_its_sql(
    lake: MonthRun, tmp_path: Path
) -> None:
    queries = lake.registry.queries["features"]
    digest = feature_set(queries).digest
    assert feature_set(queries).digest == digest
    assert feature_set(queries, [signals(lake)[0]]).digest != digest
    (tmp_path / "query.sql").write_text(
        queries[0].sql + "\n-- other\n", encoding="utf-8"
    )
    assert (
        feature_set([replace(queries[0], folder=tmp_path), *queries[1:]]).digest
        != digest
    )


def test_two_features_of_one_name_are_refused(lake: MonthRun) -> None:
    queries = lake.registry.queries["features"]
    with pytest.raises(SettingsError, match="more than one query"):
        feature_set([*queries, queries[0]])


def test_who_changed_lines_is_no_row_to_learn_from(lake: MonthRun) -> None:
    """Control: the rows are there, marked; training leaves them out, testing keeps them."""
    query = "SELECT customer_id, churned AND n % 2 = 0 AS churned, left_early, churned AND n % 2 = 1 AS rotated"
    query += ", NULL AS kind, NULL AS tier, left_date"
    numbered = "(SELECT *, row_number() OVER (ORDER BY customer_id) AS n FROM label WHERE month = $month)"
    lake.engine.view("label")
    lake.engine.write(
        "label", APRIL, f"{query} FROM {numbered}", {"month": APRIL.start}
    )
    rows = _read(lake, [APRIL])
    assert rows.rotated.sum() > 5 and not (rows.rotated & rows.churned).any()
    features = feature_set(lake.registry.queries["features"])
    learnt = training_rows(lake, features, [APRIL])
    assert (
        not learnt.rotated.any()
        and len(learnt) == 400 - rows.rotated.sum() - rows.left_early.sum()
    )


def test_labels_from_before_the_column_count_as_not_rotated(lake: MonthRun) -> None:
    lake.engine.view("label")
    sql = f"SELECT customer_id, churned, left_early FROM label WHERE month = DATE '{APRIL.start}'"
    with lake.lake.replacing("label", APRIL) as path:
        lake.engine.connection.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet)")
    rows = _read(lake, [APRIL])
    assert len(rows) == 400 and rows.churners > 10 and not rows.rotated.any()
