"""Column lineage: checked by hand for each form of SQL that occurs, and against what really changes for all of it."""

import time
from collections import defaultdict
from pathlib import Path

import pytest

from churn_tasks.core.settings import load_settings
from churn_tasks.declared.codes import allowed_codes
from churn_tasks.declared.lineage.needs import Leaf, Lineage
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

ALWAYS = {"customer_id", "event_date", "known_date"}


def lineage_of(profile: str) -> Lineage:
    registry = load_registry(load_settings(profile))
    return Lineage(built(registry), registry.raw, registry.pipeline)


@pytest.fixture(scope="module")
def telecom() -> Lineage:
    return lineage_of("telecom")


BY_HAND = {
    # a plain column of the master record, latest version first
    "tenure_months": ("customer", "joined_date"),
    "tariff_change_count": ("customer", "plan_code"),
    # a CASE over two columns, then a FILTER, then a ratio over the window
    "voice_out_last_min": ("cdr", "kind direction duration_s"),
    "off_net_last_share": ("cdr", "kind duration_s peer_operator"),
    # which rows there are: a WHERE with optional columns, a count(*) of their groups
    "peer_last_count": ("cdr", "peer_token peer_kind"),
    "call_night_share": ("cdr", "kind direction duration_s event_at"),
    # FULL JOIN: what one side counts does not need the other
    "recharge_window_count": ("recharge", ""),
    "arrears_months": ("arrears", "arrears_cny"),
    # UNION ALL told apart by a constant, by a CASE, and by a closed list of codes
    "contact_window_count": ("contact", ""),
    "fault_window_count": ("fault", ""),
    "complaint_window_count": ("complaint", ""),
    "complaint_porting_count": ("complaint", "category"),
    "complaint_unsatisfied_count": ("complaint", "outcome outcome_known_date"),
    "csat_last_score": ("survey", "kind score"),
    "repair_max_hours": ("fault", "repair_hours repair_known_date"),
    "offer_accepted_share": ("offer", "accepted accepted_known_date"),
    # a condition within an aggregate
    "contract_penalty_cny": ("contract", "start_date end_date penalty_cny"),
}


@pytest.mark.parametrize(("feature", "expected"), BY_HAND.items())
def test_features_checked_by_hand(
    telecom: Lineage, feature: str, expected: tuple[str, str]
) -> None:
    table, columns = expected
    assert telecom.features()[feature] == {
        Leaf(table, name) for name in {*columns.split(), *ALWAYS}
    }


def test_a_feature_of_two_sources_needs_both(telecom: Lineage) -> None:
    needed = {
        leaf
        for leaf in telecom.features()["plan_fee_per_gb_cny"]
        if leaf.column not in ALWAYS
    }
    assert needed == {
        Leaf("bill", "amount_cny"),
        Leaf("bill", "item_code"),
        Leaf("cdr", "kind"),
        Leaf("cdr", "volume_kb"),
    }


def test_who_is_a_customer_is_told_by_the_bills_alone(telecom: Lineage) -> None:
    """The master record, which only takes away those who have left, is optional to the cohort.

    The item belongs to it, because a discount of the size of the charges does not make a month unbilled.
    """
    assert telecom.population == {
        Leaf("bill", name) for name in {"amount_cny", "item_code", *ALWAYS}
    }


@pytest.mark.parametrize(
    ("profile", "least"), [("telecom", 103), ("retail", 45), ("telecom_wide", 60)]
)
def test_every_feature_of_the_shipped_profiles_leads_to_a_contract(
    profile: str, least: int
) -> None:
    registry = load_registry(load_settings(profile))
    started = time.process_time()
    queries = [
        query
        for family in ("month", "cohort", "features")
        for query in registry.queries[family]
    ]
    found = Lineage(queries, registry.raw, registry.pipeline).features()
    assert time.process_time() - started < 3
    assert len(found) == len(registry.features) >= least
    declared = {
        (table.table, name)
        for table in registry.raw.values()
        for name in table.column_names
    }
    assert all(
        needs and {tuple(leaf) for leaf in needs} <= declared
        for needs in found.values()
    )


