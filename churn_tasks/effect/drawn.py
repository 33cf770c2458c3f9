"""The persons whose arm was drawn by lot, one row a list and person."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

TREAT, HOLD_OUT = "treat", "hold_out"  # as on the list


@dataclass(frozen=True)
class Drawn:
    """Arrays of one length, a place for each person of each list.

    Attributes:
        month: the list, in any type that can be sorted.
        called: whether the person was to be called.
        outcome: what is compared: 1 for who left and 0 for who stayed, or money that left.
        expected: what was expected of ``outcome`` before the lot was drawn; takes chance out of the comparison.
        reached: whether somebody spoke to the person.
    """

    month: np.ndarray
    called: np.ndarray
    outcome: np.ndarray
    expected: np.ndarray
    reached: np.ndarray

    def __len__(self) -> int:
        return len(self.month)

    def where(self, chosen: np.ndarray) -> "Drawn":
        """The persons of a mask."""
        return Drawn(
            self.month[chosen],
            self.called[chosen],
            self.outcome[chosen],
            self.expected[chosen],
            self.reached[chosen],
        )


def persons_of(lines: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    """One row a list and person from one a line: lines of a person share one arm and are counted once.

    Args:
        lines: ``month``, ``customer_id``, ``person_id``, ``arm``, ``cause``, ``churn_score`` (0 to 1), ``arpu_cny``,
            ``has_left``, and ``from_day`` and ``to_day``, between which contacts count for the list (half-open).
        contacts: ``customer_id``, ``contact_day``, ``channel``, ``is_reached``, ``is_accepted``, ``cost_cny``.

    Returns:
        ``month``, ``person_id``, ``arm``, ``cause``, ``left`` and ``score`` (means over the lines), ``money_left`` and
        ``money_expected`` (sums, a month), ``contacted``, ``reached``, ``accepted``, ``cost_cny``, in order of the
        first two.
    """
    money = lines["arpu_cny"].astype("float64").fillna(0.0)
    left = lines["has_left"].astype("float64")
    valued = lines.assign(
        left=left,
        money_left=left * money,
        money_expected=lines["churn_score"] * money,
    )
    with_contacts = _with_contacts(valued, contacts)
    grouped = with_contacts.groupby(["month", "person_id"], sort=True)
    return grouped.agg(
        arm=("arm", "first"),
        cause=("cause", "first"),
        left=("left", "mean"),
        score=("churn_score", "mean"),
        money_left=("money_left", "sum"),
        money_expected=("money_expected", "sum"),
        contacted=("contacted", "max"),
        reached=("reached", "max"),
        accepted=("accepted", "max"),
        cost_cny=("cost_cny", "sum"),
    ).reset_index()


def _with_contacts(lines: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    """What was done about each line while its list ran, whatever list it was done for."""
    keys = ["month", "customer_id"]
    of_line = (
        _made(lines, contacts)
        .groupby(keys)
        .agg(
            contacted=("contacted", "max"),
            reached=("is_reached", "max"),
            accepted=("is_accepted", "max"),
            cost_cny=("cost_cny", "sum"),
        )
    )
    joined = lines.merge(of_line.reset_index(), on=keys, how="left")
    for name in ("contacted", "reached", "accepted"):
        joined[name] = joined[name].eq(True)
    return joined.assign(cost_cny=joined["cost_cny"].astype("float64").fillna(0.0))


def _made(lines: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    """The contacts with each line while its list ran."""
    days = lines[["month", "customer_id", "from_day", "to_day"]]
    met = days.merge(contacts, on="customer_id")
    has_begun = met["contact_day"] >= met["from_day"]
    has_ended = met["contact_day"] >= met["to_day"]
    return met[has_begun & ~has_ended].assign(contacted=True)


def by_channel(lines: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    """Persons to be called, by the channels through which they were contacted while their list ran.

    A person counts for each channel. Who is contacted through which channel is no lot: these are counts, not effects.

    Returns:
        ``channel``, ``contacted``, ``reached``, ``accepted`` (persons of lists) and ``cost_cny``, by channel.
    """
    called = lines[lines["arm"] == TREAT]
    made = _made(called, contacts).merge(
        called[["month", "customer_id", "person_id"]], on=["month", "customer_id"]
    )
    of_person = made.groupby(["channel", "month", "person_id"]).agg(
        contacted=("contacted", "max"),
        reached=("is_reached", "max"),
        accepted=("is_accepted", "max"),
        cost_cny=("cost_cny", "sum"),
    )
    return of_person.groupby("channel", sort=True).sum().reset_index()


def drawn(persons: pd.DataFrame, outcome: str, expected: str) -> Drawn:
    """The persons of the two arms that a lot has parted."""
    chosen = persons[persons["arm"].isin((TREAT, HOLD_OUT))]
    return Drawn(
        month=pd.to_datetime(chosen["month"]).to_numpy(),
        called=(chosen["arm"] == TREAT).to_numpy(),
        outcome=chosen[outcome].to_numpy(dtype=float),
        expected=chosen[expected].to_numpy(dtype=float),
        reached=chosen["reached"].to_numpy(dtype=bool),
    )
