"""Customers with planted doubles, made directly: who is whom is known, and no simulation has to run first.

A base of persons, some in families under one roof and one surname; some hold several lines, some are registered
twice. Every further record of a person is another clerk's: slips in name and address, years and documents missing.
Written for speed (600,000 lines in seconds) and to be harder than tidy: a family differs from a double by little.
"""

from dataclasses import dataclass

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
STREETS = np.array(
    [
        a + b
        for a in (
            "人民",
            "中山",
            "解放",
            "建设",
            "和平",
            "文化",
            "新华",
            "长江",
            "黄河",
            "朝阳",
            "学府",
            "滨江",
            "迎宾",
            "东风",
        )
        for b in ("路", "街", "大道")
    ]
)
REGIONS, CITIES = 12, 5


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


def customers(lines: int, seed: int, mix: Mix = Mix()) -> pa.Table:
    """About ``lines`` records like those of ``clean_customer``, with the true ``person_no`` of each."""
    chance = np.random.default_rng(seed)
    persons = round(
        lines / (1 + mix.second_line + 2 * mix.third_line + mix.registered_twice)
    )
    base = _persons(persons, chance, mix)
    kind = chance.random(persons)
    edges = np.cumsum([mix.third_line, mix.second_line, mix.registered_twice])
    again = np.concatenate([
        np.repeat(np.flatnonzero(kind < edges[0]), 2), np.flatnonzero((kind >= edges[0]) & (kind < edges[1])),
    ])  # fmt: skip
    twice = np.flatnonzero((kind >= edges[1]) & (kind < edges[2]))
    who = np.concatenate([np.arange(persons), again, twice])
    is_double = np.arange(len(who)) >= persons + len(again)
    return _records(base, who, is_double, chance, mix)


def _persons(n: int, chance: np.random.Generator, mix: Mix) -> dict[str, np.ndarray]:
    joins = chance.random(n) < mix.in_family
    joins[0] = False
    home = np.maximum.accumulate(np.where(joins, 0, np.arange(n)))
    weight = 1 / (np.arange(len(SURNAMES)) + 8)
    surname = chance.choice(len(SURNAMES), n, p=weight / weight.sum())
    married = chance.random(n) < 0.4  # keeps a surname of its own
    return {
        "surname": SURNAMES[np.where(joins & ~married, surname[home], surname)],
        "first": chance.choice(GIVEN, n),
        "second": np.where(chance.random(n) < 0.8, chance.choice(GIVEN, n), ""),
        "home": home,
        "year": np.clip(chance.normal(1981, 15, n), 1930, 2007).astype(int),
        "sex": chance.integers(0, 2, n),
        "street": chance.integers(0, len(STREETS), n)[home],
        "number": chance.integers(1, 400, n)[home],
        "block": chance.integers(1, 30, n)[home],
        "room": (chance.integers(1, 29, n) * 100 + chance.integers(1, 5, n))[home],
        "region": chance.integers(1, REGIONS + 1, n)[home],
        "city": chance.integers(1, CITIES + 1, n)[home],
    }


def _records(
    base: dict[str, np.ndarray],
    who: np.ndarray,
    is_double: np.ndarray,
    chance: np.random.Generator,
    mix: Mix,
) -> pa.Table:
    n, persons = len(who), len(base["home"])
    later = np.arange(n) >= persons
    lines = chance.permutation(n)
    order = np.argsort(lines)
    take = {name: column[who] for name, column in base.items()}
    phone = np.where(is_double & (chance.random(n) < 0.7), who, persons + np.arange(n))
    year = take["year"] + (later & (chance.random(n) < mix.year_slip)) * chance.choice(
        [-10, -1, 1, 10], n
    )
    document = np.where(chance.random(n) < mix.others_document, take["home"], who)
    hidden = chance.random((3, n)) < np.array(
        [[mix.unstated], [mix.unstated], [mix.no_document]]
    )
    table = pa.table(
        {
            "customer_id": np.char.add("s", (6_000_000 + lines).astype(str)),
            "person_no": who,
            "phone_token": np.char.add("token_", phone.astype(str)),
            "identity_token": pa.array(
                np.char.add("document_", document.astype(str)), mask=hidden[2]
            ),
            "customer_name": _names(take, later, chance, mix),
            "address_text": _addresses(take, later, chance, mix),
            "gender": pa.array(
                np.where(take["sex"] == 1, "male", "female"), mask=hidden[0]
            ),
            "birth_year": pa.array(year.astype(np.int64), mask=hidden[1]),
            "region_code": np.char.add("R", take["region"].astype(str)),
            "city_code": np.char.add(
                np.char.add("R", take["region"].astype(str)),
                np.char.add("C", take["city"].astype(str)),
            ),
        }
    )
    return table.take(pa.array(order))


def _names(
    take: dict[str, np.ndarray],
    later: np.ndarray,
    chance: np.random.Generator,
    mix: Mix,
) -> np.ndarray:
    n = len(later)
    slip = later & (chance.random(n) < mix.name_slip)
    kind = chance.integers(0, 3, n)  # another character, a character lost, a space
    second = np.where(
        slip & (kind == 0) & (take["second"] != ""),
        chance.choice(GIVEN, n),
        take["second"],
    )
    second = np.where(slip & (kind == 1), "", second)
    first = np.where(slip & (kind == 2), np.char.add(" ", take["first"]), take["first"])
    return np.char.add(np.char.add(take["surname"], first), second)


def _addresses(
    take: dict[str, np.ndarray],
    later: np.ndarray,
    chance: np.random.Generator,
    mix: Mix,
) -> np.ndarray:
    n = len(later)
    moved = later & (chance.random(n) < mix.moved)
    number = np.where(moved, chance.integers(1, 400, n), take["number"]).astype(str)
    room = np.where(moved, chance.integers(101, 2905, n), take["room"]).astype(str)
    town = np.char.add(
        np.char.add(take["region"].astype(str), "区"),
        np.char.add(take["city"].astype(str), "城"),
    )
    street = np.char.add(town, STREETS[take["street"]])
    block = take["block"].astype(str)
    joined = [np.char.add(street, number), block, room]
    full = np.char.add(
        np.char.add(np.char.add(joined[0], "号"), np.char.add(block, "栋")),
        np.char.add(room, "室"),
    )
    short = np.char.add(
        np.char.add(np.char.add(joined[0], "-"), np.char.add(block, "-")), room
    )
    return np.where(later & (chance.random(n) < mix.address_rewritten), short, full)