def test_closed_lists_are_read_from_the_rules(telecom: Lineage) -> None:
    assert allowed_codes(telecom.raw["survey"]) == {"kind": ("csat", "nps")}
    assert allowed_codes(telecom.raw["cdr"]) == {
        "kind": ("voice", "sms", "mms", "data"),
        "direction": ("out", "in"),
        "peer_kind": ("person", "own_hotline", "competitor_hotline", "business"),
        "carrier": ("own", "other"),
    }
    assert "item_code" in allowed_codes(telecom.raw["bill"])


# ---- the same by experiment: a lake filled at random, one column after another emptied


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> MonthRun:
    return filled_run(tmp_path_factory.mktemp("lineage"))


def changed_without(run: MonthRun, leaf: Leaf, lineage: Lineage) -> set[str]:
    """Features that change when one column is empty; those below the table are made again, and the rest cannot."""
    below = {leaf.table}
    redone = []
    for query in built(run.registry):
        if {
            name.removeprefix("clean_")
            for name in (*query.output.reads, *query.output.optional)
        } & below:
            below.add(query.output.table)
            redone.append(query)
    redone = [query for query in redone if query.output.table != "cohort"]
    features = [query for query in redone if query.family == "features"]
    before = feature_values(run, features)
    with undone(run):
        show(run, leaf.table, f"* REPLACE (NULL AS {leaf.column})")
        for query in redone:
            make(run, query)
        after = feature_values(run, features)
    return {name for name, values in before.items() if values != after[name]}


# Where SQL names a column that cannot matter: what is told apart and added up again (calls in and out, complaints
# settled and open), and minutes of customers who have left, which are none.
BLIND = {
    Leaf("cdr", "direction"): (
        set(),
        {
            "call_to_past_ratio",
            "call_below_peak_share",
            "talk_idle_months",
            "use_window_count",
            "use_last_ten_ratio",
            "use_last_ten_deviation_ratio",
        },
    ),
    Leaf("complaint", "outcome_known_date"): (set(), {"clv_cny", "margin_mean_cny"}),
    Leaf("customer", "service_status"): (
        set(),
        {"city_off_net_share", "off_net_above_city_share"},
    ),
}


@pytest.mark.slow
def test_what_changes_without_a_column_is_exactly_what_the_lineage_says(
    filled: MonthRun, telecom: Lineage
) -> None:
    """Every optional column of every contract, one after another. Both ways: nothing is missed, nothing is too much."""
    said: dict[Leaf, set[str]] = defaultdict(set)
    for feature, needs in telecom.features().items():
        for leaf in needs:
            said[leaf].add(feature)
    optional = [
        Leaf(table.table, column.name)
        for table in filled.registry.raw.values()
        for column in table.delivered_columns
        if not column.required
    ]
    assert len(optional) >= 58
    seen = {leaf: changed_without(filled, leaf, telecom) for leaf in optional}
    differing = {
        leaf: (seen[leaf] - said[leaf], said[leaf] - seen[leaf])
        for leaf in optional
        if seen[leaf] != said[leaf]
    }
    assert differing == BLIND, differing
    assert sum(map(len, seen.values())) > 90


def test_a_lineage_by_names_alone_would_be_wrong(
    telecom: Lineage, tmp_path: Path
) -> None:
    """Control: every column that a query names, taken as needed by all it makes, blames complaints for surveys."""
    care = telecom.made_by["month_care"]
    named = {column for column in ("category", "score") if column in care.sql}
    assert named == {"category", "score"}
    assert Leaf("survey", "score") not in telecom.of("month_care", "complaint_count")
    assert Leaf("complaint", "category") not in telecom.of("month_care", "csat_score")
