"""What a gap costs, as it is said, is what happens: every table of the telecom profile taken away in turn."""

from pathlib import Path

import pytest
import yaml

from churn_tasks.core.settings import load_settings
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.lineage.gaps import everything_delivered, load_gaps
from churn_tasks.declared.registry import load_registry
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


LOST = {
    ("customer", "key_account_class"): {
        "key_account_spends_less",
        "key_account_request_unmet",
    },
    ("customer", "pay_mode"): {
        "prepaid_balance_low",
        "prepaid_without_calls",
        "postpaid_in_arrears",
    },
    ("customer", "customer_group"): {"campus_without_traffic"},
    ("balance", "balance_cny"): {"prepaid_balance_low"},
    ("service", "traffic_mb"): {"broadband_suspended"},
    ("cdr", "carrier"): {"rival_carrier_used"},
    ("complaint", "outcome"): {"complaint_unsettled"},
    ("premises", "operator_count"): {"rival_in_building"},
    ("premises", "demolition_date"): {"demolition_near"},
    ("request", "outcome"): {"relocation_unmet", "key_account_request_unmet"},
    ("payment", "channel"): {"direct_debit_given_up"},
}


@pytest.mark.parametrize("column", LOST, ids=".".join)
def test_what_a_trigger_needs_follows_from_the_sql_of_its_event(
    column: tuple[str, str],
) -> None:
    gaps = everything_delivered(load_settings("telecom"))
    assert set(gaps.of_column(*column).trigger_names) == LOST[column]


def test_a_trigger_without_its_table_is_lost_and_one_that_is_off_costs_nothing(
    tmp_path: Path,
) -> None:
    profile = small_profile(tmp_path, telecom_tables())
    (profile / "playbook").mkdir()
    words = {"en": "x", "zh": "x"}
    on = {"name": "on", "event": "port_requested", "priority": 1, "words": words}
    off = {**on, "name": "off", "enabled": False}
    (profile / "playbook" / "triggers.yaml").write_text(
        yaml.safe_dump({"triggers": [on, off]}), encoding="utf-8"
    )
    gaps = load_gaps(load_settings(str(profile)))
    assert gaps.of_table("port_out").trigger_names == ("on",)
    assert gaps.of_table("fault").trigger_names == ()


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
