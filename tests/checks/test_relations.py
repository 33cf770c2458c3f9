"""Relations between months and tables: what a table alone does not show, found in the first run."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from churn_tasks.checks.relations import (
    OfRegion,
    Share,
    region_measure,
    regions_of_nobody,
    share_measure,
)
from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.sections import Quality
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import another_month, put, rows, small_profile, small_run

QUALITY = Quality()
TEXT = ("比例", "share")
MONTHS = tuple(f"2024-0{number}" for number in range(1, 8))
Customers = Mapping[str, str]  # customer to region
CUSTOMERS = 600
LEAVES = 25  # one customer in so many leaves each month, and as many join


def people(month: int) -> dict[str, str]:
    """The customers of a month: regions R1 to R4, and the branch R9 of 30."""
    made = {}
    for number in range(CUSTOMERS + month * (CUSTOMERS // LEAVES)):
        joined = max(0, (number - CUSTOMERS) // (CUSTOMERS // LEAVES) + 1)
        left = joined + 1 + (number * 7919) % LEAVES if number % 3 else 99
        if joined <= month < left:
            region = f"R{1 + number % 4}"
            if number % 20 == 0:
                region = "R9"
            made[f"{700_000 + number}"] = region
    return made


def deliver(run: MonthRun, month: str, customers: Customers) -> MonthRun:
    """What integration leaves of a month: bills, activity, profiles and persons."""
    of_month = another_month(run, month)
    dates = {
        "event_date": of_month.month.start,
        "known_date": of_month.month.end + timedelta(days=2),
    }
    bill = {"item_code": "plan_fee", "amount_cny": 30, **dates}
    bills = [{"bill_id": f"B{c}", "customer_id": c, **bill} for c in customers]
    put(run, "clean_bill", month, bills)
    active(run, month, customers)
    profiles(run, month, customers)
    persons(run, month, customers)
    return of_month


def active(run: MonthRun, month: str, customers: Iterable[str]) -> None:
    is_active = {"is_active": True, "revenue_cny": 30}
    put(
        run,
        "month_activity",
        month,
        [{"customer_id": c, **is_active} for c in customers],
    )


def profiles(run: MonthRun, month: str, customers: Customers) -> None:
    told = [
        {"customer_id": c, "region_code": region, "has_left": False}
        for c, region in customers.items()
    ]
    put(run, "month_profile", month, told)


def persons(run: MonthRun, month: str, customers: Iterable[str]) -> None:
    lines = [{"customer_id": c, "person_id": c} for c in customers]
    put(run, "customer_line", month, lines, checked=False)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[MonthRun]:
    profile = small_profile(tmp_path, ("bill", "customer"), definition="not_billed")
    made = small_run(tmp_path, MONTHS[0], profile=profile)
    yield made
    made.close()


def verdicts(run: MonthRun, month: str) -> dict[str, str]:
    return {row["measure"]: row["verdict"] for row in rows(run, "relation", month)}


def test_months_like_the_others_say_nothing(run: MonthRun) -> None:
    for place, month in enumerate(MONTHS):
        report = run_on("check_relations", deliver(run, month, people(place)))
        assert report.facts["warned"] == 0, rows(run, "relation", month)
    learnt = {
        row["measure"]: row["learnt_months"]
        for row in rows(run, "relation", MONTHS[-1])
    }
    assert learnt["gone_share"] == 5


Change = Callable[[dict[str, str]], dict[str, str]]


def without(keep: Callable[[str, str], bool]) -> Change:
    return lambda customers: {c: r for c, r in customers.items() if keep(c, r)}


def renamed(customers: dict[str, str]) -> dict[str, str]:
    """A third of them, in the shape of the others."""
    return {
        str(int(c) + 99_000) if one_in(3)(c) else c: r for c, r in customers.items()
    }


FAULTS: dict[str, tuple[Change, str]] = {
    "a small branch is missing": (without(lambda _, r: r != "R9"), "gone_of_region"),
    "half of a region is missing": (
        without(lambda c, r: r != "R2" or int(c) % 8 > 3),
        "gone_of_region",
    ),
    "a fifth without a name of its own is missing": (
        without(lambda c, _: one_in(5)(c) is False),
        "gone_share",
    ),
    "a third is renamed": (renamed, "gone_share"),
}


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("place", [1, 3])
def test_a_fault_is_found_in_the_first_run(
    run: MonthRun, kind: str, place: int
) -> None:
    """In the second month, of which nothing was learnt, and in the fourth. Control: the cohort's size would pass."""
    change, measure = FAULTS[kind]
    for before in range(place):
        run_on("check_relations", deliver(run, MONTHS[before], people(before)))
    customers = change(people(place))
    assert 0.5 < len(customers) / len(people(place - 1)) < 2.0
    spoilt = deliver(run, MONTHS[place], customers)
    with suppress(CheckFailed):
        run_on("check_relations", spoilt)
    assert verdicts(run, MONTHS[place])[measure] in ("warn", "stop")
    stops = kind != "a fifth without a name of its own is missing" or place > 1
    assert (verdicts(run, MONTHS[place])[measure] == "stop") == stops


