"""Texts that nobody wrote the word lists for, read as a person would read them; and what must never be found."""

import random
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE, load_settings
from churn_tasks.integrate.texts.reading import TextReader
from churn_tasks.integrate.texts.rules import load_text_rules
from churn_tasks.integrate.texts.segments import MOST_CHARACTERS, normalised
from tests.lakes import small_profile


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader(load_text_rules(load_settings("telecom")))


READ = {  # text -> classes, and the sign of its tone (None: no word of feeling)
    "套餐太贵了，隔壁联通便宜一半": ({"price", "rival"}, -1),
    "地下车库完全没有信号，视频一直转圈": ({"network"}, -1),
    "打了几次客服，踢皮球，没人管": ({"service", "repeat"}, -1),
    "没订购过的增值业务乱扣费，要求退款": ({"billing"}, -1),
    "合约期还有一年，提前解约要交违约金": ({"contract"}, None),
    "再不解决我就转网去电信": ({"rival", "leaving"}, -1),
    "我要办理携号转网，授权码迟迟收不到": ({"rival", "leaving", "repeat"}, None),
    "搬家了，新小区移机办不了，我只能销户": ({"moving", "leaving"}, None),
    "已向工信部申诉，请尽快处理": ({"escalation"}, None),
    "问题已解决，服务很好，非常感谢": ({"thanks"}, 1),
    "客服耐心周到，表扬": ({"service", "thanks"}, 1),
    "ＡＰＰ上查不到账单，請儘快": ({"billing"}, None),
    "The signal is terrible, I will leave and port my number to another operator.": (
        {"network", "rival", "leaving"}, -1,
    ),
    "You overcharged me again; refund!": ({"billing", "repeat"}, -1),
    "Very helpful agent, thank you very much": ({"service", "thanks"}, 1),
    "I want to cancel my contract, early termination fee is ridiculous": ({"contract", "leaving"}, -1),
    "网速 slow, 客服 rude": ({"network", "service"}, -1),
}  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_a_text_is_read_as_a_person_would(reader: TextReader, text: str) -> None:
    classes, sign = READ[text]
    found = reader.read(text)
    assert found is not None
    assert set(found.classes) >= classes
    assert len(set(found.classes) - classes) <= 1, (
        "at most one class beside what a person names"
    )
    assert (None if found.tone is None else (found.tone > 0) - (found.tone < 0)) == sign


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("不会转网的，放心", "leaving"),
        ("没打算换号", "leaving"),
        ("I'm not leaving", "leaving"),
        ("给这次服务一个评价", "price"),  # 价 within 评价
        ("supported the report on airports", "rival"),  # port within longer words
        ("通电话时听不清", "leaving"),
        ("对处理结果不满意", "thanks"),
    ],
)
def test_what_is_denied_or_stands_within_another_word_is_not_found(
    reader: TextReader, text: str, without: str
) -> None:
    found = reader.read(text)
    assert found is not None and without not in found.classes


def test_a_search_for_the_terms_alone_would_find_all_of_them() -> None:
    """Control: why texts are cut into words."""
    assert (
        "价" in "给这次服务一个评价"
        and "port" in "supported the report"
        and "转网" in "不会转网的，放心"
    )


TONES = ["极其糟糕", "非常糟糕", "糟糕", "有点糟糕", "一般", "不糟糕", "满意", "很满意"]


def test_degree_and_negation_order_the_tone(reader: TextReader) -> None:
    """Points of the same word: 4 x 2, 3 x 2, 2 x 2, 1 x 2; denied it is half as good; and the good ones upwards."""
    points = [
        (one.positive - one.negative) if (one := reader.read(text)) else 0
        for text in TONES
    ]
    assert points == [-8, -6, -4, -2, 0, 2, 4, 6]
    unhappy = reader.read("不太满意")
    assert unhappy is not None and unhappy.tone == -1


def test_a_negation_reaches_neither_the_next_clause_nor_past_a_break(
    reader: TextReader,
) -> None:
    for text in (
        "不，我要销户",
        "再不解决我就销户",
        "if you do not mend it, I'll leave",
    ):
        found = reader.read(text)
        assert found is not None and "leaving" in found.classes, text


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "   ",
        "\n\t",
        "……",
        "！！！",
        "😡😡",
        "无",
        " 无 ",
        "N/A",
        "null",
        "暂无",
        "\x00",
    ],
)
def test_nothing_written_is_no_text(reader: TextReader, text: str | None) -> None:
    assert reader.read(text) is None


