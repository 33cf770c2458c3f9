"""Customers with planted doubles, made directly: who is whom is known, and no simulation has to run first.

A base of persons, some in families under one roof and one surname; some hold several lines, some are registered
twice. Every further record of a person is another clerk's: slips in name and address, years and documents missing.
Written for speed (600,000 lines in seconds) and to be harder than tidy: a family differs from a double by little.
"""

from dataclasses import dataclass, fields
from itertools import product
from typing import Self

import numpy as np
import pyarrow as pa  # noqa: TID253 - a benchmark is no DAG

SURNAMES = np.array(
    list(
        "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
    )
)
GIVEN = np.array(
    list(
        "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建文玉兰海燕鹏宇欣怡子轩梓涵浩然雨泽晨阳思远嘉慧琳峰辉波斌飞红梅莉萍云林志国庆春凤琴龙"
    )
)
WAYS = (
    *("人民", "中山", "解放", "建设", "和平", "文化", "新华"),
    *("长江", "黄河", "朝阳", "学府", "滨江", "迎宾", "东风"),
)
STREETS = np.array([way + kind for way, kind in product(WAYS, ("路", "街", "大道"))])
REGIONS, CITIES = 12, 5
COMMON_SURNAMES = 8  # the larger, the less do the first surnames stand out
KEEPS_SURNAME = 0.4  # share of those who live with a family
TWO_CHARACTERS = 0.8  # share of the given names
BORN_ABOUT, BORN_SPREAD, BORN_FIRST, BORN_LAST = 1981, 15, 1930, 2007
SAME_PHONE = 0.7  # share of the second registrations
YEARS_OFF = (-10, -1, 1, 10)
FIRST_LINE = 6_000_000
OTHER_CHARACTER, LOST_CHARACTER, ADDED_SPACE = range(3)  # slips in a name
NUMBERS, BLOCKS, FLOORS, DOORS = (1, 400), (1, 30), (1, 29), (1, 5)  # half-open
ANY_ROOM = (101, 2_905)

Array = np.ndarray


@dataclass(frozen=True)
class Mix:
    """How many of a hundred persons are what, and how careless the clerks are; all shares of 1."""

    in_family: float = 0.25
    second_line: float = 0.08
    third_line: float = 0.02
    registered_twice: float = 0.01
    name_slip: float = 0.25
    address_rewritten: float = 0.5
    moved: float = 0.08
    year_slip: float = 0.03
    unstated: float = 0.05
    no_document: float = 0.35
    others_document: float = 0.002


@dataclass(frozen=True)
class Persons:
    """One entry a person, or one a record of a person.

    Attributes:
        home: the first person who lives there.
        sex: 1 for men.
        room: the floor and two digits for the door.
    """

    surname: Array
    first: Array
    second: Array
    home: Array
    year: Array
    sex: Array
    street: Array
    number: Array
    block: Array
    room: Array
    region: Array
    city: Array

    def taken(self, who: Array) -> Self:
        """The persons behind some records."""
        columns = {each.name: getattr(self, each.name)[who] for each in fields(self)}
        return type(self)(**columns)


def customers(lines: int, seed: int, mix: Mix = Mix()) -> pa.Table:
    """About ``lines`` records like those of ``clean_customer``, with the true ``person_no`` of each."""
    chance = np.random.default_rng(seed)
    further = mix.second_line + 2 * mix.third_line + mix.registered_twice
    persons = round(lines / (1 + further))
    base = _persons(persons, chance, mix)
    with_third, with_second, twice = _with_more_records(persons, chance, mix)
    again = np.concatenate([np.repeat(with_third, 2), with_second])
    who = np.concatenate([np.arange(persons), again, twice])
    is_double = np.arange(len(who)) >= persons + len(again)
    return _records(base, who, is_double, chance, mix)


def _with_more_records(
    persons: int, chance: np.random.Generator, mix: Mix
) -> tuple[Array, Array, Array]:
    """Who holds three lines, who holds two, and who is registered twice."""
    kind = chance.random(persons)
    third, second, twice = np.cumsum(
        [mix.third_line, mix.second_line, mix.registered_twice]
    )
    return (
        np.flatnonzero(kind < third),
        np.flatnonzero((kind >= third) & (kind < second)),
        np.flatnonzero((kind >= second) & (kind < twice)),
    )


def _persons(n: int, chance: np.random.Generator, mix: Mix) -> Persons:
    home = _homes(n, chance, mix)
    lives_with_others = home != np.arange(n)
    surname = _surnames(n, chance)
    keeps_own = chance.random(n) < KEEPS_SURNAME
    takes_family_s = lives_with_others & ~keeps_own
    surname = np.where(takes_family_s, surname[home], surname)
    # the draws of the arguments are made in this order
    return Persons(
        surname=SURNAMES[surname],
        first=chance.choice(GIVEN, n),
        second=_second_characters(n, chance),
        home=home,
        year=_years(n, chance),
        sex=chance.integers(0, 2, n),
        street=chance.integers(0, len(STREETS), n)[home],
        number=chance.integers(*NUMBERS, n)[home],
        block=chance.integers(*BLOCKS, n)[home],
        room=_rooms(n, chance)[home],
        region=chance.integers(1, REGIONS + 1, n)[home],
        city=chance.integers(1, CITIES + 1, n)[home],
    )


