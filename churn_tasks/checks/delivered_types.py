"""What kind of value a delivered type holds, and which kinds may arrive for, or take the place of, which."""

import re
from collections.abc import Mapping

Columns = Mapping[str, str]  # name -> type, in the words of whoever delivers it

TYPE_WORDS: tuple[tuple[str, str], ...] = (  # the first that matches
    ("null", r"^null"),
    (
        "other",
        r"^(list|large_list|fixed_size|struct|map|union|large_binary|binary|blob|bytea)|\[\]$",
    ),
    ("zoned", r"timestamp.*(with time zone|tz)|timestamptz"),
    ("timestamp", r"^(timestamp|datetime)"),
    ("date", r"^date"),
    ("boolean", r"^bool"),
    (
        "integer",
        r"^(u|big|small|tiny|medium|huge|uhuge|usmall|ubig|utiny)?int(eger)?\d*\b|serial\b",
    ),
    ("integer", r"^(decimal\d*|numeric|number)\(\d+(, *0)?\)"),
    ("decimal", r"^(decimal|numeric|number|money)"),
    ("double", r"^(double|float|real|halffloat)"),
    ("text", r"char|text|string|clob|uuid|enum|utf8|dictionary|json"),
)
Kinds = dict[str, frozenset[str]]

# type of the contract -> what may arrive for it, to be read value by value
FITS: Kinds = {
    # 700001.0 is no key
    "text": frozenset({"text", "integer", "boolean", "date", "timestamp"}),
    "integer": frozenset({"integer", "decimal", "double", "text"}),
    "decimal": frozenset({"integer", "decimal", "double", "text"}),
    "double": frozenset({"integer", "decimal", "double", "text"}),
    "date": frozenset({"date", "timestamp", "zoned", "integer", "text"}),
    "timestamp": frozenset({"timestamp", "zoned", "date", "integer", "text"}),
    "boolean": frozenset({"boolean", "integer", "text"}),
}

# old type -> types that hold each of its values
HOLDS: Kinds = {
    "integer": frozenset({"decimal", "double", "text"}),
    "decimal": frozenset({"double", "text"}),
    "double": frozenset({"decimal", "text"}),
    "date": frozenset({"timestamp", "text"}),
    "timestamp": frozenset({"text"}),
    "boolean": frozenset({"integer", "text"}),
}

# type of the contract -> changes that lose what it wants
LOSSES: dict[str, frozenset[tuple[str, str]]] = {
    # leading zeros of a key
    "text": frozenset({("text", "integer"), ("text", "boolean")}),
    # cents, or another unit
    "decimal": frozenset({("decimal", "integer"), ("double", "integer")}),
    "double": frozenset({("decimal", "integer"), ("double", "integer")}),
    # the time of day
    "timestamp": frozenset({("timestamp", "date")}),
}


def type_word(name: str) -> str:
    """What kind of value a type of any database or file format holds.

    >>> [type_word(name) for name in ("character varying(20)", "int8", "numeric(12,2)", "timestamp[us, tz=UTC]")]
    ['text', 'integer', 'decimal', 'zoned']
    """
    lowered = name.strip().strip('"').lower()
    for word, pattern in TYPE_WORDS:
        if re.search(pattern, lowered):
            return word
    return "other"


def is_narrower(old: str, new: str) -> bool:
    """Whether a type of the same kind holds fewer digits: fewer behind the point, or a float in place of a double.

    >>> is_narrower("numeric(12,4)", "numeric(12,2)"), is_narrower("DOUBLE", "FLOAT"), is_narrower("int8", "float8")
    (True, True, False)
    """
    words = (type_word(old), type_word(new))
    if words == ("double", "double"):
        return _is_single(new) and not _is_single(old)
    before, now = _places(old), _places(new)
    if before is None or now is None:
        return False
    return "decimal" in words and now < before


def is_spelt_alike(old: str, new: str) -> bool:
    """Whether decimals of two types have as many digits behind the point, and so look the same as text."""
    return _places(old) == _places(new) is not None


def _is_single(name: str) -> bool:
    """Whether a floating type is the one of seven digits."""
    return name.lower() in ("float", "real", "float4", "halffloat", "half_float")


def _places(name: str) -> int | None:
    """Digits behind the point, where the type says how many."""
    said = re.search(r"\(\d+, *(\d+)\)", name)
    return int(said[1]) if said else None