def test_the_message_names_region_counts_and_customers(run: MonthRun) -> None:
    run_on("check_relations", deliver(run, MONTHS[0], people(0)))
    customers = without(lambda _, r: r != "R9")(people(1))
    with pytest.raises(CheckFailed) as stopped:
        run_on("check_relations", deliver(run, MONTHS[1], customers))
    said = str(stopped.value)
    assert "2024-02" in said and "region R9, 30 of 30" in said
    assert "customer_id 700000, customer_id 700020" in said


def test_a_summary_that_loses_customers_is_found(run: MonthRun) -> None:
    """A join without a partner: one customer in ten never gets into the month's summary."""
    month = deliver(run, MONTHS[0], people(0))
    kept = [c for c in people(0) if int(c) % 10]
    active(run, MONTHS[0], kept)
    with pytest.raises(CheckFailed, match=r"lost_share is 0\.1"):
        run_on("check_relations", month)


def test_customers_who_are_no_person_are_found(run: MonthRun) -> None:
    month = deliver(run, MONTHS[0], people(0))
    known = [c for c in people(0) if int(c) % 3]
    persons(run, MONTHS[0], known)
    with pytest.raises(CheckFailed, match=r"without_person_share is 0\.3"):
        run_on("check_relations", month)


def label(
    run: MonthRun, month: str, customers: Customers, churned: Callable[[str], bool]
) -> None:
    put(run, "label", month, [
        {"customer_id": c, "churned": churned(c), "left_early": False, "rotated": False} for c in customers
    ])  # fmt: skip


def one_in(part: int) -> Callable[[str], bool]:
    """Whether a customer is one of so many, drawn without regard to regions."""
    return lambda customer: int(sha256(customer.encode()).hexdigest(), 16) % part == 0


def two_in_three(customer: str) -> bool:
    return not one_in(3)(customer)


def test_a_churn_rate_beyond_the_earlier_ones_stops_before_anything_is_trained(
    run: MonthRun,
) -> None:
    """3 % and then 25 %: half to twice of a population would never have seen it."""
    for place, month in enumerate(MONTHS[:6]):
        of_month = deliver(run, month, people(place))
        labelled = of_month.settings.calendar.label_month(of_month.month)
        if place == 4:
            label(run, str(labelled), people(2), one_in(33))
        if place == 5:
            label(run, str(labelled), people(3), one_in(4))
            with pytest.raises(CheckFailed, match=r"churn_rate is 0\.2"):
                run_on("check_relations", of_month)
        else:
            run_on("check_relations", of_month)
    assert verdicts(run, MONTHS[5])["churn_rate"] == "stop"


def test_nothing_learns_from_labels_that_were_refused(run: MonthRun) -> None:
    """The label lies in the lake all the same. Control: once its month is mended, the later one goes on."""
    for place, month in enumerate(MONTHS):
        of_month = deliver(run, month, people(place))
        labelled = of_month.settings.calendar.label_month(of_month.month)
        if place >= 4:
            churned = two_in_three if place == 4 else one_in(30)
            label(run, str(labelled), people(place - 2), churned)
        if place == 4:
            with pytest.raises(CheckFailed, match="churn_rate"):
                run_on("check_relations", of_month)
        elif place == 6:
            with pytest.raises(CheckFailed, match="came in with 2024-05 were refused"):
                run_on("check_relations", of_month)
        else:
            run_on("check_relations", of_month)
    label(run, "2024-03", people(2), one_in(30))
    run_on("check_relations", another_month(run, MONTHS[4]))
    run_on("check_relations", another_month(run, MONTHS[6]))


def test_churn_of_one_region_alone_is_found(run: MonthRun) -> None:
    """The branch of thirty is missing in the month that tells the truth: all have left, the rate hardly moves."""
    of_month = deliver(run, MONTHS[4], people(4))
    profiles(run, "2024-03", people(2))
    branch = {c for c, r in people(2).items() if r == "R9"}
    label(run, "2024-03", people(2), lambda c: c in branch or one_in(33)(c))
    with pytest.raises(CheckFailed, match=r"churn_of_region is 1,.*region R9"):
        run_on("check_relations", of_month)
    assert verdicts(run, MONTHS[4])["churn_rate"] == "pass"


def share(part: int, whole: int) -> Share:
    return Share("gone_share", part, whole, TEXT, QUALITY.relations.gone)


