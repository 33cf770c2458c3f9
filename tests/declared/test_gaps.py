"""What a gap costs, as it is said, is what happens: every table of the telecom profile taken away in turn."""

from pathlib import Path

import pytest
import yaml

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import load_settings
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.lineage.gaps import load_gaps
from churn_tasks.declared.registry import load_contracts, load_registry
from churn_tasks.declared.triggers import load_triggers
from churn_tasks.runner.month_run import MonthRun
from tests.declared.emptied_lake import (
    built,
    feature_values,
    filled_run,
    make,
    show,
    undone,
)
from tests.lakes import small_profile, telecom_tables

OPTIONAL = [name for name in telecom_tables() if name != "bill"]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> MonthRun:
    return filled_run(tmp_path_factory.mktemp("gaps"))


@pytest.mark.slow
@pytest.mark.parametrize("table", OPTIONAL)
def test_without_a_table_exactly_the_said_features_fall_away(
    filled: MonthRun, table: str, tmp_path: Path
) -> None:
    """Those of queries that do not run, and those that hold one value for everybody; all others keep their values."""
    before = feature_values(
        filled,
        [query for query in built(filled.registry) if query.family == "features"],
    )
    profile = small_profile(
        tmp_path, [name for name in telecom_tables() if name != table]
    )
    settings = load_settings(str(profile))
    rest = built(load_registry(settings))
    with undone(filled):
        show(filled, table, "*", where="false")
        for query in rest:
            make(filled, query)
        after = feature_values(
            filled, [query for query in rest if query.family == "features"]
        )
    said = {
        feature.name for feature in load_gaps(settings).of_table(table).features
    } & before.keys()
    gone = before.keys() - after.keys()
    changed = {name for name, values in after.items() if values != before[name]}
    assert said == gone | changed
    assert all(
        len({value for value in after[name] if value is not None}) <= 1
        for name in changed
    )


def test_bills_alone_make_customers_and_without_them_there_are_none(
    tmp_path: Path,
) -> None:
    alone = load_gaps(load_settings(str(small_profile(tmp_path / "alone", ["bill"]))))
    assert (
        alone.has_customers
        and alone.is_essential("bill")
        and not alone.is_essential("cdr")
    )
    without = load_gaps(
        load_settings(str(small_profile(tmp_path / "without", ["cdr", "customer"])))
    )
    assert not without.has_customers and without.is_essential("bill")


def test_summed_usage_stands_in_for_call_records_and_yields_to_them(
    tmp_path: Path,
) -> None:
    def makers(*raw: str) -> list[str]:
        registry = load_registry(
            load_settings(str(small_profile(tmp_path / "-".join(raw), raw)))
        )
        return [
            query.name
            for query in registry.queries["month"]
            if query.output.table == "month_usage"
        ]

    assert makers("bill", "usage_summary") == ["usage_from_summary"]
    assert (
        makers("bill", "usage_summary", "cdr")
        == ["usage_from_cdr"]
        == makers("bill", "cdr")
    )
    gaps = load_gaps(
        load_settings(
            str(small_profile(tmp_path / "summary", ["bill", "usage_summary"]))
        )
    )
    added = [feature.name for feature in gaps.of_table("cdr").features]
    assert len(added) == 10 and {name.split("_")[0] for name in added} == {
        "circle",
        "is",
    }, "only who the contacts are"
    assert len(gaps.of_table("usage_summary").features) > 40


def test_triggers_are_fourteen_and_name_columns_that_exist(tmp_path: Path) -> None:
    settings = load_settings("telecom")
    contracts = load_contracts(settings)
    assert [trigger.number for trigger in load_triggers(settings, contracts)] == list(
        range(1, 15)
    )
    profile = small_profile(tmp_path, ["bill"])
    (profile / "playbook").mkdir()
    wrong = {
        "number": 1,
        "name": {"en": "x", "zh": "x"},
        "limits": {},
        "reads": {"bill": ["amount_yuan"]},
    }
    off = {**wrong, "number": 2, "enabled": False, "reads": {"bill": ["amount_cny"]}}
    for content, said in (
        ([wrong], "1: bill.amount_yuan"),
        ([off, off], r"given twice: \[2\]"),
    ):
        (profile / "playbook" / "triggers.yaml").write_text(
            yaml.safe_dump({"triggers": content}), encoding="utf-8"
        )
        with pytest.raises(SettingsError, match=said):
            load_triggers(load_settings(str(profile)), contracts)
    (profile / "playbook" / "triggers.yaml").write_text(
        yaml.safe_dump({"triggers": [off]}), encoding="utf-8"
    )
    assert load_triggers(load_settings(str(profile)), contracts) == (), (
        "what is off costs nothing"
    )


def test_every_optional_read_is_known(tmp_path: Path) -> None:
    """Control: a cost that ignored optional reads would say that contacts cost nothing."""
    gaps = load_gaps(load_settings("telecom"))
    care = next(
        query.output for query in gaps.queries if query.output.table == "month_care"
    )
    assert "clean_contact" in care.optional and "clean_contact" not in care.reads
    assert [feature.name for feature in gaps.of_table("contact").features] == [
        "contact_window_count",
        "contact_leaving_count",
    ]
    assert all(
        isinstance(feature, FeatureColumn)
        for feature in gaps.of_table("contact").features
    )
