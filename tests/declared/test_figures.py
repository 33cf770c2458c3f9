"""Figures of a query: in the SQL's text, set otherwise by a profile, and refused where no query has them."""

from pathlib import Path

import pytest

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import load_settings
from churn_tasks.declared.figures import Figure, with_figures
from churn_tasks.declared.query import Query
from churn_tasks.declared.registry import load_registry
from churn_tasks.modeling.frames import feature_set
from tests.lakes import query_named, small_profile, small_run


def _figure(name: str, value: float) -> Figure:
    return Figure(
        name=name, value=value, unit="share", en="Part of something", zh="占比"
    )


def _lifetime(folder: Path, **figures: float) -> Query:
    given = {f"lifetime.{name}": value for name, value in figures.items()}
    return query_named(
        small_run(folder, "2024-03", figures=given), "features", "lifetime"
    )


def test_a_name_that_begins_another_is_left_alone() -> None:
    sql = with_figures(
        "SELECT $cost, $cost_share, $month",
        [_figure("cost", 6), _figure("cost_share", 0.35)],
    )
    assert sql == "SELECT 6, 0.35, $month"


def test_a_profile_sets_a_figure_and_the_feature_set_notices(tmp_path: Path) -> None:
    usual, other = (
        _lifetime(tmp_path / "usual"),
        _lifetime(tmp_path / "other", cost_share=0.4),
    )
    assert "(1 - 0.35)" in usual.sql and "(1 - 0.4)" in other.sql
    assert "$" not in usual.sql.replace("$month", "").replace(
        "$observe_start", ""
    ).replace("$as_of", "")
    assert feature_set([usual]).digest != feature_set([other]).digest


def test_a_figure_that_no_query_has_is_refused(tmp_path: Path) -> None:
    profile = small_profile(tmp_path, ["bill"], figures={"lifetime.cost": 1})
    with pytest.raises(
        SettingsError,
        match=r"no query has lifetime\.cost; there are lifetime\.case_cny, ",
    ):
        load_registry(load_settings(str(profile)))


@pytest.mark.parametrize("name", ["value", "lifetime"])
def test_every_declared_figure_stands_in_the_sql(name: str, tmp_path: Path) -> None:
    """Control: a figure that the SQL does not name would be set in vain."""
    query = query_named(small_run(tmp_path, "2024-03"), "features", name)
    text = (query.folder / "query.sql").read_text(encoding="utf-8")
    assert len(query.output.figures) >= 5
    assert [
        figure.name for figure in query.output.figures if f"${figure.name}" not in text
    ] == []