@pytest.mark.parametrize(
    ("now", "outcome"), [(0.03, "pass"), (0.04, "pass"), (0.06, "warn"), (0.10, "stop")]
)
def test_what_guards_three_percent_is_narrower_than_half_to_twice(
    now: float, outcome: str
) -> None:
    measure = share_measure(share(int(now * 50_000), 50_000), [0.03, 0.031, 0.029, 0.03], None, QUALITY)  # fmt: skip
    assert measure.highest is not None and measure.usual_highest is not None
    found = "pass"
    if now > measure.usual_highest:
        found = "warn"
    if now > measure.highest:
        found = "stop"
    assert found == outcome


def test_a_season_of_last_year_lies_within() -> None:
    quiet = share_measure(share(450, 5000), [0.03] * 12, None, QUALITY)
    season = share_measure(share(450, 5000), [0.03] * 12, 0.09, QUALITY)
    assert quiet.highest is not None and season.usual_highest is not None
    assert quiet.highest < 0.09 <= season.usual_highest


@pytest.mark.parametrize(
    ("regions", "value"),
    [
        ([("a", 30, 1000), ("b", 12, 12)], 1.0),
        ([("a", 30, 1000), ("b", 2, 12)], None),
        ([("a", 600, 1000), ("b", 11, 12)], None),
        ([("a", 30, 1000), ("b", 9, 9)], None),
        ([("a", 30, 1000), ("b", 500, 1000)], 0.5),
    ],
)
def test_a_region_is_held_against_all_others(
    regions: list[tuple[str, int, int]], value: float | None
) -> None:
    shares = [OfRegion(*each) for each in regions]
    judged = region_measure("gone_of_region", TEXT, shares, QUALITY.relations)
    stops = False
    if judged:
        measure, found = judged
        stops = measure.highest is not None and found > measure.highest
    assert stops == (value is not None)


@pytest.mark.parametrize(
    ("part", "whole", "usual", "stops"),
    [(0, 2000, 0.03, True), (0, 100, 0.03, False), (60, 2000, 0.03, False), (0, 2000, 0.0, False)],
)  # fmt: skip
def test_a_month_that_nobody_leaves_stops_unless_that_is_chance(
    part: int, whole: int, usual: float, stops: bool
) -> None:
    measure = share_measure(share(part, whole), [usual, usual], None, QUALITY)
    lowest = measure.lowest or 0.0
    assert (part / whole < lowest) == stops


@pytest.mark.parametrize(
    ("branch", "found"), [((0, 300), 1.0), ((0, 30), 0.0), ((6, 300), 0.0)]
)
def test_a_region_that_nobody_leaves_is_named(
    branch: tuple[int, int], found: float
) -> None:
    regions = [OfRegion("a", 60, 1000), OfRegion("b", *branch)]
    measure, value = regions_of_nobody("gone_of_region_nobody", TEXT, regions)
    assert value == found
    assert ("b" in measure.meaning.split(": ")[1]) == bool(found)


def test_an_exception_of_the_settings_counts() -> None:
    exceptions = [{"measures": "relation.gone_share", "warn": {"share": 0.2}}]
    quality = Quality.model_validate({"exceptions": exceptions})
    measure = share_measure(share(300, 1000), [0.03, 0.03], None, quality)
    assert measure.highest is None and measure.usual_highest is not None


def close(run: MonthRun, month: str, customers: Customers, closed: set[str]) -> None:
    """The master of a month, which calls some accounts closed."""
    told = []
    for customer, region in customers.items():
        has_left = customer in closed
        told.append(
            {"customer_id": customer, "region_code": region, "has_left": has_left}
        )
    put(run, "month_profile", month, told)


def gone_by(place: int) -> set[str]:
    """Who of the first month's customers is no longer there in a later one."""
    return set(people(0)) - set(people(place))


@pytest.mark.parametrize("months", [5, 6])
def test_a_master_that_was_read_when_they_had_left_stops(
    run: MonthRun, months: int
) -> None:
    """The status of today in every past month: who leaves later is closed before, in no cohort, and no leaver."""
    closed = set()
    for place in range(months - 1):
        closed |= set(people(place)) - set(people(months - 1))
    for place, month in enumerate(MONTHS[:2]):
        of_month = deliver(run, month, people(place))
        close(run, month, people(place), closed)
        run_on("check_relations", of_month)
    third = deliver(run, MONTHS[2], people(2))
    with pytest.raises(CheckFailed, match=r"closed_again_share is 0\.[3-9]") as told:
        run_on("check_relations", third)
    assert "customer_id" in str(told.value)


def test_a_master_as_it_stood_says_nothing(run: MonthRun) -> None:
    """Control: closed is who has left by then."""
    for place, month in enumerate(MONTHS[:4]):
        customers = people(place)
        of_month = deliver(run, month, customers)
        left = gone_by(place)
        known = dict.fromkeys(left, "R1") | customers
        close(run, month, known, left)
        run_on("check_relations", of_month)
    assert len(gone_by(1)) > 10
    assert verdicts(run, MONTHS[3])["closed_again_share"] == "pass"
