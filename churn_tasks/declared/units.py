"""Units that a source may count in, and exactly how many of one make one of another.

The contract's unit is what a column holds after standardising; ``from`` in the profile's section ``standardise`` is
what was delivered. Ratios are whole numbers over whole numbers, so nothing is lost on the way to the last rounding.
"""

from fractions import Fraction

from churn_tasks.core.currency import NO_MONEY, YUAN, Currency, currencies
from churn_tasks.core.errors import SettingsError

# each family counts in its smallest common part; 1 kB, MB, GB are thousands, 1 KiB, MiB, GiB are 1024s
_YUAN = {
    "fen": 1,
    "jiao": 10,
    "yuan": 100,
    "CNY": 100,
    "thousand_yuan": 100_000,
    "wan_yuan": 1_000_000,
}
_TIME = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "days": 86_400_000}
_DATA = {
    "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
_SHARE = {"share": 100, "%": 1}
NO_OTHERS = "none: the contract states no unit that has others beside it"


def _money(money: Currency) -> dict[str, int]:
    """A currency in its parts, whole, and in thousands, as accounts are kept."""
    parts = {money.code: money.parts, f"thousand_{money.code}": 1000 * money.parts}
    if money.part:
        parts[money.part] = 1
    return parts


def _families() -> tuple[dict[str, int], ...]:
    own_words = (YUAN, NO_MONEY)
    others = [_money(one) for one in currencies().values() if one.code not in own_words]
    return (_YUAN, _TIME, _DATA, _SHARE, *others)


FAMILIES = _families()


def base_unit(contract_unit: str) -> str:
    """The unit itself of a contract's unit: ``CNY a month`` counts in CNY."""
    return contract_unit.split(" a ", maxsplit=1)[0]


def ratio(delivered: str, contract_unit: str, where: str) -> Fraction:
    """How many of the contract's unit one of the delivered unit is.

    >>> ratio("fen", "CNY", "bill.amount_cny"), ratio("GiB", "kB", "cdr.volume_kb")
    (Fraction(1, 100), Fraction(134217728, 125))
    >>> ratio("kopek", "RUB", "bill.amount_cny"), ratio("thousand_JPY", "JPY", "bill.amount_cny")
    (Fraction(1, 100), Fraction(1000, 1))

    Raises:
        SettingsError: it cannot be turned, with the units that can.
    """
    family = _family(contract_unit)
    if delivered not in family:
        counts_in = contract_unit or "no unit"
        known = ", ".join(family) or NO_OTHERS
        raise SettingsError(
            f"standardise.{where}.from is {delivered!r}; the contract counts in {counts_in}, allowed are {known}"
        )
    return Fraction(family[delivered], family[base_unit(contract_unit)])


def _family(contract_unit: str) -> dict[str, int]:
    """Units that can be turned into the contract's; none where it has no unit or one that stands alone."""
    unit = base_unit(contract_unit)
    for family in FAMILIES:
        if unit in family:
            return family
    return {}
