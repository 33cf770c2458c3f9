"""The label of a definition: the query ``sql/labels/left`` with the definition's signs, tiers and kinds before it.

``left`` reads relations that are no tables of the lake. They are written in front of it as a WITH:

* ``member``: customer_id, tier: everybody of the cohort, and the tier as known at as_of,
* ``counted``: tier, sign_name, needed: which signs count for whom, and how many must have struck,
* ``sign``: sign_name, customer_id, event_month: what struck in ``[as_of, predict_end)``,
* ``evidence``: rule_number, customer_id, event_month: what tells kinds apart, from the observe window on,
* ``rule``: rule_number, kind, needed.

Only UNION ALL, CASE and window functions are used, so that the text runs on every engine.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from churn_tasks.core.definition import ORDINARY, Definition, Tier, needed
from churn_tasks.declared.contracts import QueryFile
from churn_tasks.declared.labels.events import Event, event_of, usable_events
from churn_tasks.declared.labels.tier_condition import tier_columns

ARPU = "arpu_cny"
NO_TIER = ""
COMPOSED = ("member", "counted", "sign", "evidence", "rule")


@dataclass(frozen=True)
class Ingredients:
    """What a label is composed of.

    Attributes:
        events: every event that there is, shared ones first.
        available: tables that the profile can make.
        profile_columns: columns of its ``month_profile``.
        observe: months of the observe window.
    """

    definition: Definition
    events: Sequence[Event]
    available: frozenset[str]
    profile_columns: tuple[str, ...]
    observe: int

    @cached_property
    def usable(self) -> dict[str, Event]:
        return usable_events(self.events, self.available)


def label_sql(of: Ingredients, left: str) -> str:
    """The whole query.

    Args:
        left: text of ``sql/labels/left/query.sql``, which begins with comments and WITH.

    Raises:
        SettingsError: an event, a parameter or a column of a tier's condition does not exist, with those that do.
    """
    comments, _, rest = left.partition("WITH ")
    parts = {
        "member": _member(of),
        "counted": _counted(of.definition),
        "sign": _signs(of),
        "evidence": _evidence(of),
        "rule": _rules(of.definition),
    }
    composed = ",\n\n".join(
        f"{name} AS (\n{_indented(text)}\n)" for name, text in parts.items()
    )
    return f"{comments}WITH {composed},\n\n{rest}"


def label_output(of: Ingredients, left: QueryFile) -> QueryFile:
    """What the composed query reads and makes."""
    used = [event_of(sign, of.usable, of.events).output for sign in of.definition.signs]
    used += [event.output for event in evidence_events(of)]
    reads = {"cohort", *(table for output in used for table in output.reads)}
    reads |= (
        {"month_activity", "month_profile"} & of.available
        if of.definition.tiers
        else set()
    )
    optional = {table for output in used for table in output.optional} | set(
        left.optional
    )
    parameters = {
        "month",
        "as_of",
        "predict_start",
        "predict_end",
        *(p for output in used for p in output.params),
    }
    parameters |= (
        {"observe_start"} if of.definition.tiers or evidence_events(of) else set()
    )
    return left.model_copy(
        update={
            "reads": tuple(sorted(reads)),
            "optional": tuple(sorted(optional - reads)),
            "params": tuple(sorted(parameters - {"since"})),
        }
    )


def evidence_events(of: Ingredients) -> list[Event]:
    """The events that tell kinds apart, as far as the profile has their tables."""
    signs = [sign for rule in of.definition.kinds for sign in rule.evidence]
    known = {event.name for event in of.events}
    return [
        event_of(sign, of.usable, of.events)
        for sign in signs
        if sign.event in of.usable or sign.event not in known
    ]


def _member(of: Ingredients) -> str:
    if not of.definition.tiers:
        return f"SELECT customer_id, '{NO_TIER}' AS tier\nFROM cohort\nWHERE month = $month"
    columns = tier_columns(of.definition.tiers, (ARPU, *of.profile_columns))
    cases = "\n".join(
        f"        WHEN {tier.when} THEN '{tier.name}'" for tier in of.definition.tiers
    )
    return (
        f"SELECT\n    customer_id,\n    CASE\n{cases}\n        ELSE '{ORDINARY}'\n    END AS tier\n"
        f"FROM (\n{_indented(_known(sorted(columns - {ARPU}), with_arpu=ARPU in columns))}\n) AS known"
    )


def _known(columns: Iterable[str], *, with_arpu: bool) -> str:
    """What is known at as_of of everybody in the cohort, one row each."""
    selects, joins = ["cohort.customer_id"], []
    if with_arpu:
        selects.append(
            f"coalesce(revenue.total, 0) / date_diff('month', $observe_start, $as_of) AS {ARPU}"
        )
        joins.append(
            "LEFT JOIN (\n    SELECT customer_id, sum(revenue_cny) AS total FROM month_activity\n"
            "    WHERE month >= $observe_start AND month < $as_of GROUP BY customer_id\n"
            ") AS revenue ON revenue.customer_id = cohort.customer_id"
        )
    names = [f"profile.{name}" for name in columns]
    if names:
        joins.append(
            "LEFT JOIN month_profile AS profile\n"
            "    ON profile.customer_id = cohort.customer_id AND profile.month = $month AND profile.month < $as_of"
        )
    lines = ",\n".join(f"    {each}" for each in [*selects, *names])
    return "\n".join(
        [f"SELECT\n{lines}", "FROM cohort", *joins, "WHERE cohort.month = $month"]
    )


def _counted(definition: Definition) -> str:
    tiers: list[Tier | None] = [*definition.tiers, None]
    last = ORDINARY if definition.tiers else NO_TIER
    return "\nUNION ALL\n".join(
        f"SELECT '{tier.name if tier else last}' AS tier, '{name}' AS sign_name, {definition.needed(tier)} AS needed"
        for tier in tiers
        for name in definition.counted(tier)
    )


def _signs(of: Ingredients) -> str:
    parts: list[str] = []
    for sign in of.definition.signs:
        text = event_of(sign, of.usable, of.events).text(sign, "$as_of", of.observe)
        parts.append(
            _rows_of(text, f"'{sign.label}' AS sign_name", f"struck_{len(parts)}")
        )
    return "\nUNION ALL\n".join(parts)


def _evidence(of: Ingredients) -> str:
    parts: list[str] = []
    for number, rule in enumerate(of.definition.kinds):
        for sign in rule.evidence:
            event = of.usable.get(sign.event)
            if (
                event is None
            ):  # one that the profile has no tables for; a name that nothing has is refused elsewhere
                continue
            text = event.text(sign, "$observe_start", of.observe)
            parts.append(
                _rows_of(text, f"{number} AS rule_number", f"shown_{len(parts)}")
            )
    nobody = "SELECT 0 AS rule_number, customer_id, month AS event_month\nFROM cohort\nWHERE month = $month AND false"
    return "\nUNION ALL\n".join(parts) or nobody


def _rows_of(text: str, marked: str, alias: str) -> str:
    return f"SELECT {marked}, customer_id, event_month\nFROM (\n{_indented(text)}\n) AS {alias}"


def _rules(definition: Definition) -> str:
    return (
        "\nUNION ALL\n".join(
            f"SELECT {number} AS rule_number, '{rule.kind}' AS kind,"
            f" {needed(rule.at_least, len(rule.evidence), rule.kind)} AS needed"
            for number, rule in enumerate(definition.kinds)
        )
        or "SELECT 0 AS rule_number, 'unknown' AS kind, 1 AS needed"
    )


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else line for line in text.splitlines())
