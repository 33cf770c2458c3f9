"""What can be said of the lists' effect: figures where there are enough persons, else why there are none."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import pandas as pd

from churn_tasks.effect.difference import by_list, difference, of_reached
from churn_tasks.effect.drawn import HOLD_OUT, TREAT, drawn
from churn_tasks.effect.sequential import always_valid

FEWEST = 30  # persons in either arm; fewer show nothing but chance
TOLD, TOO_FEW, BROKEN, NO_CONTACTS = "told", "too_few", "broken", "no_contacts"
COUNTED = "counted"  # of what no lot has parted
ALL, MONTH, CAUSE, CHANNEL = "all", "month", "cause", "channel"
PLACES = 6  # of figures that are kept

Figures = dict[str, float | int | None]


@dataclass(frozen=True)
class Effect:
    """What some lists changed.

    Attributes:
        scope: ``all`` lists together, one ``month``'s list, persons whose likeliest ``cause`` is one, or those
            contacted through one ``channel``.
        name: of the month, cause or channel.
        state: ``told``; or ``too_few`` persons, ``broken`` (too many of the held out were contacted) or
            ``no_contacts`` (none is on record), and then counts alone; of channels ``counted``.
        figures: as in the view ``bi_effect``, shares from 0 to 1.
    """

    scope: str
    name: str
    state: str
    figures: Figures = field(default_factory=dict)

    def row(self) -> dict[str, object]:
        """As the warehouse keeps it."""
        figures = {}
        for name, value in self.figures.items():
            figures[name] = round(value, PLACES) if isinstance(value, float) else value
        return {
            "scope": self.scope,
            "name": self.name,
            "state": self.state,
            "figures": figures,
        }


def told(persons: pd.DataFrame, most_contacted: float) -> list[Effect]:
    """All lists together first, then each list, then each cause; nothing where nobody was drawn.

    Lists whose hold-out was broken are in no figure but their own counts.

    Args:
        persons: what :func:`churn_tasks.effect.drawn.persons_of` gives.
        most_contacted: share of those held out who may have been contacted all the same.
    """
    if persons.empty:
        return []
    held_out = persons[persons["arm"] == HOLD_OUT]
    contacted = held_out.groupby("month")["contacted"].mean()
    broken = set(contacted.index[contacted > most_contacted])
    sound = persons[~persons["month"].isin(broken)]
    together = _told(ALL, "", sound)
    if sound.empty:
        together = Effect(ALL, "", BROKEN, _counts(persons))
    return [together, *_by_month(persons, broken), *_by_cause(sound)]


def _by_month(persons: pd.DataFrame, broken: Collection[object]) -> Iterator[Effect]:
    for month, mine in persons.groupby("month", sort=True):
        if month in broken:
            yield Effect(MONTH, _named(month), BROKEN, _counts(mine))
        else:
            yield _told(MONTH, _named(month), mine)


def _by_cause(persons: pd.DataFrame) -> Iterator[Effect]:
    for cause, mine in persons.groupby("cause", sort=True):
        effect = _told(CAUSE, str(cause), mine)
        if effect.state == TOLD:
            yield effect


def _named(month: object) -> str:
    return f"{pd.Timestamp(month):%Y-%m}"


def _told(scope: str, name: str, persons: pd.DataFrame) -> Effect:
    """The figures of some persons, or why there are none."""
    counts = _counts(persons)
    if not counts["contacted"]:
        return Effect(scope, name, NO_CONTACTS, counts)
    arms = persons["arm"].value_counts()
    if min(arms.get(TREAT, 0), arms.get(HOLD_OUT, 0)) < FEWEST:
        return Effect(scope, name, TOO_FEW, counts)
    figures = counts | _change(persons, is_read_again=scope == ALL)
    return Effect(scope, name, TOLD, figures)


def _counts(persons: pd.DataFrame) -> Figures:
    """What is counted, whether or not it can be compared."""
    called = persons[persons["arm"] == TREAT]
    held_out = persons[persons["arm"] == HOLD_OUT]
    return {
        "lists": int(persons["month"].nunique()),
        "called": len(called),
        "held_out": len(held_out),
        "called_left": _mean(called["left"]),
        "held_out_left": _mean(held_out["left"]),
        "contacted": int(called["contacted"].sum()),
        "reached": int(called["reached"].sum()),
        "accepted": int(called["accepted"].sum()),
        "not_contacted": int((~called["contacted"]).sum()),
        "held_out_contacted": int(held_out["contacted"].sum()),
        "cost_cny": float(persons["cost_cny"].sum()),
    }


def counted(channels: pd.DataFrame) -> list[Effect]:
    """What was done through each channel; see :func:`churn_tasks.effect.drawn.by_channel`."""
    found = []
    for row in channels.to_dict("records"):
        figures: Figures = {"cost_cny": float(row["cost_cny"])}
        for name in ("contacted", "reached", "accepted"):
            figures[name] = int(row[name])
        found.append(Effect(CHANNEL, str(row["channel"]), COUNTED, figures))
    return found


def _mean(values: pd.Series) -> float | None:
    return float(values.mean()) if len(values) else None


def _change(persons: pd.DataFrame, *, is_read_again: bool) -> Figures:
    """The difference between the arms, in shares, persons and money, each with its interval."""
    leaving = drawn(persons, "left", "score")
    money = drawn(persons, "money_left", "money_expected")
    found, lost = difference(leaving), difference(money)
    if found is None or lost is None:
        return {}
    change = (found.value, found.low, found.high)
    money_change = (lost.value, lost.low, lost.high)
    if is_read_again:
        latest = always_valid(by_list(leaving))[-1]
        latest_money = always_valid(by_list(money))[-1]
        change = (latest.value, latest.low, latest.high)
        money_change = (latest_money.value, latest_money.low, latest_money.high)
    met = of_reached(leaving)
    value, low, high = change
    money_value, money_low, money_high = money_change
    return {
        "change": value,
        "change_low": low,
        "change_high": high,
        "kept": -value * found.called,
        "kept_low": -high * found.called,
        "kept_high": -low * found.called,
        "money_kept_cny": -money_value * found.called,
        "money_kept_low_cny": -money_high * found.called,
        "money_kept_high_cny": -money_low * found.called,
        "reached_change": met.value if met else None,
        "reached_change_low": met.low if met else None,
        "reached_change_high": met.high if met else None,
    }
