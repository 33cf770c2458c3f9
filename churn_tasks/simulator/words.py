"""Names and addresses as staff type them."""

import numpy as np

from churn_tasks.simulator import codes
from churn_tasks.simulator.clock import Array
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
STREETS = np.array(
    [
        "人民路",
        "中山路",
        "解放路",
        "建设路",
        "和平路",
        "文化路",
        "新华街",
        "长江路",
        "黄河路",
        "朝阳街",
        "学府路",
    ]
)


def holder_names(people: People, chance: np.random.Generator) -> Array:
    """Surname and one or two characters; the first of the two is shared by brothers and sisters."""
    n, kinship = len(people), people.kinship
    has_second = chance.random(n) < 0.75
    second, first = chance.choice(GIVEN, n), chance.choice(GIVEN, n)
    is_sibling = kinship.sibling != np.arange(n)
    second = np.where(has_second | is_sibling, second, "")
    names = np.char.add(
        np.char.add(SURNAMES[people.surname % len(SURNAMES)], first[kinship.sibling]),
        second,
    )
    return names[kinship.namesake][kinship.holder]


def addresses(people: People, chance: np.random.Generator) -> Array:
    """Street, number, building and room of each dwelling; those who live together share it."""
    n = len(people)
    street = STREETS[chance.integers(0, len(STREETS), n)]
    parts = (
        chance.integers(1, 400, n),
        chance.integers(1, 30, n),
        chance.integers(101, 2905, n),
    )
    town = np.char.add(
        np.char.add(np.array(codes.REGIONS)[people.region], "区"),
        CITIES[people.city - 1],
    )
    text = np.char.add(np.char.add(town, "城"), street)
    for value, suffix in zip(parts, ("号", "栋", "室"), strict=True):
        text = np.char.add(np.char.add(text, value.astype(str)), suffix)
    return text[people.home]
