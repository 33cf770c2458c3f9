"""The profile's currency: what amounts are called, and roughly how many of it a yuan buys.

Contracts and costs that ship are written in yuan. ``include/standard/currencies.csv`` holds the currencies of ISO 4217
with their rate of 2025 to one digit: enough for a limit of what is absurd, too coarse for anything that is paid.
"""

import csv
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

YUAN = "CNY"
NO_MONEY = "none"  # the currency of a source in which nothing is paid
FILE = Path(__file__).resolve().parents[2] / "include" / "standard" / "currencies.csv"


@dataclass(frozen=True)
class Currency:
    """One currency.

    Attributes:
        code: of ISO 4217, such as ``RUB``.
        per_yuan: how many of it a yuan buys, to one digit.
        parts: how many smallest parts one of it has: 100 kopeks, of the yen 1.
        part: what such a part is called; empty where there is none.
        en, zh: its names.
    """

    code: str
    per_yuan: float
    parts: int
    part: str
    en: str
    zh: str

    def limit(self, yuan: float) -> float:
        """A limit of what is absurd that is stated in yuan; never a smaller number, parts may be what is delivered.

        >>> currency("RUB").limit(50_000), currency("EUR").limit(50_000)
        (500000.0, 50000.0)
        """
        return yuan * max(self.per_yuan, 1.0)


@cache
def currencies() -> dict[str, Currency]:
    """Every currency by its code."""
    known = {NO_MONEY: Currency(NO_MONEY, 1.0, 1, "", "", "")}
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rate, parts = float(row["per_yuan"]), int(row["parts"])
            names = row["part"], row["en"], row["zh"]
            known[row["code"]] = Currency(row["code"], rate, parts, *names)
    return known


@cache
def money_words() -> dict[str, str]:
    """The last word of a column's name for the unit of each currency: ``rub`` for ``RUB``."""
    return {code: code.lower() for code in currencies() if code != NO_MONEY}


def currency(code: str) -> Currency:
    """The currency of a code that the settings have accepted."""
    return currencies()[code]


def _known(code: str) -> str:
    if code in currencies():
        return code
    near = get_close_matches(code.upper(), currencies(), n=3, cutoff=0.6)
    meant = f", such as {', '.join(near)}" if near else ""
    raise ValueError(
        f"must be a code of ISO 4217{meant}, or {NO_MONEY} where nothing is paid"
        " (include/standard/currencies.csv)"
    )


CurrencyCode = Annotated[str, AfterValidator(_known)]