ODD = {
    "digits": "13800138000 12345678",
    "emoji within": "信号😡差😡😡",
    "controls": "信\u200b号\x07很\u202e差",
    "lone surrogate": "信号差\ud83d",
    "one letter": "a",
    "arabic": "الشبكة بطيئة",
    "tags": "<script>alert('信号')</script>",
    "formula": "=HYPERLINK(信号)",
    "spaced": "信 号 很 差",
    "very long": "信号很差。" * 50_000,
    "one endless word": "慢" * 100_000,
    "no spaces": "x" * 100_000,
}


@pytest.mark.parametrize("name", ODD)
def test_odd_texts_are_read_in_no_time(reader: TextReader, name: str) -> None:
    started = time.process_time()
    found = reader.read(ODD[name])
    assert time.process_time() - started < 2
    assert found is not None and 0 < found.characters <= MOST_CHARACTERS
    assert ("network" in found.classes) == (name in {"emoji within", "controls", "lone surrogate", "tags", "formula",
                                                     "spaced", "very long"})  # fmt: skip


def test_random_characters_never_fail(reader: TextReader) -> None:
    chance = random.Random(7)
    alphabet = "信号慢不很转网太贵 ,，。!*'\"-—123abcPORT\u3000\ufeff\u0301\U0001f600𠀀"
    for _ in range(2_000):
        text = "".join(chance.choice(alphabet) for _ in range(chance.randint(1, 40)))
        found = reader.read(text)
        assert found is None or (found.tone is None or -1 <= found.tone <= 1)
        assert found == reader.read(text)


def test_thousands_of_texts_a_second(reader: TextReader) -> None:
    texts = [text * 2 for text in READ] * 60
    started = time.process_time()
    for text in texts:
        reader.read(text)
    assert len(texts) / (time.process_time() - started) > 2_000


def _terms() -> Iterable[tuple[str, str]]:
    rules = load_text_rules(load_settings("telecom"))
    return [
        (name, term)
        for name, one in rules.classes.classes.items()
        for term in one.terms
    ]


def test_every_term_finds_itself(reader: TextReader) -> None:
    """A term that its own spelling does not find is dead; the segmentation must keep it whole."""
    dead = []
    for name, term in _terms():
        found = reader.read(
            f"我说{term.rstrip('*')}。"
            if not term.isascii()
            else f"well {term.replace('*', '')}."
        )
        if found is None or name not in found.classes:
            dead.append((name, term))
    assert dead == []


def test_every_class_is_a_column_and_has_both_languages() -> None:
    rules = load_text_rules(load_settings("telecom"))
    table = yaml.safe_load(
        (INCLUDE / "tables" / "pipeline" / "month_complaint_text.yaml").read_text(
            encoding="utf-8"
        )
    )
    counts = [
        column["name"]
        for column in table["columns"]
        if column["name"].endswith("_text_count")
    ]
    assert counts == [f"{name}_text_count" for name in rules.classes.classes]
    assert all(one.title.en and one.title.zh for one in rules.classes.classes.values())


def test_a_profile_may_bring_words_of_its_own(tmp_path: Path) -> None:
    profile = small_profile(tmp_path, ["bill", "complaint"])
    (profile / "text").mkdir()
    words = {
        "classes": {"price": {"title": {"en": "x", "zh": "x"}, "terms": ["gold*"]}}
    }
    (profile / "text" / "classes.yaml").write_text(
        yaml.safe_dump(words), encoding="utf-8"
    )
    found = TextReader(load_text_rules(load_settings(str(profile)))).read(
        "too golden, terrible"
    )
    assert found is not None and found.classes == ("price",) and found.tone == -1


@pytest.mark.parametrize("terms", ["[no, price]", "[315]", "['']", "price"])
def test_a_word_that_yaml_takes_for_something_else_is_refused(
    terms: str, tmp_path: Path
) -> None:
    profile = small_profile(tmp_path, ["bill", "complaint"])
    (profile / "text").mkdir()
    text = f"classes: {{price: {{title: {{en: x, zh: x}}, terms: {terms}}}}}"
    (profile / "text" / "classes.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"(?s)classes\.yaml.*quote words"):
        load_text_rules(load_settings(str(profile)))


def test_one_spelling() -> None:
    assert normalised(" ＡＢＣ\u3000信 号\t差　 5G 网 ") == "abc 信号差 5g 网"
