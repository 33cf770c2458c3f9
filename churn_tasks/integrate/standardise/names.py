"""Names of people and companies in one form, for finding the same holder written in two ways.

Full-width letters and brackets, traditional characters, spaces between characters, the dots of minority and foreign
names (买买提·吐尔逊), titles and notes in brackets. The name as it was written stays in its own column.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

# the standard form, and the rules applied, joined by commas
Read = tuple[str | None, str | None]
Change = Callable[[str], str]
DOT = "·"
_DOTS = re.compile(r"\s*[·•‧∙⋅・･.．。]\s*")
# an agent's remark; one not closed goes to the end
_NOTE = re.compile(r"[(\[{【〔《<][^)\]}】〕》>]*[)\]}】〕》>]?")
_TITLE = re.compile(
    r"(?:先生|女士|小姐|太太|老师|师傅|经理|总经理|医生|教授|同学|(?:mr|mrs|ms|miss|dr)\.?)$",
    re.IGNORECASE,
)
_LATIN_TITLE = re.compile(r"^(?:mr|mrs|ms|miss|dr)\.?\s+", re.IGNORECASE)
_HAN_RANGES = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HAN = re.compile(rf"[{_HAN_RANGES}]")
_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN_RANGES}·])\s+(?=[{_HAN_RANGES}·])")
_SPACES = re.compile(r"\s+")
_COMPANY = re.compile(r"公司|集团|学校|大学|医院|中心|厂|店|银行|委员会|协会|局|部|院$")
# Characters that are traditional for another one (乾 in 餅乾 for 干) and words of their own as well: names of people
# (张乾, 於, 麴; 昇陞迺谿 by the General Standard of 2013) and of places (乾县, 於潜).
_OF_NAMES = re.compile("([乾於徵麴吒昇陞迺谿])")
_OF_PLACES = re.compile("([乾於])")
_SURROUNDING = " \t\r\n\u3000,，;；、:：\"'*-_/"


def standard_name(delivered: str) -> Read:
    """One form of a name and the rules that led to it.

    >>> standard_name("張　偉"), standard_name("买买提．吐尔逊"), standard_name("王芳（女士）"), standard_name("李娜")
    (('张伟', 'width,traditional,spacing'), ('买买提·吐尔逊', 'width,dots'), ('王芳', 'width,title'), ('李娜', None))
    """
    rules: list[str] = []
    text = delivered
    for rule, change in _CHANGES.items():
        changed = change(text)
        if changed != text:
            rules.append(rule)
            text = changed
    return text or None, ",".join(rules) or None


def _half_width(text: str) -> str:
    one_dot = text.replace("•", DOT).replace("‧", DOT)
    return unicodedata.normalize("NFKC", one_dot)


def _without_title(text: str) -> str:
    """The name without remarks in brackets and forms of address; a company keeps what its brackets hold."""
    if _COMPANY.search(text):
        return text
    without_note = _NOTE.sub("", text).strip()
    bare = _LATIN_TITLE.sub("", without_note)
    shorter = _TITLE.sub("", bare).strip()
    is_a_surname = len(shorter) == 1 and shorter != bare
    if len(shorter) > 1 or is_a_surname:
        return shorter
    return bare


def simplified(text: str) -> str:
    """A traditional text in simplified characters, but for surnames and given names; a simplified one as it is.

    >>> simplified("張乾"), simplified("张乾"), simplified("麴氏餅乾"), simplified("合夥"), simplified("合夥企業")
    ('张乾', '张乾', '麴氏饼乾', '合夥', '合伙企业')
    """
    if text.isascii() or _traditional().isdisjoint(text):
        return text
    return _converted(text, _OF_NAMES)


def simplified_place(text: str) -> str:
    """An address in simplified characters, but for those that stand in names of places.

    >>> simplified_place("陝西省乾縣"), simplified_place("陕西省乾县"), simplified_place("江苏省仪徵市")
    ('陕西省乾县', '陕西省乾县', '江苏省仪征市')
    """
    if text.isascii() or _changed().isdisjoint(text):
        return text
    return _converted(text, _OF_PLACES)


def _converted(text: str, kept: re.Pattern[str]) -> str:
    """The text in simplified characters, but for those that the pattern captures."""
    convert = _converter().convert
    parts = kept.split(text)  # every second one is a character that stays
    parts[::2] = [str(convert(part)) for part in parts[::2]]
    return "".join(parts)


def _one_spacing(text: str) -> str:
    single = _SPACES.sub(" ", text)
    return _BETWEEN_HAN.sub("", single).strip(_SURROUNDING)


def _one_dot(text: str) -> str:
    if not _HAN.search(text):
        return text
    return _DOTS.sub(DOT, text).strip(DOT)


_CHANGES: dict[str, Change] = {
    "width": _half_width,
    "traditional": simplified,
    "spacing": _one_spacing,
    "dots": _one_dot,
    "title": _without_title,
    "case": str.upper,
}


@cache
def _converter():  # type: ignore[no-untyped-def]  # opencc ships no types
    import opencc  # a second to import: only where names are read

    return opencc.OpenCC("t2s")


@cache
def _changed() -> frozenset[str]:
    """Characters that conversion to simplified changes; most texts hold none of them."""
    convert = _converter().convert
    unified, compatible = range(0x3400, 0xA000), range(0xF900, 0xFB00)
    every = map(chr, (*unified, *compatible))
    return frozenset(
        character for character in every if convert(character) != character
    )


@cache
def _traditional() -> frozenset[str]:
    """Those of them by which a text is a traditional one: GB 2312, made for simplified texts, has no place for them."""
    return frozenset(
        character
        for character in _changed()
        if not _OF_NAMES.match(character) and not _is_in_gb2312(character)
    )


def _is_in_gb2312(character: str) -> bool:
    return character.encode("gb2312", errors="ignore") != b""
