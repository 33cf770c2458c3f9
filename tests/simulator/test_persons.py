"""Who is the same person: several lines, leavers who come back, second registrations; and who only looks like it."""

from itertools import combinations
from typing import Any

import numpy as np
import psycopg
import pytest
from opencc import OpenCC

from churn_tasks.simulator import SimulationSettings
from churn_tasks.simulator.clock import NEVER, within
from churn_tasks.simulator.identity import mistyped, registered_documents
from churn_tasks.simulator.operator import Operator
from churn_tasks.simulator.slips import ADDRESS_SLIPS, NAME_SLIPS, SIMILAR, TRADITIONAL
from churn_tasks.simulator.words import holder_names

COMPARED = ("msisdn", "id_no", "cust_nm", "addr", "birth_yr")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@pytest.fixture(scope="module")
def operator() -> Operator:
    return Operator(SimulationSettings(customers=6000, months=6))


def is_valid(number: str) -> bool:
    """GB 11643, written down a second time."""
    total = 0
    for weight, digit in zip(WEIGHTS, number[:17], strict=True):
        total += weight * int(digit)
    return "10X98765432"[total % 11] == number[17]


def test_eight_in_a_hundred_persons_hold_two_lines_or_three(operator: Operator) -> None:
    people = operator.people
    came_back = np.isin(np.arange(len(people)), operator.rotation.new)
    lines = np.bincount(people.kinship.holder[~came_back])
    lines = lines[lines > 0]
    assert 0.07 < (lines > 1).mean() < 0.09
    assert set(lines) >= {1, 2, 3}


def test_lines_of_a_person_agree_in_what_a_person_has(operator: Operator) -> None:
    people, holder = operator.people, operator.people.kinship.holder
    further = np.flatnonzero(holder != np.arange(len(people)))
    names = holder_names(people, operator.clock.chance("books"))
    for values in (people.sex, people.birth_year, people.surname, names):
        assert (values[further] == values[holder[further]]).all()
    assert (people.number[further] != people.number[holder[further]]).all()
    stay = people.home[further] == people.home[holder[further]]
    assert 0.88 < stay.mean() < 0.96


def test_documents_are_valid_and_fit_sex_and_birth(operator: Operator) -> None:
    people = operator.people
    documents = registered_documents(operator.clock, people)
    on_file = np.flatnonzero(documents != "")
    at_first = documents[people.join_day < operator.clock.start(0)]
    assert 0.3 < (at_first == "").mean() < 0.4
    seen = {"short": 0, "lower": 0, "wide": 0}
    for who in on_file:
        written = str(documents[who])
        number = written.translate(str.maketrans("０１２３４５６７８９", "0123456789"))
        seen["wide"] += written != number
        seen["lower"] += number.endswith("x")
        seen["short"] += len(number) == 15
        whole = number.upper() if len(number) == 18 else f"{number[:6]}19{number[6:]}"
        assert int(whole[6:10]) == people.birth_year[who] and whole.startswith("99")
        assert int(whole[16]) % 2 == int(people.sex[who] == "1")
        assert len(number) == 15 or is_valid(whole)
        assert len(number) == 15 or not is_valid(mistyped(whole))
    assert all(count > 20 for count in seen.values()), seen


def test_one_document_a_person(operator: Operator) -> None:
    people = operator.people
    documents = registered_documents(operator.clock, people)
    plain = np.char.upper(documents)
    known = np.flatnonzero(np.char.str_len(documents) == 18)
    holders: dict[str, set[int]] = {}
    for who in known:
        if plain[who].isascii():
            holders.setdefault(str(plain[who]), set()).add(
                int(people.kinship.holder[who])
            )
    assert all(len(persons) == 1 for persons in holders.values())


def test_a_tenth_of_the_leavers_come_back_within_45_days(operator: Operator) -> None:
    people, lives, rotation = operator.people, operator.lives, operator.rotation
    wait = people.join_day[rotation.new] - lives.leave_day[rotation.old]
    left = within(lives.leave_day, operator.clock.start(0), operator.clock.start(6))
    assert 0.07 < len(rotation.old) / left.sum() < 0.12
    assert wait.min() >= -5
    assert wait.max() <= 45
    assert (wait < 0).sum() > 10
    holder = people.kinship.holder
    assert (holder[rotation.old] == holder[rotation.new]).all()
    assert len(set(rotation.old)) == len(rotation.old)
    assert (lives.leave_day[rotation.old] < NEVER).all()
    assert (lives.cause[rotation.old] > 0).all()


def test_who_leaves_does_not_depend_on_who_comes_back(operator: Operator) -> None:
    """The joiners stay as many and keep their days; only their person is another."""
    again = Operator(operator.settings)
    assert (again.people.join_day == operator.people.join_day).all()
    assert (again.people.plan == operator.people.plan).all()