def _homes(n: int, chance: np.random.Generator, mix: Mix) -> Array:
    """Some live with the person before."""
    joins_previous = chance.random(n) < mix.in_family
    joins_previous[0] = False
    own = np.where(joins_previous, 0, np.arange(n))
    return np.maximum.accumulate(own)


def _surnames(n: int, chance: np.random.Generator) -> Array:
    """Positions of surnames, the first more common than the last."""
    weight = 1 / (np.arange(len(SURNAMES)) + COMMON_SURNAMES)
    return chance.choice(len(SURNAMES), n, p=weight / weight.sum())


def _second_characters(n: int, chance: np.random.Generator) -> Array:
    has_two = chance.random(n) < TWO_CHARACTERS
    return np.where(has_two, chance.choice(GIVEN, n), "")


def _years(n: int, chance: np.random.Generator) -> Array:
    born = chance.normal(BORN_ABOUT, BORN_SPREAD, n)
    return np.clip(born, BORN_FIRST, BORN_LAST).astype(int)


def _rooms(n: int, chance: np.random.Generator) -> Array:
    floor = chance.integers(*FLOORS, n)
    return floor * 100 + chance.integers(*DOORS, n)


def _records(
    base: Persons, who: Array, is_double: Array, chance: np.random.Generator, mix: Mix
) -> pa.Table:
    """One record for each position in ``who``, in order of the line's number."""
    n, persons = len(who), len(base.home)
    is_further = np.arange(n) >= persons
    line = chance.permutation(n)
    of = base.taken(who)
    has_same_phone = is_double & (chance.random(n) < SAME_PHONE)
    phone = np.where(has_same_phone, who, persons + np.arange(n))
    year = of.year + _years_off(is_further, chance, mix)
    has_other_s = chance.random(n) < mix.others_document
    document = np.where(has_other_s, of.home, who)
    no_sex, no_year, no_document = _left_out(n, chance, mix)
    gender = np.where(of.sex == 1, "male", "female")
    region = joined("R", of.region)
    table = pa.table(
        {
            "customer_id": joined("s", FIRST_LINE + line),
            "person_no": who,
            "phone_token": joined("token_", phone),
            "identity_token": pa.array(joined("document_", document), mask=no_document),
            "customer_name": _names(of, is_further, chance, mix),
            "address_text": _addresses(of, is_further, chance, mix),
            "gender": pa.array(gender, mask=no_sex),
            "birth_year": pa.array(year.astype(np.int64), mask=no_year),
            "region_code": region,
            "city_code": joined(region, "C", of.city),
        }
    )
    return table.take(np.argsort(line))


def joined(*parts: Array | str) -> Array:
    """Texts and numbers put together, record by record."""
    text = np.array("")
    for part in parts:
        text = np.char.add(text, np.asarray(part).astype(str))
    return text


def _years_off(is_further: Array, chance: np.random.Generator, mix: Mix) -> Array:
    n = len(is_further)
    slips = is_further & (chance.random(n) < mix.year_slip)
    return np.where(slips, chance.choice(YEARS_OFF, n), 0)


def _left_out(n: int, chance: np.random.Generator, mix: Mix) -> Array:
    """Records without sex, without year of birth, and without a document, a row each."""
    shares = np.array([mix.unstated, mix.unstated, mix.no_document])
    return chance.random((3, n)) < shares[:, None]


def _names(
    of: Persons, is_further: Array, chance: np.random.Generator, mix: Mix
) -> Array:
    n = len(is_further)
    slips = is_further & (chance.random(n) < mix.name_slip)
    slip = np.where(slips, chance.integers(0, 3, n), -1)
    is_other = (slip == OTHER_CHARACTER) & (of.second != "")
    second = np.where(is_other, chance.choice(GIVEN, n), of.second)
    second = np.where(slip == LOST_CHARACTER, "", second)
    space = np.where(slip == ADDED_SPACE, " ", "")
    return joined(of.surname, space, of.first, second)


def _addresses(
    of: Persons, is_further: Array, chance: np.random.Generator, mix: Mix
) -> Array:
    """Some moved within the street; many are written another way."""
    n = len(is_further)
    moved = is_further & (chance.random(n) < mix.moved)
    number = np.where(moved, chance.integers(*NUMBERS, n), of.number)
    room = np.where(moved, chance.integers(*ANY_ROOM, n), of.room)
    street = joined(of.region, "区", of.city, "城", STREETS[of.street])
    full = joined(street, number, "号", of.block, "栋", room, "室")
    short = joined(street, number, "-", of.block, "-", room)
    is_short = is_further & (chance.random(n) < mix.address_rewritten)
    return np.where(is_short, short, full)
