"""The label of a definition: the query ``sql/labels/left`` with the definition's signs, tiers and kinds before it.

``left`` reads relations that are no tables of the lake. They are written in front of it as a WITH:

* ``member``: customer_id, tier: everybody of the cohort, and the tier as known at as_of,
* ``counted``: tier, sign_name, needed: which signs count for whom, and how many must have struck,
* ``sign``: sign_name, customer_id, event_date, last_date: what struck from as_of on, and the last day that the date may
  stand for: the same one, or the end of its month where the event knows no day,
* ``evidence``: rule_number, customer_id, event_date: what tells kinds apart, from the observe window on,
* ``rule``: rule_number, kind, needed.

Only UNION ALL, CASE and window functions are used, so that the text runs on every engine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from churn_tasks.core.definition import ORDINARY, Definition, Sign, Tier, needed
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.sql_text import literal
from churn_tasks.declared.columns import ColumnType
from churn_tasks.declared.contracts import QueryFile
from churn_tasks.declared.labels.events import SINCE, Event, event_of, usable_events

ARPU = "arpu_cny"
NO_TIER = ""
UNION = "\nUNION ALL\n"
NO_EVIDENCE = (
    "SELECT 0 AS rule_number, customer_id, month AS event_date\n"
    "FROM cohort\nWHERE month = $month AND false"
)
LAST_DATE = {  # by what dates an event
    "day": "event_date",
    "month": "CAST(date_trunc('month', event_date) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE)",
}
NO_RULE = "SELECT 0 AS rule_number, 'unknown' AS kind, 1 AS needed"
# What is known at as_of beside month_profile: revenue a month over the observe window.
ARPU_COLUMN = (
    f"coalesce(revenue.total, 0) / date_diff('month', $observe_start, $as_of) AS {ARPU}"
)
ARPU_JOIN = """\
LEFT JOIN (
    SELECT customer_id, sum(revenue_cny) AS total FROM month_activity
    WHERE month >= $observe_start AND month < $as_of GROUP BY customer_id
) AS revenue ON revenue.customer_id = cohort.customer_id"""
PROFILE_JOIN = """\
LEFT JOIN month_profile AS profile
    ON profile.customer_id = cohort.customer_id AND profile.month = $month AND profile.month < $as_of"""


@dataclass(frozen=True)
class Ingredients:
    """What a label is composed of.

    Attributes:
        events: every event that there is, shared ones first.
        available: tables that the profile can make.
        profile_columns: columns of its ``month_profile``, with their types.
        observe: months of the observe window.
        needs_days: whether the predict window starts in the middle of a month.
    """

    definition: Definition
    events: Sequence[Event]
    available: frozenset[str]
    profile_columns: Mapping[str, ColumnType]
    observe: int
    needs_days: bool = False

    @cached_property
    def usable(self) -> dict[str, Event]:
        return usable_events(self.events, self.available)

    def event(self, sign: Sign) -> Event:
        """The event that a sign counts.

        Raises:
            SettingsError: there is none of that name, or the profile lacks its tables.
        """
        return event_of(sign, self.usable, self.events)

    def can_show(self, sign: Sign) -> bool:
        """Whether evidence of a kind of leaving counts: it does not where the profile lacks its tables."""
        is_known = any(event.name == sign.event for event in self.events)
        return sign.event in self.usable or not is_known


def label_sql(of: Ingredients, left: str) -> str:
    """The whole query.

    Args:
        left: text of ``sql/labels/left/query.sql``, which begins with comments and WITH.

    Raises:
        SettingsError: an event, a parameter or a column of a tier's condition does not exist, with those that
            do; or the definition waits for fewer months than its signs look beyond the window.
    """
    _refuse_too_early(of)
    _refuse_months(of)
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
    signs = [of.event(sign) for sign in of.definition.signs]
    evidence = _evidence_events(of)
    reads = {"cohort"}
    optional = set(left.optional)
    compared: set[str] = set()
    parameters = {"month", "predict_start", "predict_end", "label_known"}
    for event in (*signs, *evidence):
        reads.update(event.output.reads)
        optional.update(event.output.optional)
        parameters.update(event.output.params)
        compared.update(event.output.across_customers)
    if of.definition.tiers:
        reads |= {"month_activity", "month_profile"} & of.available
    if of.definition.tiers:
        parameters |= {"observe_start", "as_of"}
    if any(event.asks_since for event in signs):
        parameters.add("as_of")
    if any(event.asks_since for event in evidence):
        parameters.add("observe_start")
    return left.model_copy(
        update={
            "reads": tuple(sorted(reads)),
            "optional": tuple(sorted(optional - reads)),
            "params": tuple(sorted(parameters - {SINCE})),
            "across_customers": tuple(sorted(compared)),
        }
    )


def _refuse_too_early(of: Ingredients) -> None:
    """Refuse a definition whose truth would be called known before its signs can tell it.

    Raises:
        SettingsError: naming the sign, the months that it needs and those that the definition waits for.
    """
    waits = of.definition.truth_after
    for sign in of.definition.signs:
        beyond = of.event(sign).output.months_beyond
        if beyond > waits:
            raise SettingsError(
                f"definition {of.definition.name}: truth_after is {waits}, but sign {sign.label} (event {sign.event})"
                f" needs {beyond}: months after the predict window that must have ended. Give truth_after: {beyond}"
            )


def _refuse_months(of: Ingredients) -> None:
    """Refuse signs that know months only where the predict window starts in the middle of one.

    Raises:
        SettingsError: naming the sign.
    """
    if not of.needs_days:
        return
    for sign in of.definition.signs:
        if of.event(sign).output.dated_by != "day":
            raise SettingsError(
                f"definition {of.definition.name}: sign {sign.label} (event {sign.event}) knows no day, only a month"
                " or a window; windows.predict_from: list needs the day of leaving."
                " Give predict_from: delay, or another sign"
            )


def _evidence_events(of: Ingredients) -> list[Event]:
    """The events that tell kinds apart, as far as the profile has their tables."""
    events = []
    for rule in of.definition.kinds:
        events += [of.event(sign) for sign in rule.evidence if of.can_show(sign)]
    return events


def _member(of: Ingredients) -> str:
    tiers = of.definition.tiers
    if not tiers:
        return f"SELECT customer_id, {literal(NO_TIER)} AS tier\nFROM cohort\nWHERE month = $month"
    # here, because SQLGlot is slow to import and most definitions have no tiers
    from churn_tasks.declared.labels.tier_condition import tier_columns

    columns = tier_columns(tiers, {ARPU: "double", **of.profile_columns})
    cases = [f"        WHEN {t.when} THEN {literal(t.name)}" for t in tiers]
    return "\n".join(
        [
            "SELECT",
            "    customer_id,",
            "    CASE",
            *cases,
            f"        ELSE {literal(ORDINARY)}",
            "    END AS tier",
            "FROM (",
            _indented(_known_at_as_of(columns)),
            ") AS known",
        ]
    )


def _known_at_as_of(columns: set[str]) -> str:
    """What tiers ask of everybody in the cohort, one row each."""
    selected, joins = ["cohort.customer_id"], []
    if ARPU in columns:
        selected.append(ARPU_COLUMN)
        joins.append(ARPU_JOIN)
    of_profile = sorted(columns - {ARPU})
    if of_profile:
        selected += [f"profile.{name}" for name in of_profile]
        joins.append(PROFILE_JOIN)
    lines = ",\n".join(f"    {each}" for each in selected)
    return "\n".join(
        ["SELECT", lines, "FROM cohort", *joins, "WHERE cohort.month = $month"]
    )


def _counted(definition: Definition) -> str:
    everybody_else = ORDINARY if definition.tiers else NO_TIER
    tiers: list[Tier | None] = [*definition.tiers, None]
    rows = []
    for tier in tiers:
        name = literal(tier.name if tier else everybody_else)
        rows += [
            f"SELECT {name} AS tier, {literal(sign)} AS sign_name, {definition.needed(tier)} AS needed"
            for sign in definition.counted(tier)
        ]
    return UNION.join(rows)


def _signs(of: Ingredients) -> str:
    parts = []
    for number, sign in enumerate(of.definition.signs):
        event = of.event(sign)
        text = event.text(sign, "$as_of", of.observe)
        marked = f"{literal(sign.label)} AS sign_name"
        last = f"{LAST_DATE[event.output.dated_by]} AS last_date"
        parts.append(_rows_of(text, f"struck_{number}", marked, last))
    return UNION.join(parts)


def _evidence(of: Ingredients) -> str:
    parts: list[str] = []
    for number, rule in enumerate(of.definition.kinds):
        for sign in rule.evidence:
            if of.can_show(sign):
                text = of.event(sign).text(sign, "$observe_start", of.observe)
                marked = f"{number} AS rule_number"
                parts.append(_rows_of(text, f"shown_{len(parts)}", marked))
    return UNION.join(parts) or NO_EVIDENCE


def _rows_of(text: str, alias: str, *added: str) -> str:
    columns = ", ".join((*added, "customer_id", "event_date"))
    return f"SELECT {columns}\nFROM (\n{_indented(text)}\n) AS {alias}"


def _rules(definition: Definition) -> str:
    rows = []
    for number, rule in enumerate(definition.kinds):
        count = needed(rule.at_least, len(rule.evidence), rule.kind)
        rows.append(
            f"SELECT {number} AS rule_number, {literal(rule.kind)} AS kind, {count} AS needed"
        )
    return UNION.join(rows) or NO_RULE


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else line for line in text.splitlines())
