"""The cleaning of a simulated operator held against what its simulator knows it planted, kind by kind.

Every planted kind has a stated outcome (``churn_tasks/simulator/dirt.py``). Rows of a kind that a rule names are found
under that rule, all of them and nothing else; doubles are merged, late rows stay out, other spellings are read as
what they mean, and no row is lost. Who is the same person is found as well as the targets say.
"""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any

import psycopg
import pytest
from opencc import OpenCC

from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.declared.registry import load_registry
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.simulator import SimulationSettings, simulate
from churn_tasks.simulator.billing import ITEMS
from churn_tasks.simulator.codes import REGION_NAMES
from churn_tasks.simulator.dirt import KINDS
from churn_tasks.walks.month import run_step
from churn_tasks.walks.tasks import STEPS

pytestmark = pytest.mark.slow

SIMULATION = SimulationSettings(
    customers=2_500, months=3, cdr_per_month=10, seed=11, dirt=2.0
)
MONTHS = list(months_between(Month(2024, 1), Month(2024, 4)))
LAST = MONTHS[-1]
CLEANING = STEPS[: STEPS.index("features")]
NOT_RULES = {"repaired", "merged", "late", "matched", "kept", "drift"}
PRECISION, RECALL = 0.98, 0.90  # targets for pairs of lines that are one person

SERVICES = {"BB": "broadband", "FIX": "fixed_line", "TV": "iptv", "ZZ": "unknown_ZZ"}
ITEM_OF = {code: name for name, code in ITEMS.items()} | {"7777": "unknown_7777"}
FOUND = {  # the operator's table: (contract, key of the truth -> key of the delivered row)
    "cdr": ("cdr", ("cdr_id",)),
    "subs_his": ("customer", ("customer_id",)),
    "agr_info": ("contract", ("contract_id",)),
    "bill_item": ("bill", ("bill_id", "item_code")),
    "pay_log": ("payment", ("payment_id",)),
    "topup_log": ("recharge", ("recharge_id",)),
    "bal_snap": ("balance", ("customer_id",)),
    "owe_snap": ("arrears", ("customer_id",)),
    "srv_snap": ("service", ("customer_id", "service_code")),
    "site_snap": ("premises", ("customer_id",)),
    "fault_ticket": ("fault", ("fault_id",)),
    "cmplt_ticket": ("complaint", ("complaint_id",)),
    "survey_ans": ("survey", ("survey_id",)),
    "mkt_offer": ("offer", ("offer_id",)),
    "keep_contact": ("contact", ("contact_id",)),
    "biz_request": ("request", ("request_id",)),
    "np_request": ("port_out", ("request_id",)),
    "fix_use": ("fixed_usage", ("customer_id", "access_code")),
    "term_snap": ("handset", ("customer_id",)),
    "camp_info": ("campaign", ("campaign_id",)),
    "mkt_index": ("market", ("series_code", "region_code")),
}
IN_FORCE = """
SELECT DISTINCT ON (subs_id) subs_id::text, ver_no, area_cd, prod_id, cust_nm, id_no, msisdn, sts_cd, eff_tm
FROM boss.subs_his
WHERE (eff_tm AT TIME ZONE 'Asia/Shanghai')::date < %(end)s
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < %(known)s
ORDER BY subs_id, eff_tm DESC, ver_no DESC
"""
RUNNING = """
SELECT agr_no::text FROM boss.agr_info
WHERE (sign_tm AT TIME ZONE 'Asia/Shanghai')::date < %(end)s
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < %(known)s AND end_dt >= %(month)s
"""


