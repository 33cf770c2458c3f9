"""What a row of the ledger may say: ``include/ledger/entry.yaml``, read into objects (G7)."""

from collections.abc import Iterable
from functools import cache
from typing import Literal

from pydantic import Field

from churn_tasks.core.closed import Closed, Text, Words
from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.yaml_file import read_yaml

CONTRACT = INCLUDE / "ledger" / "entry.yaml"


class EntryColumn(Closed):
    """One column of the contract.

    Attributes:
        allowed: the texts that there are; empty: any.
        lowest, highest: of numbers, inclusive.
        longest: characters of a text.
    """

    name: str
    type: Literal["text", "integer", "decimal", "date", "month"]
    en: Words
    zh: Words
    required: bool = False
    allowed: tuple[str, ...] = ()
    lowest: float | None = None
    highest: float | None = None
    longest: int = 200
    unit: str = ""


class EntryRule(Closed):
    """Why a row is set aside, and whether people may accept such a row as it is."""

    en: Words
    zh: Words
    may_be_accepted: bool = False


class EntryContract(Closed):
    """``entry.yaml``."""

    meaning: Text
    columns: tuple[EntryColumn, ...] = Field(min_length=1)
    key: tuple[str, ...]
    reached: tuple[str, ...]
    accepted: tuple[str, ...]
    rules: dict[str, EntryRule]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]


@cache
def entry_contract() -> EntryContract:
    return EntryContract(**read_yaml(CONTRACT))


def said(rules: Iterable[str]) -> str:
    """The rules with their meaning in words."""
    contract = entry_contract()
    columns = {column.name: column for column in contract.columns}
    told = []
    for rule in rules:
        if rule in contract.rules:
            told.append(f"{rule} ({contract.rules[rule].en})")
            continue
        name = next(name for name in columns if rule.startswith(f"{name}_"))
        allowed = ", ".join(columns[name].allowed)
        told.append(f"{rule} (allowed: {allowed})" if allowed else rule)
    return "; ".join(told)
