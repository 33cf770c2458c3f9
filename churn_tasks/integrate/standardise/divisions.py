"""The official divisions of the country by name, and which of them a text begins with.

A code has six digits: two of the province, two of the city, two of the district. A code that is not known is the empty
text here.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Self

from churn_tasks.integrate.standardise.mappings import load_mapping
from churn_tasks.integrate.standardise.names import simplified_place

LONGEST_NAME = 15  # characters of the longest name of a district
_SPACES_AND_COMMAS = re.compile(r"[\s,;、。·|]+")
UNKNOWN = ""
EVERYWHERE = ""  # the place of names that are looked for in the whole country


class Beginning(NamedTuple):
    """The code of the name that a text begins with, and the rest of the text; all of it where there is none."""

    code: str
    rest: str


class Codes(dict[str, str]):
    """Name to code. Most texts begin with no name at all, which the first two characters tell."""

    @cached_property
    def starts(self) -> frozenset[str]:
        return frozenset(name[:2] for name in self)

    def beginning(self, text: str) -> Beginning:
        """The longest name that the text begins with."""
        if text[:2] in self.starts:
            for length in range(min(LONGEST_NAME, len(text)), 1, -1):
                if code := self.get(text[:length]):
                    return Beginning(code, text[length:])
        return Beginning(UNKNOWN, text)


NO_CODES = Codes()
NameAndCode = tuple[str, str]
CodesWithin = dict[
    str, Codes
]  # by the code of the parent, or by the digits of the province


@dataclass(frozen=True)
class Place:
    """What a text names of the divisions; a code is empty where it names none."""

    province: str
    city: str
    district: str
    rest: str

    @property
    def codes(self) -> tuple[str, str, str]:
        """From the largest to the smallest."""
        return self.province, self.city, self.district


class Divisions:
    """Provinces, their cities, and the districts of these.

    Args:
        provinces: full or short name to code.
        cities, districts: code of the parent to name to code.
    """

    def __init__(
        self, provinces: Codes, cities: CodesWithin, districts: CodesWithin
    ) -> None:
        self.provinces, self.cities, self.districts = provinces, cities, districts
        self._full_names = _full_names(provinces, *cities.values(), *districts.values())
        self._city_of = {
            district: city
            for city, codes in districts.items()
            for district in codes.values()
        }
        self._cities_below: CodesWithin = {}
        self._short_cities_below: CodesWithin = {}
        for digits, pairs in _by_province(_pairs(cities)).items():
            self._cities_below[digits] = Codes(pairs)
            self._short_cities_below[digits] = _short_names(pairs)
        self._districts_below: CodesWithin = {}
        for digits, pairs in _by_province(_long_names(districts)).items():
            self._districts_below[digits] = _unambiguous(pairs)

    @classmethod
    def load(cls, folders: list[Path]) -> Self:
        """Those of the tables ``province``, ``city`` (province/city) and ``district`` (city/district)."""
        provinces = _table("province", folders)
        cities = _children(_table("city", folders), provinces)
        by_name = dict(_pairs(cities))
        return cls(provinces, cities, _children(_table("district", folders), by_name))

    def full_name(self, place: Place) -> str:
        """The full names of a place together; 北京市北京市朝阳区 is 北京市朝阳区."""
        names = [self._full_names[code] for code in place.codes if code]
        return "".join(dict.fromkeys(names))

    def place(self, text: str) -> Place:
        """The divisions that the text begins with.

        A short name (广东, 深圳) counts only where a division of its own follows: 中山路 is no city.
        """
        province, after_province = self._province(text)
        city, after_city = self._city(after_province, province)
        district, rest = self._of(city).beginning(after_city)
        is_bare = city == UNKNOWN or after_city == text
        if district == UNKNOWN and is_bare:
            district, rest = self._below(province).beginning(rest)
            city = self._city_of.get(district, city)
        smallest = city or district
        if not province and smallest:
            province = f"{smallest[:2]}0000"
        return Place(province, city, district, rest)

    def _of(self, city: str) -> Codes:
        return self.districts.get(city, NO_CODES)

    def _below(self, province: str) -> Codes:
        """The districts of a province, or of the country, that no other there is called like."""
        return self._districts_below.get(province[:2], NO_CODES)

    def _province(self, text: str) -> Beginning:
        beginning = self.provinces.beginning(text)
        code, rest = beginning
        if not code:
            return beginning
        is_full = text == self._full_names[code] + rest
        if is_full or self._names_a_part(rest, code):
            return beginning
        return Beginning(UNKNOWN, text)

    def _names_a_part(self, text: str, province: str) -> bool:
        """Whether the text goes on with a city or a district of the province."""
        if self._city(text, province).rest != text:
            return True
        districts = (self._below(province), self._of(self._municipality(province)))
        return any(codes.beginning(text).code for codes in districts)

    def _city(self, text: str, province: str) -> Beginning:
        """A city by its full name, by its short one where one of its districts follows, or the municipality itself."""
        digits = province[:2]
        city = self._cities_below.get(digits, NO_CODES).beginning(text)
        if city.code:
            return city
        short = self._short_cities_below.get(digits, NO_CODES).beginning(text)
        if short.code and self._of(short.code).beginning(short.rest).code:
            return short
        return Beginning(self._municipality(province), text)

    def _municipality(self, province: str) -> str:
        """The city that a province is itself: 北京市."""
        name = self._full_names.get(province, "")
        return self.cities.get(province, NO_CODES).get(name, UNKNOWN)


def _table(name: str, folders: list[Path]) -> Codes:
    """The names of one level in the form in which addresses are read."""
    lines = load_mapping(name, folders).standard_of
    return Codes({in_one_script(path): code for path, code in lines.items()})


def in_one_script(text: str) -> str:
    """Half-width, simplified, upper case, without spaces and commas: names in tables and in addresses alike.

    >>> in_one_script("陝西省 乾縣，ｂ座")
    '陕西省乾县B座'
    """
    one_script = simplified_place(unicodedata.normalize("NFKC", text)).upper()
    return _SPACES_AND_COMMAS.sub("", one_script)


def _children(paths: Codes, parents: Mapping[str, str]) -> CodesWithin:
    """``parent/child`` to code, as code of the parent to name of the child to code."""
    children: CodesWithin = defaultdict(Codes)
    for path, code in paths.items():
        parent, _, child = path.partition("/")
        if child and parent in parents:
            children[parents[parent]][child] = code
    return dict(children)


def _full_names(*levels: Codes) -> dict[str, str]:
    """Code to full name, which is the longest."""
    names: dict[str, str] = {}
    for codes in levels:
        for name, code in codes.items():
            names[code] = max(name, names.get(code, ""), key=len)
    return names


def _pairs(levels: CodesWithin) -> Iterator[NameAndCode]:
    """Name and code of every division."""
    for codes in levels.values():
        yield from codes.items()


def _long_names(levels: CodesWithin) -> Iterator[NameAndCode]:
    """The same without names of two characters, which other words begin with."""
    return ((name, code) for name, code in _pairs(levels) if len(name) > 2)


def _by_province(pairs: Iterable[NameAndCode]) -> dict[str, list[NameAndCode]]:
    """By the first two digits of their code, and all of them under :data:`EVERYWHERE`."""
    below: dict[str, list[NameAndCode]] = defaultdict(list)
    for name, code in pairs:
        below[EVERYWHERE].append((name, code))
        below[code[:2]].append((name, code))
    return below


def _short_names(cities: Iterable[NameAndCode]) -> Codes:
    """Cities by their short name: 深圳 for 深圳市."""
    short = Codes()
    for name, code in cities:
        if name.endswith("市"):
            short[name.removesuffix("市")] = code
    return short


def _unambiguous(pairs: Sequence[NameAndCode]) -> Codes:
    """The names that only one of these has."""
    times = Counter(name for name, _ in pairs)
    return Codes((name, code) for name, code in pairs if times[name] == 1)
