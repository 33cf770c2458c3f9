"""Traditional texts become simplified ones, and simplified ones stay as they are: names of people and of places."""

import csv
from pathlib import Path

import pytest
from opencc import OpenCC

from churn_tasks.core.settings import INCLUDE
from churn_tasks.integrate.standardise.addresses import AddressBook
from churn_tasks.integrate.standardise.mappings import load_mapping
from churn_tasks.integrate.standardise.names import standard_name

BOOK = AddressBook.load([INCLUDE / "mappings"])
TO_SIMPLIFIED, TO_TRADITIONAL = OpenCC("t2s").convert, OpenCC("s2t").convert
# A hundred surnames whose traditional form is another character; each beside the simplified one.
_PAIRS = (
    "張张 劉刘 陳陈 楊杨 黃黄 趙赵 吳吴 孫孙 馬马 羅罗 鄭郑 謝谢 許许 韓韩 馮冯 鄧邓 蕭萧 葉叶 蔣蒋 蘇苏 "
    "盧卢 賈贾 陸陆 鍾钟 範范 譚谭 鄒邹 閻阎 龍龙 萬万 錢钱 湯汤 賴赖 龔龚 龐庞 蘭兰 聶聂 齊齐 莊庄 顏颜 "
    "倫伦 顧顾 賀贺 師师 畢毕 鮑鲍 陽阳 歐欧 婁娄 紀纪 項项 費费 嚴严 溫温 蘆芦 關关 魯鲁 鄔邬 連连 烏乌 "
    "華华 鄺邝 譙谯 閔闵 單单 寧宁 喬乔 駱骆 談谈 歸归 滿满 車车 閆闫 農农 貝贝 計计 強强 欒栾 厲厉 諸诸 "
    "賁贲 鈕钮 廣广 養养 壽寿 衛卫 饒饶 尋寻 雲云 鳳凤 應应 薩萨 麥麦 樂乐 鄖郧 閭闾 東东 叢丛 藍蓝 萊莱"
)
SURNAMES = _PAIRS.split()


def _rows(table: str) -> list[dict[str, str]]:
    with (INCLUDE / "mappings" / f"{table}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _provinces() -> dict[str, str]:
    """Code to full name, which is the longest."""
    names: dict[str, str] = {}
    for row in _rows("province"):
        names[row["standard"]] = max(
            row["delivered"], names.get(row["standard"], ""), key=len
        )
    return names


def _addresses() -> dict[str, str]:
    """An address in each district to the district's code."""
    provinces, addresses = _provinces(), {}
    for row in _rows("district"):
        city, _, district = row["delivered"].partition("/")
        province = provinces[f"{row['standard'][:2]}0000"]
        below = "" if city == province else city
        addresses[f"{province}{below}{district}中山路1号"] = row["standard"]
    return addresses


ADDRESSES = _addresses()


def _district(address: str) -> str | None:
    (_, _, _, (district, _)) = BOOK.read(address)
    return district


@pytest.mark.parametrize("pair", SURNAMES)
def test_a_traditional_surname_becomes_the_simplified_one(pair: str) -> None:
    traditional, simplified = pair
    assert standard_name(f"{traditional}大明") == (f"{simplified}大明", "traditional")
    assert standard_name(f"{simplified}大明") == (f"{simplified}大明", None)


def test_there_are_a_hundred_of_them() -> None:
    assert len(set(SURNAMES)) == 100


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("张乾", "张乾"),
        ("張乾", "张乾"),
        ("乾大明", "乾大明"),
        ("麴大明", "麴大明"),
        ("麴偉", "麴伟"),
        ("於大明", "於大明"),
        ("於偉", "於伟"),
        ("魏徵", "魏徵"),
        ("劉昇", "刘昇"),
        ("刘昇", "刘昇"),
        ("李迺強", "李迺强"),
        ("鍾偉", "钟伟"),
        ("欧阳乾坤", "欧阳乾坤"),
        ("張餅乾", "张饼乾"),
        ("乾縣合夥企業公司", "乾县合伙企业公司"),
    ],
)
def test_a_character_with_a_meaning_of_its_own_stays(written: str, name: str) -> None:
    assert standard_name(written)[0] == name


