"""Small expressions of SQL that Python puts together, because a contract says how many parts they have."""

from collections.abc import Iterable

Branch = tuple[str, str]  # a condition and the expression where it holds


def all_of(conditions: Iterable[str]) -> str:
    """The condition that each of these holds; true for none."""
    return " AND ".join(conditions) or "true"


def any_of(conditions: Iterable[str]) -> str:
    """The condition that one of these holds; false for none."""
    return " OR ".join(conditions) or "false"


def list_of(expressions: Iterable[str]) -> str:
    """Expressions as they stand in a call or a list."""
    return ", ".join(expressions)


def case(branches: Iterable[Branch], *, of: str = "", otherwise: str = "") -> str:
    """The expression of the first branch that holds, NULL for none.

    Args:
        branches: condition, or value of ``of``, and the expression then.
        of: what the branches are values of.

    >>> case([("bill_cny < 0", "'below'"), ("bill_cny > 90", "'above'")])
    "CASE WHEN bill_cny < 0 THEN 'below' WHEN bill_cny > 90 THEN 'above' END"
    >>> case([])
    'NULL::VARCHAR'
    """
    cases = " ".join(f"WHEN {when} THEN {then}" for when, then in branches)
    if not cases:
        return otherwise or "NULL::VARCHAR"
    subject = f" {of}" if of else ""
    last = f" ELSE {otherwise}" if otherwise else ""
    return f"CASE{subject} {cases}{last} END"
