"""Names and addresses as staff type them."""

import numpy as np

from churn_tasks.simulator import codes
from churn_tasks.simulator.chance import Array, Chance
from churn_tasks.simulator.people import People

SURNAMES = np.array(
    list(
        "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余"
    )
)
GIVEN = np.array(
    list(
        "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建文玉兰海燕鹏宇欣怡子轩梓涵浩然雨泽晨阳思远嘉"
    )
)
CITIES = np.array(list("东西南北新"))
STREETS = np.array([
    "人民路", "中山路", "解放路", "建设路", "和平路", "文化路",
    "新华街", "长江路", "黄河路", "朝阳街", "学府路",
])  # fmt: skip
TWO_CHARACTERS_SHARE = 0.75  # of the given names
NUMBERS, BUILDINGS = (1, 400), (1, 30)
ROOMS = (101, 2_905)  # the floor and two digits for the door


def holder_names(people: People, chance: Chance) -> Array:
    """Surname and one or two characters; the first of the two is shared by brothers and sisters."""
    n, kinship = len(people), people.kinship
    is_sibling = kinship.sibling != np.arange(n)
    has_second = chance.happens(TWO_CHARACTERS_SHARE, n) | is_sibling
    second = np.where(has_second, chance.choice(GIVEN, n), "")
    first = chance.choice(GIVEN, n)[kinship.sibling]
    surname = SURNAMES[people.surname % len(SURNAMES)]
    names = joined(surname, first, second)
    return names[kinship.namesake][kinship.holder]


def addresses(people: People, chance: Chance) -> Array:
    """Street, number, building and room of each dwelling; those who live together share it."""
    n = len(people)
    region = np.array(codes.REGIONS)[people.region]
    city = CITIES[people.city - 1]
    street = STREETS[chance.integers(0, len(STREETS), n)]
    number = chance.between(NUMBERS, n).astype(str)
    building = chance.between(BUILDINGS, n).astype(str)
    room = chance.between(ROOMS, n).astype(str)
    text = joined(
        region, "区", city, "城", street, number, "号", building, "栋", room, "室"
    )
    return text[people.home]


def joined(first: Array, *parts: Array | str) -> Array:
    """Texts put together, row by row."""
    text = first
    for part in parts:
        text = np.char.add(text, part)
    return text
