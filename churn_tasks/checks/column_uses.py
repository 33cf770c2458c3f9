"""What a SELECT makes of a column, which decides whether it gives the same when the column's type changes.

700001 and 700001.0 are one number, but not one text: a sum stays what it is, and a key that is cast to text renames
every customer. A day and its midnight are one, but ``<= DATE '2024-03-31'`` loses the last day of instants.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from sqlglot import exp

Use = Literal[
    "text", "number", "day", "part of a day", "since", "compared", "sorted", "other"
]
SAID: Mapping[Use, str] = {
    "text": "makes text of it",
    "number": "reckons with it",
    "day": "makes a day of it",
    "part of a day": "takes a part of it",
    "since": "compares it",
    "compared": "compares it",
    "sorted": "sorts or groups by it",
    "other": "works with it",
}

# the result is of the column's own kind, so what is made of that counts
OF_ITS_KIND = (
    exp.Paren, exp.Alias, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Abs, exp.Round,
    exp.Ceil, exp.Floor, exp.Sum, exp.Avg, exp.Filter, exp.Coalesce, exp.Nullif, exp.If, exp.Case,
)  # fmt: skip
SORTING = (exp.Min, exp.Max, exp.Greatest, exp.Least)
SORTED = (exp.Ordered, exp.Order, exp.Group, exp.Window, exp.Distinct)
COMPARED = (exp.Predicate, exp.Connector, exp.Not, exp.Where, exp.Having, exp.Join)
TEXTS = (exp.DPipe, exp.Concat, exp.ConcatWs, exp.GroupConcat, exp.Like, exp.ILike)
PARTS = (
    exp.Extract, exp.Year, exp.Quarter, exp.Month, exp.Week, exp.Day, exp.DateTrunc, exp.TimestampTrunc, exp.TimeToStr,
)  # fmt: skip
INNER = (exp.Subquery, exp.CTE)

# the numbers of one kind stand for those of another everywhere but in text
_AS_NUMBERS: frozenset[Use] = frozenset({"number", "since", "compared", "sorted"})
# old and new type of a column -> what may be made of it without a difference
SAME: Mapping[tuple[str, str], frozenset[Use]] = {
    ("integer", "decimal"): _AS_NUMBERS,
    ("integer", "double"): _AS_NUMBERS,
    ("decimal", "double"): _AS_NUMBERS,
    ("double", "decimal"): _AS_NUMBERS,
    ("decimal", "decimal"): _AS_NUMBERS,
    ("double", "double"): _AS_NUMBERS,
    ("integer", "text"): frozenset({"number", "text"}),
    ("decimal", "text"): frozenset({"number"}),
    ("double", "text"): frozenset({"number"}),
    ("date", "timestamp"): frozenset({"number", "day", "part of a day", "since"}),
    ("date", "text"): frozenset({"day", "text", "since", "compared"}),
    ("timestamp", "text"): frozenset({"day", "since", "compared"}),
    ("boolean", "integer"): frozenset({"number", "compared"}),
    ("boolean", "text"): frozenset({"compared"}),
}


def differing(old: str, new: str, uses: Iterable[Use]) -> list[Use]:
    """What a query makes of a column that comes out differently when the kind of its type changes."""
    same = SAME.get((old, new))
    if same is None:
        return []
    return sorted(set(uses) - same)


def uses_of(tree: exp.Expr, name: str) -> frozenset[Use]:
    """What a SELECT makes of each column of a name, also under the names that inner SELECTs give it."""
    return frozenset(_uses(tree, name.lower(), {name.lower()}))


def _uses(tree: exp.Expr, name: str, seen: set[str]) -> Iterator[Use]:
    for column in tree.find_all(exp.Column):
        if column.name.lower() != name:
            continue
        for made in _made_of(column):
            if isinstance(made, exp.Select):
                yield from _uses_outside(tree, made, column, seen)
            else:
                yield made


def _uses_outside(
    tree: exp.Expr, select: exp.Select, column: exp.Column, seen: set[str]
) -> Iterator[Use]:
    """What is made of a column that an inner SELECT hands out."""
    if not isinstance(select.parent, INNER):
        return
    handed_out = column.find_ancestor(exp.Alias)
    name = handed_out.alias if handed_out else column.name
    if name.lower() not in seen:
        seen.add(name.lower())
        yield from _uses(tree, name.lower(), seen)


def _made_of(column: exp.Column) -> Iterator[Use | exp.Select]:
    """What one mention of a column becomes; the SELECT itself where that hands it out."""
    node: exp.Expr = column
    while isinstance(node.parent, (*OF_ITS_KIND, *SORTING)):
        node = node.parent
        if isinstance(node, SORTING):
            yield "sorted"
    holder = node.parent
    if isinstance(holder, exp.Select):
        if node is not column:
            yield from _reckoned(column)
        yield holder
    elif isinstance(holder, exp.Cast):
        yield _cast(holder)
    elif not isinstance(holder, (exp.Is, exp.Count)):
        yield _held(node, holder)


def _reckoned(column: exp.Column) -> Iterator[Use]:
    if not isinstance(column.parent, (exp.Alias, exp.Paren)):
        yield "number"


def _cast(node: exp.Cast) -> Use:
    if node.to.this in exp.DataType.TEXT_TYPES:
        return "text"
    if node.to.this in exp.DataType.NUMERIC_TYPES:
        return "number"
    if node.to.this in exp.DataType.TEMPORAL_TYPES:
        return "day"
    return "other"


def _held(node: exp.Expr, holder: exp.Expr | None) -> Use:
    """What the expression around a column makes of it."""
    if isinstance(holder, TEXTS):
        return "text"
    if isinstance(holder, (exp.Date, exp.TsOrDsToDate)):
        return "day"
    if isinstance(holder, PARTS):
        return "part of a day"
    if isinstance(holder, SORTED):
        return "sorted"
    if isinstance(holder, (exp.GTE, exp.LT)) and node is holder.this:
        return "since"
    if isinstance(holder, (exp.LTE, exp.GT)) and node is holder.expression:
        return "since"
    if isinstance(holder, COMPARED):
        return "compared"
    return "other"
