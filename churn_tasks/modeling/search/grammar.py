"""Which formulas make sense, as a typed grammar of DEAP: the type of a formula is what it is measured in.

Amounts are added to and subtracted from amounts of the same unit alone; a quotient of equal units is a share, one of
others a rate, which may be compared with a rate of the same two units. New formulas follow a few shapes that
people can read, and differences are preferably of two figures of one thing: names that begin with the same word.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from deap import gp

from churn_tasks.modeling.search.formula import SHARE, Formula, feature, joined

MOST_FEATURES = 4  # in one formula
KINDRED = 0.7  # share of differences that are taken of two figures of one thing
SHARES = ("ratio", "share", "%")
WORDS = {"+": "plus", "-": "less", "*": "times", "/": "over"}
# How often a new formula is of a shape; d: a difference of equal units; other letters: features, of fit units.
SHAPES = {
    "d": 2,
    "u/v": 3,
    "d/v": 4,
    "d/d": 4,
    "v/d": 2,
    "u*v": 1,
    "d*v": 1,
    "u/(v+w)": 1,
    "u/v-u/v": 1,
    "d-d": 1,
}


class Tree(gp.PrimitiveTree):
    """A formula as DEAP breeds it."""


class Ordered(type):
    """Types that a set keeps in the same order in every process: DEAP draws one from a set when it crosses trees."""

    def __hash__(cls) -> int:
        return crc32(cls.__name__.encode())

    def __eq__(cls, other: object) -> bool:
        return cls is other


class Measured(metaclass=Ordered):
    """Every type is one of these: what stands at the root of a formula may be of any."""


@dataclass(frozen=True)
class Grammar:
    """The features that may stand in formulas, and what may be done with them.

    Attributes:
        types: unit to its type; units of rates and products are made of two.
        by_unit: unit to the features counted in it.
        kin: features to those of the same unit whose names begin with the same word.
        signs: a sign and the types to its left and right, to what stands for it in a tree.
    """

    primitives: gp.PrimitiveSetTyped
    types: Mapping[str, type]
    units: Mapping[str, str]
    by_unit: Mapping[str, list[str]]
    kin: Mapping[str, list[str]]
    signs: Mapping[tuple[str, type, type], gp.Primitive]

    @property
    def names(self) -> list[str]:
        return list(self.units)


def base(unit: str) -> str:
    """Shares, ratios and per cents are compared with one another; every other unit only with itself."""
    return SHARE if unit in SHARES else unit


def grammar(units: Mapping[str, str]) -> Grammar:
    """The grammar over features in their units.

    Args:
        units: name of each numeric feature to its unit, in catalogue order.
    """
    based = {name: base(unit) for name, unit in units.items()}
    by_unit: dict[str, list[str]] = {}
    for name, unit in based.items():
        by_unit.setdefault(unit, []).append(name)
    plain = sorted({*by_unit, SHARE})
    types = {
        unit: type(f"In{number}", (Measured,), {}) for number, unit in enumerate(plain)
    }
    primitives = gp.PrimitiveSetTyped(
        "formula", [types[unit] for unit in based.values()], Measured
    )
    primitives.renameArguments(
        **{f"ARG{number}": name for number, name in enumerate(based)}
    )
    _add_signs(primitives, types, plain)
    made = [node for nodes in primitives.primitives.values() for node in nodes]
    signs = {(node.name.partition("_")[0], *node.args): node for node in made}
    return Grammar(primitives, types, based, by_unit, _kin(based), signs)


def _add_signs(
    primitives: gp.PrimitiveSetTyped, types: dict[str, type], plain: Sequence[str]
) -> None:
    share = types[SHARE]
    for number, unit in enumerate(plain):
        own = types[unit]
        _sign(primitives, "+", own, own, own, f"{number}")
        _sign(primitives, "-", own, own, own, f"{number}")
        _sign(primitives, "*", own, share, own, f"{number}")
        for other_number, other in enumerate(plain):
            pair = f"{number}_{other_number}"
            if unit == other:
                _sign(primitives, "/", own, own, share, pair)
            elif other != SHARE:
                rate = types.setdefault(
                    f"{unit}/{other}", type(f"Rate{pair}", (Measured,), {})
                )
                _sign(primitives, "/", own, types[other], rate, pair)
                _sign(primitives, "-", rate, rate, rate, pair)
                if unit < other and unit != SHARE:
                    product = types.setdefault(
                        f"{unit} x {other}", type(f"Product{pair}", (Measured,), {})
                    )
                    _sign(primitives, "*", own, types[other], product, pair)


def _sign(
    primitives: gp.PrimitiveSetTyped,
    sign: str,
    left: type,
    right: type,
    made: type,
    label: str,
) -> None:
    primitives.addPrimitive(
        WORDS[sign], [left, right], made, name=f"{WORDS[sign]}_{label}_{made.__name__}"
    )


def _kin(units: Mapping[str, str]) -> dict[str, list[str]]:
    of_one_thing: dict[tuple[str, str], list[str]] = {}
    for name, unit in units.items():
        of_one_thing.setdefault((name.partition("_")[0], unit), []).append(name)
    return {
        name: [
            other
            for other in of_one_thing[name.partition("_")[0], unit]
            if other != name
        ]
        for name, unit in units.items()
    }


def formula_of(tree: Sequence[gp.Primitive | gp.Terminal]) -> Formula:
    """The formula that a DEAP tree (prefix order) stands for."""
    signs = {word: sign for sign, word in WORDS.items()}
    waiting: list[Formula] = []
    for node in reversed(tree):
        if node.arity:
            left, right = waiting.pop(), waiting.pop()
            waiting.append(joined(signs[node.name.partition("_")[0]], left, right))
        else:
            waiting.append(feature(node.value))
    return waiting.pop()


def new_tree(grammar: Grammar) -> Tree:
    """A formula of one of the shapes, drawn with Python's global random numbers, as DEAP draws its own."""
    while True:
        shape = random.choices(list(SHAPES), list(SHAPES.values()))[0]
        made = _drawn(grammar, shape)
        if made is not None:
            return tree_of(grammar, made)


