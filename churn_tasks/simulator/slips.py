"""The same name and the same address as another clerk writes them."""

import re

from churn_tasks.simulator.phones import FULL_WIDTH
from churn_tasks.simulator.words import GIVEN

TRADITIONAL = str.maketrans(
    "张刘陈杨黄赵吴孙马罗郑谢许韩冯邓萧叶蒋伟丽强军艳杰涛刚华兰鹏轩阳远静",
    "張劉陳楊黃趙吳孫馬羅鄭謝許韓馮鄧蕭葉蔣偉麗強軍艷傑濤剛華蘭鵬軒陽遠靜",
)
SIMILAR = str.maketrans(  # written or spoken alike
    "王张陈杨黄周徐孙朱高林伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞刚桂英华建文玉兰燕鹏宇欣怡轩涵浩然晨阳思远嘉",
    "汪章程扬皇邹许逊诸髙琳玮方娅慜婧莉祥垒君扬永燕洁捐滔铭朝绣侠钢贵瑛桦健雯钰岚艳朋羽新仪萱寒皓燃辰杨斯圆佳",
)
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
    for position in range(len(name) - 1, -1, -1):
        other = name[position].translate(SIMILAR)
        if other != name[position]:
            return name[:position] + other + name[position + 1 :]
    return name


def without_middle(name: str) -> str:
    return name[0] + name[-1] if len(name) == 3 else name


def mistyped_end(name: str) -> str:
    """Another last character, always the same one for the same name."""
    other = [str(character) for character in GIVEN if character != name[-1]]
    return name[:-1] + other[ord(name[-1]) % len(other)]


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
    return (
        address.replace("路", "路 ")
        .replace("栋", "-")
        .replace("室", "")
        .replace("号", "号 ")
    )


def with_floor(address: str) -> str:
    """1503室 as 15楼03室, and another word for the building."""
    found = ADDRESS.fullmatch(address)
    if found is None:
        return address
    floor, room = divmod(int(found["room"]), 100)
    street = f"{found['region']}{found['town']}{found['street']}"
    return f"{street}{found['number']}号{found['block']}幢{floor}楼{room:02d}室"


def other_floor(address: str) -> str:
    """1503室 as 15层3号."""
    found = ADDRESS.fullmatch(address)
    if found is None:
        return address
    floor, room = divmod(int(found["room"]), 100)
    return f"{found['region']}{found['town']}{found['street']}{found['number']}号{found['block']}号楼{floor}层{room}号"


def region_behind(address: str) -> str:
    found = ADDRESS.fullmatch(address)
    return (
        address
        if found is None
        else f"{address[found.end('town') :]}（{found['region']}{found['town']}）"
    )


def without_region(address: str) -> str:
    found = ADDRESS.fullmatch(address)
    return address if found is None else address[found.end("region") :]


def wide_digits(address: str) -> str:
    return address.translate(FULL_WIDTH)


ADDRESS_SLIPS = (
    str,
    abbreviated,
    with_floor,
    other_floor,
    region_behind,
    without_region,
    wide_digits,
)
ADDRESS_SHARES = (0.20, 0.22, 0.16, 0.12, 0.10, 0.12, 0.08)