def test_no_character_of_simplified_texts_is_changed() -> None:
    """All 6,763 of GB 2312, as a surname and as a given name; the naive conversion changes sixteen of them."""
    changed, changed_by_opencc, every = [], [], 0
    for row in range(0xB0, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                character = bytes([row, cell]).decode("gb2312")
            except UnicodeDecodeError:
                continue
            every += 1
            name, _ = standard_name(f"{character}大{character}明")
            if name != f"{character}大{character}明":
                changed.append(character)
            if TO_SIMPLIFIED(character) != character:
                changed_by_opencc.append(character)
    assert every == 6_763
    assert changed == []
    assert len(changed_by_opencc) == 16
    assert {"乾", "麴", "於", "徵"} <= set(changed_by_opencc)


def test_every_district_of_the_table_is_found() -> None:
    assert len(ADDRESSES) >= 3_100
    lost = {a: code for a, code in ADDRESSES.items() if _district(a) != code}
    assert lost == {}
    naive = {a for a, code in ADDRESSES.items() if _district(TO_SIMPLIFIED(a)) != code}
    assert naive == {
        "吉林省松原市乾安县中山路1号",
        "陕西省咸阳市乾县中山路1号",
    }, "the control loses the two"


def test_every_district_is_found_in_traditional_characters() -> None:
    """Three that the conversion there writes as nobody does (江乾區) or that it does not lead back are left out."""
    lost = []
    for address, code in ADDRESSES.items():
        if _district(TO_TRADITIONAL(address)) != code:
            lost.append(address)
    assert lost == [
        "浙江省杭州市江干区中山路1号",
        "河南省鹤壁市浚县中山路1号",
        "云南省玉溪市澄江县中山路1号",
    ]


@pytest.mark.parametrize(
    ("written", "standard"),
    [
        ("陝西省咸陽市乾縣中山路1號", "陕西省咸阳市乾县中山路1"),
        ("陕西咸阳乾县中山路1号", "陕西省咸阳市乾县中山路1"),
        ("吉林省松原市乾安縣乾安鎮1号", "吉林省松原市乾安县乾安镇1"),
        ("江苏省扬州市仪徵市中山路1号", "江苏省扬州市仪征市中山路1"),
        ("浙江省杭州市临安区於潜镇1号", "浙江省杭州市临安区於潜镇1"),
        ("广东省东莞市後街镇1号", "广东省东莞市后街镇1"),
    ],
)
def test_a_place_is_written_as_it_is_called(written: str, standard: str) -> None:
    assert BOOK.read(written)[0][0] == standard


def test_lines_of_a_table_and_what_is_delivered_go_through_the_same(
    tmp_path: Path,
) -> None:
    """A profile's own lines may be written in either script, in half or full width."""
    lines = "delivered,standard,note\n東港,R01,\n乾縣,R02,\n西港Ａ区,R03,\n"
    (tmp_path / "region.csv").write_text(lines, encoding="utf-8")
    table = load_mapping("region", [tmp_path])
    for delivered, code in {
        "东港": "R01", "東港": "R01", "乾县": "R02", "乾縣": "R02", "西港a區": "R03",
    }.items():  # fmt: skip
        assert table.read(delivered) == (code, "mapped")
    assert table.read("干县") == ("干县", "unmapped")
    own = "delivered,standard,note\n咸阳市/乾縣新區,610499,\n咸阳市/Ａ区,610498,\n"
    (tmp_path / "district.csv").write_text(own, encoding="utf-8")
    book = AddressBook.load([INCLUDE / "mappings", tmp_path])
    assert book.read("陕西省咸阳市乾县新区1号")[3][0] == "610499"
    assert book.read("陝西省咸陽市a區1號")[3][0] == "610498"
