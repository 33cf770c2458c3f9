"""Editable tables of spellings: ``include/mappings/<name>.csv`` with the columns delivered, standard, note.

A profile's folder ``mappings/`` may hold a table of the same name: its lines are added, and replace those for the same
delivered spelling. Spellings are compared without white space around them, full-width and traditional characters and
case; the lines of a table go through the same.
"""

import csv
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from churn_tasks.core.errors import SettingsError
from churn_tasks.integrate.standardise.names import simplified

COLUMNS = ["delivered", "standard", "note"]
UNMAPPED = "unmapped"
MAPPED = "mapped"


def folded(text: str) -> str:
    """The form in which spellings are compared.

    >>> folded("　Ｒ０３ "), folded("东港 "), folded("東港")
    ('r03', '东港', '东港')
    """
    return simplified(unicodedata.normalize("NFKC", text)).strip().casefold()


@dataclass(frozen=True)
class Mapping:
    """One table of spellings: folded spelling to the standard one."""

    name: str
    standard_of: dict[str, str]

    @cached_property
    def standards(self) -> dict[str, str]:
        """Every standard spelling by its folded form; it is always its own standard."""
        return {folded(standard): standard for standard in self.standard_of.values()}

    def read(self, delivered: str) -> tuple[str | None, str | None]:
        """The standard spelling, and the rule by which it was found; an unknown one stays as it is.

        >>> table = Mapping("region", {"东港": "R01", "r01": "R01"})
        >>> table.read(" 东港"), table.read("R01"), table.read("elsewhere ")
        (('R01', 'mapped'), ('R01', None), ('elsewhere', 'unmapped'))
        """
        text = delivered.strip()
        if not text:
            return None, None
        spelling = folded(delivered)
        standard = self.standard_of.get(spelling) or self.standards.get(spelling)
        if standard is None:
            return text, UNMAPPED
        if standard == delivered:
            return standard, None
        return standard, MAPPED


def load_mapping(name: str, folders: list[Path]) -> Mapping:
    """A table of spellings, later folders adding to earlier ones.

    Raises:
        SettingsError: no folder holds it (with those there are), a heading is wrong, a line is incomplete, or one
            file gives two standards for one spelling.
    """
    files = [folder / f"{name}.csv" for folder in folders]
    there = [file for file in files if file.is_file()]
    if not there:
        raise SettingsError(
            f"there is no mappings/{name}.csv; there are {_names_in(folders)}"
        )
    standard_of: dict[str, str] = {}
    for file in there:
        standard_of |= _read(file)
    return Mapping(name, standard_of)


def _names_in(folders: list[Path]) -> str:
    names = {path.stem for folder in folders for path in folder.glob("*.csv")}
    return ", ".join(sorted(names)) or "none"


def _read(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.DictReader(file)
        if lines.fieldnames != COLUMNS:
            raise SettingsError(
                f"{path}: the heading is {lines.fieldnames}; it must be {', '.join(COLUMNS)}"
            )
        standard_of: dict[str, str] = {}
        for number, line in enumerate(lines, start=2):
            _add(standard_of, line, f"{path}, line {number}")
        return standard_of


def _add(standard_of: dict[str, str], line: dict[str, str], where: str) -> None:
    delivered = folded(line["delivered"] or "")
    standard = (line["standard"] or "").strip()
    if not delivered or not standard:
        raise SettingsError(f"{where}: delivered and standard must both be filled")
    if standard_of.setdefault(delivered, standard) != standard:
        raise SettingsError(
            f"{where}: {line['delivered']} stands for {standard_of[delivered]} already"
        )
