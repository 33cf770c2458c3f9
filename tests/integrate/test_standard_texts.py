"""Names, addresses and codes in one form."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE
from churn_tasks.integrate.standardise.addresses import AddressBook
from churn_tasks.integrate.standardise.mappings import load_mapping
from churn_tasks.integrate.standardise.names import standard_name
from tests.property_sizes import examples

BOOK = AddressBook.load([INCLUDE / "mappings"])
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
WRITTEN = st.text(
    st.one_of(
        HAN, st.sampled_from(" 　·•.()（）0123456789号栋室楼-一二十路省市区ＡaZ先生")
    ),
    max_size=20,
)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("李娜", "李娜"),
        ("張偉", "张伟"),
        ("歐陽　娜娜", "欧阳娜娜"),
        ("王 小 明", "王小明"),
        ("王　芳", "王芳"),
        ("王芳（女士）", "王芳"),
        ("张伟先生", "张伟"),
        ("李四【代办】", "李四"),
        ("买买提·吐尔逊", "买买提·吐尔逊"),
        ("买买提．吐尔逊", "买买提·吐尔逊"),
        ("买买提•吐尔逊", "买买提·吐尔逊"),
        ("买买提 · 吐尔逊", "买买提·吐尔逊"),
        ("JOHN  SMITH", "JOHN SMITH"),
        ("Mr. John Smith", "JOHN SMITH"),
        ("Ｊｏｈｎ", "JOHN"),
        ("北京某某（集团）有限公司", "北京某某(集团)有限公司"),
        ("  ", None),
    ],
)
def test_a_name_has_one_form(written: str, name: str | None) -> None:
    assert standard_name(written)[0] == name


SHENZHEN = ("广东省深圳市南山区科技路12-3-1503", "440000", "440300", "440305")


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("广东省深圳市南山区科技路12号3栋1503室", SHENZHEN),
        ("广东深圳市南山区科技路12号3幢1503", SHENZHEN),
        ("深圳南山区科技路１２号３栋１５０３室", SHENZHEN),
        ("深圳市 南山区 科技路 12号 3-1503", SHENZHEN),
        ("中国广东省深圳市南山区科技路12号3栋15楼03室", SHENZHEN),
        ("518000广东省深圳市南山区科技路十二号三栋1503室", SHENZHEN),
        ("科技路12号3号楼15层3号（深圳市南山区）", SHENZHEN),
        (
            "北京朝阳区建国路12号",
            ("北京市朝阳区建国路12", "110000", "110100", "110105"),
        ),
        (
            "海淀区中关村大街1号",
            ("北京市海淀区中关村大街1", "110000", "110100", "110108"),
        ),
        (
            "上海市浦東新區世紀大道100弄5號602室",
            ("上海市浦东新区世纪大道100-5-602", "310000", "310100", "310115"),
        ),
        (
            "湖北省潜江市园林街道1号",
            ("湖北省潜江市园林街道1", "420000", "429005", None),
        ),
        ("南山区科技路1号", ("南山区科技路1", None, None, None)),  # two cities have one
        ("中山路12号", ("中山路12", None, None, None)),  # a street, not the city
        ("广东路12号", ("广东路12", None, None, None)),
        ("台湾省台北市1号", ("台湾省台北市1", "710000", None, None)),
        ("台湾路12号", ("台湾路12", None, None, None)),  # a province without districts
        ("地铁5号线旁边", ("地铁5号线旁边", None, None, None)),
        ("03区东城人民路 12号 3-501", ("03区东城人民路12-3-501", None, None, None)),
    ],
)
def test_an_address_has_one_form_and_its_codes(
    written: str, wanted: tuple[str | None, ...]
) -> None:
    assert tuple(value for value, _ in BOOK.read(written)) == wanted


@settings(max_examples=examples(150), deadline=None)
@given(WRITTEN)
def test_the_standard_form_of_a_text_is_itself(text: str) -> None:
    for read in (lambda t: standard_name(t)[0], lambda t: BOOK.read(t)[0][0]):
        once = read(text)
        assert once is None or read(once) == once


def test_a_name_that_is_only_trimmed_is_found_out() -> None:
    """Negative control: trimming alone leaves two spellings of one holder apart."""
    assert "張 偉".strip() != "张伟"
    assert standard_name("張 偉")[0] == standard_name("张伟")[0]


def test_the_shipped_divisions_are_complete() -> None:
    sizes = {
        name: len(load_mapping(name, [INCLUDE / "mappings"]).standards)
        for name in ("province", "city", "district")
    }
    assert sizes == {"province": 34, "city": 365, "district": 3106}


def _file(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "region.csv").write_text(text, encoding="utf-8")
    return folder


def test_a_profile_adds_to_a_mapping_and_overrides_it(tmp_path: Path) -> None:
    shipped = _file(
        tmp_path / "shipped", "delivered,standard,note\n东港,R01,\n西岭,R02,\n"
    )
    own = _file(
        tmp_path / "own", "delivered,standard,note\n西岭,R09,moved\n南湾,R03,\n"
    )
    table = load_mapping("region", [shipped, own])
    assert [table.read(text) for text in ("东港", " 西岭 ", "南湾", "R03", "ｒ０３", "R77", "  ")] == [
        ("R01", "mapped"), ("R09", "mapped"), ("R03", "mapped"), ("R03", None), ("R03", "mapped"),
        ("R77", "unmapped"), (None, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("from,to\na,b\n", "heading"),
        ("delivered,standard,note\n东港,,\n", "line 2: delivered and standard"),
        (
            "delivered,standard,note\n东港,R01,\n 东港 ,R02,\n",
            "line 3:  东港  stands for R01 already",
        ),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        load_mapping("region", [_file(tmp_path / "own", text)])


def test_an_unknown_mapping_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no mappings/plan.csv; there are region"):
        load_mapping("plan", [_file(tmp_path / "own", "delivered,standard,note\n")])
