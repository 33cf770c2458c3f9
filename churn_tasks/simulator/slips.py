"""The same name and the same address as another clerk writes them."""

import re
from collections.abc import Callable

from churn_tasks.simulator.phones import full_width
from churn_tasks.simulator.words import GIVEN

TRADITIONAL = str.maketrans(
    "张刘陈杨黄赵吴孙马罗郑谢许韩冯邓萧叶蒋伟丽强军艳杰涛刚华兰鹏轩阳远静",
    "張劉陳楊黃趙吳孫馬羅鄭謝許韓馮鄧蕭葉蔣偉麗強軍艷傑濤剛華蘭鵬軒陽遠靜",
)
SIMILAR = str.maketrans(  # written or spoken alike
    "王张陈杨黄周徐孙朱高林伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞刚桂英华建文玉兰燕鹏宇欣怡轩涵浩然晨阳思远嘉",
    "汪章程扬皇邹许逊诸髙琳玮方娅慜婧莉祥垒君扬永燕洁捐滔铭朝绣侠钢贵瑛桦健雯钰岚艳朋羽新仪萱寒皓燃辰杨斯圆佳",
)
Parts = dict[str, str]  # of an address
Way = Callable[[str], str]  # of writing it
ADDRESS = re.compile(
    r"(?P<region>\d+区)(?P<town>.城)(?P<street>..[路街])(?P<number>\d+)号(?P<block>\d+)栋(?P<room>\d+)室"
)


def traditional(name: str) -> str:
    return name.translate(TRADITIONAL)


def full_width_space(name: str) -> str:
    return f"{name[:1]}　{name[1:]}"


def spaced(name: str) -> str:
    return f"{name[:1]} {name[1:]} "


def similar(name: str) -> str:
    """The last character that has a double in writing or in sound is replaced by it."""
    alike = name.translate(SIMILAR)
    for position in reversed(range(len(name))):
        if alike[position] != name[position]:
            return name[:position] + alike[position] + name[position + 1 :]
    return name


def without_middle(name: str) -> str:
    if len(name) != 3:
        return name
    return name[0] + name[-1]


def mistyped_end(name: str) -> str:
    """Another last character, always the same one for the same name."""
    last = name[-1]
    others = [str(character) for character in GIVEN if character != last]
    return name[:-1] + others[ord(last) % len(others)]


NAME_SLIPS = (
    str,
    spaced,
    full_width_space,
    traditional,
    similar,
    without_middle,
    mistyped_end,
)
NAME_SHARES = (0.28, 0.12, 0.10, 0.18, 0.16, 0.08, 0.08)
EASY_NAME_SLIPS = 4  # the first of them come to the same name once it is standardised


def abbreviated(address: str) -> str:
    shorter = address.replace("栋", "-").replace("室", "")
    return shorter.replace("路", "路 ").replace("号", "号 ")


def in_parts(write: Callable[[Parts], str]) -> Way:
    """Write an address anew from its parts; one that has other parts stays as it is."""

    def rewrite(address: str) -> str:
        parts = ADDRESS.fullmatch(address)
        if parts is None:
            return address
        return write(parts.groupdict())

    return rewrite


@in_parts
def with_floor(parts: Parts) -> str:
    """1503室 as 15楼03室, and another word for the building."""
    floor, door = divmod(int(parts["room"]), 100)
    return "{region}{town}{street}{number}号{block}幢{floor}楼{door:02d}室".format(
        **parts, floor=floor, door=door
    )


@in_parts
def other_floor(parts: Parts) -> str:
    """1503室 as 15层3号."""
    floor, door = divmod(int(parts["room"]), 100)
    return "{region}{town}{street}{number}号{block}号楼{floor}层{door}号".format(
        **parts, floor=floor, door=door
    )


@in_parts
def region_behind(parts: Parts) -> str:
    return "{street}{number}号{block}栋{room}室（{region}{town}）".format(**parts)


@in_parts
def without_region(parts: Parts) -> str:
    return "{town}{street}{number}号{block}栋{room}室".format(**parts)


ADDRESS_SLIPS = (
    str,
    abbreviated,
    with_floor,
    other_floor,
    region_behind,
    without_region,
    full_width,
)
ADDRESS_SHARES = (0.20, 0.22, 0.16, 0.12, 0.10, 0.12, 0.08)