class Road:
    """The operator, the truth about it, and the lake after its months were cleaned."""

    def __init__(self, source: str, settings: Settings) -> None:
        self.source, self.settings = source, settings
        self.runs = {month: MonthRun(settings, month) for month in MONTHS}
        self.truth = [
            dict(zip(("tab", "mon", "kind", "key", "outcome"), row, strict=True))
            for row in self.asked(
                "SELECT tab, mon, kind, row_key, outcome FROM sim_truth.dirt"
            )
        ]
        self.in_force = {month: self._in_force(month) for month in MONTHS}

    def asked(self, sql: str, month: Month | None = None) -> list[tuple[Any, ...]]:
        """Rows of the operator's database."""
        window = self.settings.calendar.window(month or LAST)
        dates = {
            "month": window.month.start,
            "end": window.as_of,
            "known": window.known_until,
        }
        with psycopg.connect(self.source) as connection:
            return connection.execute(sql, dates if "%(" in sql else None).fetchall()

    def _in_force(self, month: Month) -> dict[str, dict[str, Any]]:
        """Customer to the version of the master record that is delivered for a month."""
        names = (
            "customer",
            "version",
            "area",
            "plan",
            "name",
            "document",
            "number",
            "status",
            "since",
        )
        found = [
            dict(zip(names, row, strict=True)) for row in self.asked(IN_FORCE, month)
        ]
        return {
            row["customer"]: row
            for row in found
            if row["status"] != "X" or Month.of(row["since"].date()) >= month
        }

    def rows(
        self, table: str, month: Month, columns: str = "*"
    ) -> list[dict[str, Any]]:
        """Rows of a table of the lake."""
        run = self.runs[month]
        run.engine.view(table)
        return run.engine.records(
            f'SELECT {columns} FROM "{table}" WHERE month = $month',
            {"month": month.start},
        )

    def planted(
        self, month: Month, outcomes: Callable[[str], bool]
    ) -> list[dict[str, str]]:
        """Truth about rows that are delivered for a month, with ``found``: the key of the delivered row."""
        running = {number for (number,) in self.asked(RUNNING, month)}
        chosen = (
            row
            for row in self.truth
            if row["tab"] in FOUND and outcomes(row["outcome"])
        )
        return [
            row | {"found": key_of(row)}
            for row in chosen
            if self._delivered(row, month, running)
        ]

    def _delivered(self, row: dict[str, str], month: Month, running: set[str]) -> bool:
        if row["tab"] == "subs_his":
            customer, version = row["key"].split("/")
            return str(self.in_force[month].get(customer, {}).get("version")) == version
        if row["tab"] == "agr_info":
            return row["key"] in running and row["mon"] <= str(month)
        return row["mon"] == str(month)


def key_of(row: dict[str, str]) -> tuple[str, ...]:
    """How the delivered row is called, from how the operator's tables call it."""
    parts = row["key"].split("/")
    match row["tab"]:
        case "subs_his":
            return (parts[0],)
        case "bill_item":
            return (parts[0], ITEM_OF[parts[1]])
        case "bal_snap" | "owe_snap" | "site_snap" | "term_snap":
            return (parts[1],)
        case "srv_snap" | "fix_use":
            return (parts[1], SERVICES[parts[2]])
    return (parts[0],)