def _drawn(grammar: Grammar, shape: str) -> Formula | None:
    """A formula of the shape; None where the draw fits no unit of the catalogue."""
    first = {"u/(v+w)": "u", "u/v-u/v": "u"}.get(shape, shape[0])
    left = _operand(grammar, first)
    if left is None or shape == "d":
        return left
    if shape == "u/(v+w)":
        added = _same(grammar, left)
        return (
            joined("/", left, joined("+", added, _same(grammar, added) or added))
            if added
            else None
        )
    if shape == "u/v-u/v":
        over = feature(_any(grammar))
        upper, lower = _same(grammar, left), _same(grammar, over)
        return (
            joined("-", joined("/", left, over), joined("/", upper, lower))
            if upper and lower
            else None
        )
    if shape == "d-d":
        other = _difference(
            grammar, random.choice(grammar.by_unit[_unit(grammar, left)])
        )
        return joined("-", left, other) if other else None
    right = _operand(grammar, shape[2])
    if right is None or (
        shape[1] == "*" and _unit(grammar, left) == _unit(grammar, right)
    ):
        return None  # nobody can read square yuan
    return joined(shape[1], left, right)


def _unit(grammar: Grammar, formula: Formula) -> str:
    return grammar.units[next(formula.leaves())]


def _operand(grammar: Grammar, kind: str) -> Formula | None:
    return (
        _difference(grammar, _any(grammar)) if kind == "d" else feature(_any(grammar))
    )


def _any(grammar: Grammar) -> str:
    return random.choice(grammar.names)


def _difference(grammar: Grammar, name: str) -> Formula | None:
    other = _same(grammar, feature(name))
    return joined("-", feature(name), other) if other else None


def _same(grammar: Grammar, of: Formula) -> Formula | None:
    """Another feature of the same unit, preferably about the same thing."""
    name = of.feature
    kin, all_of_unit = grammar.kin[name], grammar.by_unit[grammar.units[name]]
    if len(all_of_unit) < 2:
        return None
    chosen = random.choice(kin if kin and random.random() < KINDRED else all_of_unit)
    return feature(chosen) if chosen != name else None


def tree_of(grammar: Grammar, formula: Formula) -> Tree:
    """The DEAP tree of a formula that respects units."""
    return Tree(_nodes(grammar, formula)[0])


def _nodes(
    grammar: Grammar, formula: Formula
) -> tuple[list[gp.Primitive | gp.Terminal], type]:
    """The nodes of a formula in prefix order, and the type of what it is measured in."""
    if formula.feature:
        return [grammar.primitives.mapping[formula.feature]], grammar.types[
            grammar.units[formula.feature]
        ]
    (left, left_type), (right, right_type) = (
        _nodes(grammar, part) for part in formula.parts
    )
    sign = grammar.signs.get((WORDS[formula.sign], left_type, right_type))
    if sign is None:  # a product whose parts stand the other way round
        sign, left, right = (
            grammar.signs[WORDS[formula.sign], right_type, left_type],
            right,
            left,
        )
    return [sign, *left, *right], sign.ret
