"""The SQL that raises triggers: each event asked over some days, its evidence in words, a row a customer and trigger.

An event asks for the dates of a window. A trigger is asked as a definition would have asked it at the end of the month
before: what counts as past ends where the asked days begin::

        2024-01 .. 2024-03         2024-04
    [------- own past -------) [ asked days )
                               ^ since: as_of, predict_start
                                            ^ until: predict_end, not included

The asked days are those of a month, or of a part of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from churn_tasks.core.currency import Currency
from churn_tasks.core.definition import Value
from churn_tasks.core.slots import SLOT
from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.core.windows import Window
from churn_tasks.declared.columns import Column
from churn_tasks.declared.labels.events import KNOWN, SINCE
from churn_tasks.declared.money import YUAN, unit_in
from churn_tasks.declared.query import Query
from churn_tasks.declared.triggers import ORDINARY, Raised

UNION = "\nUNION ALL\n"
PAST_DATES = ("month", "history_start", "observe_start")
UNKNOWN = {"en": "unknown", "zh": "未知"}


@dataclass(frozen=True)
class AskedDays:
    """Over which days triggers are asked.

    Attributes:
        before: the window of the month before, whose cohort and own past events may ask for.
        since: first day on which an event may strike.
        until: first day on which it may not any more.
        known_until: day before which everything is known that is looked at.
    """

    before: Window
    since: date
    until: date
    known_until: date

    def sql(self) -> dict[str, str]:
        """Each date that an event may ask for, written as SQL."""
        known = self.before.parameters()
        dates = {name: known[name] for name in PAST_DATES}
        dates |= {SINCE: self.since, "as_of": self.since, "predict_start": self.since}
        dates |= {"predict_end": self.until, "known_until": self.known_until}
        return {name: date_sql(day) for name, day in dates.items()}


def date_sql(day: date) -> str:
    return f"DATE '{day}'"


def struck_sql(raised: Raised, dates: Mapping[str, str], month: str) -> str:
    """Whom a trigger's event strikes, of its tiers alone; the columns are the event's.

    Args:
        dates: SQL of the dates that the event asks for; one that is left out stays a placeholder.
        month: SQL of the first day of the month whose master record and features say of which tier somebody is.
    """
    event = raised.event.text_with(raised.values, dates)
    if not raised.trigger.tier:
        return event
    columns = [f"    struck.{name}" for name in raised.event.output.column_names]
    lines = ["SELECT", ",\n".join(columns), "FROM (", _indented(event), ") AS struck"]
    lines += [
        "INNER JOIN month_profile AS profile",
        f"    ON profile.customer_id = struck.customer_id AND profile.month = {month}",
    ]
    if raised.trigger.value_tiers:
        lines += [
            "LEFT JOIN feat_value AS value",
            f"    ON value.customer_id = struck.customer_id AND value.month = {month}",
        ]
    lines.append(f"WHERE {_is_of_tier(raised)}")
    return "\n".join(lines)


def _is_of_tier(raised: Raised) -> str:
    trigger = raised.trigger
    conditions = []
    if trigger.classes:
        classes = ", ".join(literal(name) for name in trigger.classes)
        conditions.append(f"profile.key_account_class IN ({classes})")
    if ORDINARY in trigger.tier:
        conditions.append("profile.key_account_class IS NULL")
    if trigger.value_tiers:
        tiers = ", ".join(str(tier) for tier in trigger.value_tiers)
        conditions.append(f"value.value_tier IN ({tiers})")
    return " OR ".join(conditions)


def trigger_table(raised: Raised) -> str:
    """How lineage calls what a trigger's query makes; no lake has such a table."""
    return f"trigger_{raised.name}"


def trigger_query(raised: Raised) -> Query:
    """Whom a trigger strikes as a query of its own, from which lineage tells what it needs of a source."""
    output = raised.event.output
    reads = set(output.reads)
    if raised.trigger.tier:
        reads.add("month_profile")
    if raised.trigger.value_tiers:
        reads.add("feat_value")
    needs = raised.waits_for - reads
    declared = output.model_copy(
        update={
            "table": trigger_table(raised),
            "reads": tuple(sorted(reads)),
            "needs": tuple(sorted(needs)),
        }
    )
    sql = struck_sql(raised, {SINCE: f"${SINCE}"}, "$month")
    return Query("triggers", raised.event.folder, declared, generated=sql)


def triggers_sql(
    triggers: Sequence[Raised], asked: AskedDays, month: date, money: Currency
) -> str:
    """Every trigger of the asked days as rows of ``out_trigger``, for the customers of the relation ``still_there``.

    Args:
        triggers: at least one.
        month: first day of the month that the asked days lie in.
        money: the currency in which amounts are said.
    """
    parts = [_rows_sql(raised, asked, date_sql(month), money) for raised in triggers]
    rows = UNION.join(parts)
    return "\n".join(
        [
            "SELECT",
            "    raised.*,",
            "    still_there.phone_token,",
            "    still_there.region_code",
            "FROM (",
            _indented(rows),
            ") AS raised",
            "INNER JOIN still_there ON still_there.customer_id = raised.customer_id",
        ]
    )


def _rows_sql(raised: Raised, asked: AskedDays, month: str, money: Currency) -> str:
    event, trigger = raised.event, raised.trigger
    known = f"CAST({date_sql(asked.known_until - timedelta(days=1))} AS DATE)"
    if event.output.tells_known_date:
        known = f"coalesce(struck.{KNOWN}, {known})"
    columns = {
        "customer_id": "struck.customer_id",
        "trigger": literal(trigger.name),
        "event_date": "struck.event_date",
        "known_date": known,
        "priority": str(trigger.priority),
        "evidence_en": evidence_sql(raised, "en", money),
        "evidence_zh": evidence_sql(raised, "zh", money),
    }
    named = [f"    {sql} AS {identifier(name)}" for name, sql in columns.items()]
    struck = struck_sql(raised, asked.sql(), month)
    return "\n".join(
        ["SELECT", ",\n".join(named), "FROM (", _indented(struck), ") AS struck"]
    )


def evidence_sql(raised: Raised, language: str, money: Currency) -> str:
    """What the event says, with the row's figures in it, as a SQL expression over the relation ``struck``."""
    words = getattr(raised.event.output.says, language)
    figures = {column.name: column for column in raised.event.output.columns}
    pieces = []
    for place, piece in enumerate(SLOT.split(words)):
        is_slot = place % 2 == 1
        if not is_slot:
            said = literal(piece)
        elif piece in figures:
            said = _figure_sql(figures[piece], language, money)
        else:
            said = literal(_given_text(raised.values[piece]))
        pieces.append(said)
    return f"concat({', '.join(pieces)})"


def _given_text(value: Value | None) -> str:
    """A parameter's value as people read it: 40, 0.4, campus."""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _figure_sql(column: Column, language: str, money: Currency) -> str:
    """A figure as people read it: amounts with two places and their unit, other decimals with one."""
    value = f"struck.{column.name}"
    unknown = literal(UNKNOWN[language])
    if column.type not in ("decimal", "double"):
        return f"coalesce(CAST({value} AS VARCHAR), {unknown})"
    places = 2 if YUAN in column.unit else 1
    figure = f"format('{{:.{places}f}}', CAST({value} AS DOUBLE))"
    unit = ""
    if YUAN in column.unit:
        unit = f" {unit_in(YUAN, money)}".rstrip() if language == "en" else money.zh
    return f"coalesce({figure} || {literal(unit)}, {unknown})"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else line for line in text.splitlines())