@pytest.fixture(scope="module")
def road(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Road:
    source, warehouse = (
        postgres.create_database("truth_source"),
        postgres.create_database("truth_warehouse"),
    )
    simulate(source, SIMULATION)
    settings = load_settings(
        "telecom",
        state_dir=tmp_path_factory.mktemp("truth"),
        source_url=source.replace("postgres@", "churn_source_reader@"),
        warehouse_url=warehouse,
    )
    for month in MONTHS:
        for step in CLEANING:
            run_step(step, settings, month)
    return Road(source, settings)


def set_aside(road: Road, month: Month) -> Counter[tuple[str, str, tuple[str, ...]]]:
    """(contract, rule, key of the delivered row) of every row in quarantine, doubles counted."""
    keys = dict(FOUND.values())
    found: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
    for row in road.rows("quarantine", month):
        delivered = json.loads(row["row_json"])
        key = tuple(str(delivered[name]) for name in keys[row["table_name"]])
        found[row["table_name"], row["rule"], key] += row["row_count"]
    return found


def wanted_aside(road: Road, month: Month) -> Counter[tuple[str, str, tuple[str, ...]]]:
    planted = road.planted(month, lambda outcome: outcome not in NOT_RULES)
    return Counter(
        (FOUND[row["tab"]][0], row["outcome"], row["found"]) for row in planted
    )


def test_every_kind_was_planted(road: Road) -> None:
    planted = {(row["tab"], row["kind"]) for row in road.truth}
    wanted = {
        (table, kind.name) for table, kinds in KINDS.items() for kind in kinds
    } | {("cdr", "schema_change")}
    assert planted == wanted
    assert len(wanted) == 74


def test_rows_of_kinds_that_a_rule_names_are_set_aside_under_it_and_no_others(
    road: Road,
) -> None:
    rules: set[tuple[str, str]] = set()
    for month in MONTHS:
        found, wanted = set_aside(road, month), wanted_aside(road, month)
        missed, surprises = wanted - found, found - wanted
        assert not missed, (
            f"{month}: planted and not found, {len(missed)} rows, e.g. {list(missed)[:5]}"
        )
        assert not surprises, (
            f"{month}: set aside and not planted, {len(surprises)} rows, e.g. {list(surprises)[:5]}"
        )
        rules |= {(contract, rule) for contract, rule, _ in found}
    named = {
        (FOUND[t][0], kind.outcome) for t, kinds in KINDS.items() for kind in kinds
    } - {(contract, outcome) for contract, _ in FOUND.values() for outcome in NOT_RULES}
    assert rules == named, "each rule that a kind names has set something aside"


# Rules that nothing planted can break, because the extract's bounds or the operator's schema leave no way to.
OUT_OF_REACH = {
    "outside_month": "the extract asks for the month's own events",
    "signed_in_future": "the extract asks for agreements signed before the month's end",
    "outcome_unknown": "the extract reads unknown results as not known yet",
    "starts_in_future": "the extract asks for campaigns that began before the month's end",
    "after_month": "the extract asks for values about the month or before",
    "cancelled_on_one_bill": "the operator takes no bill back; test_reversals.py does",
    "takes_back_other_month": "the operator takes no bill back; test_reversals.py does",
    **dict.fromkeys(
        (
            "service_status_unknown",
            "customer_group_misspelt",
            "status_unknown",
            "direction_unknown",
            "peer_kind_unknown",
            "peer_operator_misspelt",
            "carrier_unknown",
            "category_misspelt",
            "channel_misspelt",
            "response_unknown",
            "kind_misspelt",
            "series_misspelt",
            "region_misspelt",
        ),
        "the extract translates the operator's codes, unknown ones to no value; test_contract_rules.py tries it",
    ),
    "closed_before_joining": "no dirt moves a closing that far; test_contract_rules.py does",
    "campaign.term_reversed": "three campaigns a month are too few to spoil one",
    "market.value_negative": "twenty values a month are too few to spoil one",
}


def test_each_declared_rule_is_tried_or_says_why_not(road: Road) -> None:
    registry = load_registry(road.settings)
    tried = {
        (FOUND[table][0], kind.outcome)
        for table, kinds in KINDS.items()
        for kind in kinds
    }
    somewhere = {outcome for _, outcome in tried}
    for name, contract in registry.raw.items():
        for rule in contract.rules:
            reachable = (name, rule.name) in tried or {
                rule.name,
                f"{name}.{rule.name}",
            } & {*OUT_OF_REACH}
            repeated = rule.name in somewhere and rule.name.endswith(
                "_missing"
            )  # the same rule tried on other tables
            assert reachable or repeated, (
                f"no kind of dirt tries rule {name}.{rule.name}"
            )


def test_exact_doubles_are_merged_and_late_rows_stay_out(road: Road) -> None:
    for month in MONTHS:
        doubles = Counter(
            FOUND[row["tab"]][0]
            for row in road.planted(month, lambda outcome: outcome == "merged")
        )
        merged = {row["table_name"]: row["merged"] for row in books(road, month)}
        assert {name: count for name, count in merged.items() if count} == dict(doubles)
        late = [
            row
            for row in road.planted(month, lambda outcome: outcome == "late")
            if row["kind"] == "late"
        ]
        assert len(late) > 20
        for tab in {row["tab"] for row in late}:
            contract, key = FOUND[tab]
            there = {
                tuple(row[name] for name in key)
                for row in road.rows(f"raw_{contract}", month)
            }
            assert there.isdisjoint(row["found"] for row in late if row["tab"] == tab)


def test_a_correction_that_came_late_has_not_changed_the_month(road: Road) -> None:
    corrected = [
        row
        for row in road.planted(MONTHS[0], lambda outcome: outcome == "late")
        if row["kind"] == "correction"
    ]
    amounts = {
        number: {fen for _, fen in pairs}
        for number, pairs in grouped(
            road.asked(
                "SELECT bill_no::text, gen_tm, amt_fen FROM boss.bill_item WHERE item_cd = '1001'"
            )
        ).items()
    }
    first = {
        row["bill_id"]: row["amount_cny"]
        for row in road.rows("clean_bill", MONTHS[0])
        if row["item_code"] == "plan_fee"
    }
    bills = [row for row in corrected if row["tab"] == "bill_item"]
    assert len(bills) > 2 and {row["tab"] for row in corrected} == {
        "bill_item",
        "pay_log",
    }
    for row in bills:
        number = row["found"][0]
        assert len(amounts[number]) == 2 and int(first[number] * 100) == min(
            amounts[number]
        )


def books(road: Road, month: Month) -> list[dict[str, Any]]:
    return [row for row in road.rows("audit_rows", month) if row["step"] == "integrate"]


def test_no_row_is_lost(road: Road) -> None:
    for month in MONTHS:
        counted = books(road, month)
        assert {row["table_name"] for row in counted} == {
            contract for contract, _ in FOUND.values()
        }
        for row in counted:
            assert (
                row["rows_in"] == row["rows_out"] + row["quarantined"] + row["merged"]
            ), row
            assert row["rows_in"] == road.runs[month].lake.rows(
                f"raw_{row['table_name']}", month
            )
        by_table = {row["table_name"]: row["rows_in"] for row in counted}
        assert by_table["customer"] == len(road.in_force[month])
        assert by_table["contract"] == len(road.asked(RUNNING, month))
        assert by_table["cdr"] == known_in_time(
            road, month, "cdr", "start_tm", "load_tm"
        )
        assert by_table["payment"] == known_in_time(
            road, month, "pay_log", "pay_tm", "rec_tm"
        )


def known_in_time(road: Road, month: Month, table: str, at: str, known: str) -> int:
    zoned = "({} AT TIME ZONE 'Asia/Shanghai')::date"
    return road.asked(
        f"SELECT count(*) FROM boss.{table} WHERE {zoned.format(at)} >= %(month)s AND {zoned.format(at)} < %(end)s"
        f" AND {zoned.format(known)} < %(known)s",
        month,
    )[0][0]


def grouped(rows: Iterable[tuple[Any, ...]]) -> dict[Any, list[tuple[Any, ...]]]:
    found: dict[Any, list[tuple[Any, ...]]] = defaultdict(list)
    for key, *rest in rows:
        found[key].append(tuple(rest))
    return found


def meant(kind: str, record: dict[str, Any]) -> tuple[str, str]:
    """The column of a spelling that was planted, and what it stands for."""
    match kind:
        case "region_name":
            return (
                "region_code",
                f"R{REGION_NAMES.index(record['area'].removesuffix('大区')) + 1:02d}",
            )
        case "region_spelling":
            return (
                "region_code",
                f"R{int(unicodedata.normalize('NFKC', record['area'])):02d}",
            )
        case "plan_spelling":
            digits = re.sub("[^0-9]", "", unicodedata.normalize("NFKC", record["plan"]))
            return "plan_code", f"P{int(digits):02d}"
    return "customer_name_standard", OpenCC("t2s").convert(
        re.sub(r"\s", "", record["name"])
    )


def test_other_spellings_are_read_as_what_they_mean(road: Road) -> None:
    seen: Counter[str] = Counter()
    for month in MONTHS:
        clean = {row["customer_id"]: row for row in road.rows("clean_customer", month)}
        for row in road.planted(month, lambda outcome: outcome == "repaired"):
            column, value = meant(row["kind"], road.in_force[month][row["found"][0]])
            assert clean[row["found"][0]][column] == value, (month, row)
            seen[row["kind"]] += 1
    assert (
        set(seen)
        == {kind.name for kind in KINDS["subs_his"] if kind.outcome == "repaired"}
        and min(seen.values()) > 5
    )


def test_what_no_rule_names_stays_as_it_is(road: Road) -> None:
    """Column, and what is left of it where the value is unknown to the mapping, or no valid number."""
    left = {
        "unknown_region": ("region_code", "R77"),
        "unknown_plan": ("plan_code", "PX9"),
    }
    clean = {row["customer_id"]: row for row in road.rows("clean_customer", LAST)}
    kept = [
        row
        for row in road.planted(LAST, lambda outcome: outcome == "kept")
        if row["tab"] == "subs_his"
    ]
    assert {row["kind"] for row in kept} == {*left, *MISSING, "wrong_document"}
    for row in kept:
        if row["kind"] in left:
            column, value = left[row["kind"]]
            assert clean[row["found"][0]][column] == value, row
        elif row["kind"] == "wrong_document":
            assert clean[row["found"][0]]["identity_token"].startswith("invalid_"), row
    peers = {
        row["cdr_id"]: row["peer_token"]
        for row in road.rows("clean_cdr", LAST, "cdr_id, peer_token")
    }
    garbled = [
        row
        for row in road.planted(LAST, lambda outcome: outcome == "kept")
        if row["tab"] == "cdr"
    ]
    assert len(garbled) > 10
    assert all(peers[row["found"][0]].startswith("invalid_") for row in garbled)


MISSING = {"missing_sex": "gender", "missing_birth": "birth_year"}  # kind: column


def test_a_missing_value_is_the_customer_s_own_earlier_one_or_stays_missing(
    road: Road,
) -> None:
    """Sex and year of birth do not change, so what an earlier month had is the truth; others are never invented."""
    known: dict[tuple[str, str], Any] = {}
    seen: Counter[bool] = Counter()
    for month in MONTHS:
        clean = {row["customer_id"]: row for row in road.rows("clean_customer", month)}
        for row in road.planted(month, lambda outcome: outcome == "kept"):
            if row["kind"] in MISSING:
                customer, column = row["found"][0], MISSING[row["kind"]]
                assert clean[customer][column] == known.get((customer, column)), (
                    month,
                    row,
                )
                seen[(customer, column) in known] += 1
        known |= {
            (c, n): row[n]
            for c, row in clean.items()
            for n in MISSING.values()
            if row[n] is not None
        }
    assert seen[True] > 2 and seen[False] > 20


Pairs = set[tuple[str, str]]


def pairs_within(groups: Iterable[Iterable[str]]) -> Pairs:
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


def grouped_by(records: Iterable[dict[str, Any]], *columns: str) -> Pairs:
    """Pairs of customers that agree in all of these columns."""
    found: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for record in records:
        key = tuple(record[column] for column in columns)
        if None not in key:
            found[key].append(record["customer_id"])
    return pairs_within(found.values())


def rated(found: Pairs, right: Pairs) -> tuple[float, float]:
    """Precision and recall."""
    return len(found & right) / len(found), len(found & right) / len(right)


@pytest.fixture(scope="module")
def right(road: Road) -> Pairs:
    """Pairs of customers of the last month's clean master that are one person."""
    persons = {
        str(number): person
        for number, person in road.asked(
            "SELECT subs_id, person_no FROM sim_truth.person"
        )
    }
    there = [
        row["customer_id"] for row in road.rows("clean_customer", LAST, "customer_id")
    ]
    return grouped_by(
        ({"customer_id": c, "person": persons[c]} for c in there), "person"
    )


def test_the_same_person_is_found_and_namesakes_are_left_apart(
    road: Road, right: Pairs
) -> None:
    there = {
        row["customer_id"] for row in road.rows("clean_customer", LAST, "customer_id")
    }
    lines = [
        row for row in road.rows("customer_line", LAST) if row["customer_id"] in there
    ]
    found = grouped_by(lines, "person_id")
    precision, recall = rated(found, right)
    assert len(right) > 150
    assert precision >= PRECISION, (
        f"{sorted(found - right)[:10]} of {len(found)} pairs are two persons"
    )
    assert recall >= RECALL, (
        f"{len(right - found)} of {len(right)} pairs of one person are not found"
    )


def test_who_comes_back_on_another_number_is_recognised(road: Road) -> None:
    """Of those who left and came back by the last month most are found, and nobody is taken for somebody else."""
    persons = {
        str(number): person
        for number, person in road.asked(
            "SELECT subs_id, person_no FROM sim_truth.person"
        )
    }
    lines = {
        row["customer_id"]: row["successor_id"]
        for row in road.rows("customer_line", LAST)
    }
    found = {(old, new) for old, new in lines.items() if new}
    known = set(lines)
    truth = {
        (str(old), str(new))
        for old, new in road.asked(
            "SELECT old_subs_id, new_subs_id FROM sim_truth.rotation"
        )
    }
    due = {pair for pair in truth if known.issuperset(pair)}
    assert len(due) > 10
    assert len(found & due) / len(due) >= RECALL, sorted(due - found)
    assert (
        sum(persons[old] == persons[new] for old, new in found) / len(found)
        >= PRECISION
    )


def test_a_naive_matcher_misses_the_targets(road: Road, right: Pairs) -> None:
    """Negative control: one name in one region merges namesakes, one number alone finds few."""
    records = road.rows("clean_customer", LAST)
    by_name = rated(grouped_by(records, "customer_name", "region_code"), right)
    by_number = rated(grouped_by(records, "phone_token"), right)
    assert by_name[0] < PRECISION and by_name[1] < RECALL, by_name
    assert by_number[1] < RECALL, by_number


def test_the_measure_itself() -> None:
    """Two of three found, one of them wrong: precision 1/2, recall 1/3."""
    found, truth = {("a", "b"), ("a", "c")}, {("a", "b"), ("d", "e"), ("e", "f")}
    assert rated(found, truth) == (0.5, 1 / 3)
    assert pairs_within([["c", "a", "b"]]) == {("a", "b"), ("a", "c"), ("b", "c")}