def test_there_are_fathers_and_sons_siblings_and_namesakes_who_are_other_persons(
    operator: Operator,
) -> None:
    people, kin = operator.people, operator.people.kinship
    everyone = np.arange(len(people))
    is_first_line = kin.holder == everyone
    names = holder_names(people, operator.clock.chance("books"))

    sons = np.flatnonzero(kin.is_son & is_first_line)
    fathers = people.home[sons]
    apart = np.abs(people.birth_year[sons] - people.birth_year[fathers])
    assert len(sons) > 50
    assert within(apart[is_first_line[fathers]], 23, 33).mean() > 0.9

    siblings = np.flatnonzero(kin.sibling != everyone)
    heads = people.home[siblings]
    pairs = zip(names[siblings], names[heads], strict=True)
    assert len(siblings) > 50
    assert np.mean([name[:2] == other[:2] for name, other in pairs]) > 0.7

    namesakes = np.flatnonzero((kin.namesake != everyone) & is_first_line)
    model = kin.namesake[namesakes]
    assert len(namesakes) > 30
    assert np.mean(names[namesakes] == names[model]) > 0.9
    assert (people.home[namesakes] != people.home[model]).all()
    assert (kin.holder[namesakes] != kin.holder[model]).all()


def test_other_characters_are_what_they_say() -> None:
    to_simplified = OpenCC("t2s")
    for plain, other in TRADITIONAL.items():
        assert to_simplified.convert(chr(other)) == chr(plain)
    for plain, other in SIMILAR.items():
        assert to_simplified.convert(chr(other)) != chr(plain), (
            "a similar character is another character"
        )


def test_slips_are_what_they_say() -> None:
    names = [slip("张建国") for slip in NAME_SLIPS]
    assert names[:4] == ["张建国", "张 建国 ", "张　建国", "張建国"]
    address = "03区东城人民路12号3栋1503室"
    addresses = [slip(address) for slip in ADDRESS_SLIPS]
    assert addresses[0] == address
    assert len(set(addresses)) == len(ADDRESS_SLIPS) == 7
    assert "03区东城人民路12号3号楼15层3号" in addresses
    assert "人民路12号3栋1503室（03区东城）" in addresses


@pytest.fixture(scope="module")
def pairs(source: str) -> list[dict[str, Any]]:
    """Second registrations beside the first, as the books hold them."""
    asked = ", ".join(
        f"a.{name} AS again_{name}, b.{name} AS {name}" for name in COMPARED
    )
    with psycopg.connect(source, row_factory=psycopg.rows.dict_row) as connection:
        return connection.execute(
            f"""SELECT {asked} FROM sim_truth.fuzzy_double AS d
            JOIN boss.subs_his AS a ON a.subs_id = d.subs_id AND a.ver_no = 1
            JOIN boss.subs_his AS b ON b.subs_id = d.double_of AND b.ver_no = 1"""
        ).fetchall()


def test_a_fuzzy_double_differs_in_many_ways_and_keeps_something(
    pairs: list[dict[str, Any]],
) -> None:
    assert len(pairs) > 20
    for column in COMPARED:
        same = [pair for pair in pairs if column in kept(pair)]
        assert 0 < len(same) < len(pairs), column
    assert all(kept(pair) for pair in pairs)


def kept(pair: dict[str, Any]) -> list[str]:
    """Columns that are the same in both registrations."""
    return [name for name in COMPARED if pair[name] == pair[f"again_{name}"]]


def test_every_number_in_the_books_has_its_person(source: str) -> None:
    with psycopg.connect(source) as connection:

        def count(query: str) -> int:
            return connection.execute(query).fetchone()[0]

        assert count("SELECT count(DISTINCT subs_id) FROM boss.subs_his") > 600
        strangers = (
            "SELECT count(*) FROM boss.subs_his LEFT JOIN sim_truth.person USING (subs_id)"
            " WHERE person_no IS NULL"
        )
        assert count(strangers) == 0
        apart = """SELECT count(*) FROM sim_truth.fuzzy_double AS d JOIN sim_truth.person AS a USING (subs_id)
            JOIN sim_truth.person AS b ON b.subs_id = d.double_of WHERE a.person_no <> b.person_no"""
        assert count(apart) == 0
        unpaired = """SELECT count(*) FROM sim_truth.rotation AS r
            JOIN sim_truth.person AS a ON a.subs_id = r.old_subs_id
            JOIN sim_truth.person AS b ON b.subs_id = r.new_subs_id
            JOIN sim_truth.subscriber AS s ON s.subs_id = r.old_subs_id
            WHERE a.person_no <> b.person_no OR s.leave_date IS DISTINCT FROM r.left_date OR s.cause IS NULL"""
        assert count("SELECT count(*) FROM sim_truth.rotation") > 3
        assert count(unpaired) == 0
        billed = count("SELECT count(*) FROM boss.bill_item WHERE subs_id >= 90000001")
        assert billed == 0


def test_names_alone_would_merge_strangers(operator: Operator) -> None:
    """The naive rule: one name in one district is one person."""
    people = operator.people
    names = holder_names(people, operator.clock.chance("books"))
    lines_of: dict[tuple[str, int], list[int]] = {}
    keys = zip(names.tolist(), people.region.tolist(), strict=True)
    for line, key in enumerate(keys):
        lines_of.setdefault(key, []).append(line)
    merged: list[tuple[int, int]] = []
    for lines in lines_of.values():
        merged += combinations(lines, 2)
    first, second = np.array(merged).T
    right = (people.kinship.holder[first] == people.kinship.holder[second]).sum()
    assert right / len(merged) < 0.9, "too few namesakes to test precision"
