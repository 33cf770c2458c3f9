"""What the page of one month shows: figures already counted, so that writing the page is only layout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from churn_tasks.core.acceptance import Acceptance
from churn_tasks.core.closed import Text
from churn_tasks.core.settings import Settings
from churn_tasks.core.windows import Window
from churn_tasks.report.outcome import ListResult
from churn_tasks.report.reason_shares import ReasonShare
from churn_tasks.report.trigger_outcome import TriggerResult

Row = Mapping[str, Any]
SCORE_BINS = 20
LEVELS = {"high": ("高", "High"), "medium": ("中", "Medium"), "low": ("低", "Low")}


@dataclass(frozen=True)
class GroupWeight:
    """What one reason group adds to the listed customers' scores."""

    title: Text
    mean_contribution: float  # log-odds a listed customer
    share: float  # of everything that raised the scores
    first_reason: int  # listed customers for whom it is the first reason


@dataclass(frozen=True)
class Bin:
    """Customers of one range of a feature's values; both ends empty when the value is missing."""

    lowest: float | None
    highest: float | None
    customers: int
    churners: int

    @property
    def churn_rate(self) -> float:
        return self.churners / self.customers


@dataclass(frozen=True)
class TriggerCount:
    """How often a trigger was raised in the month."""

    name: str
    words: Text
    customers: int
    listed: int  # of them on the list


@dataclass(frozen=True)
class Factor:
    """How the share of leavers moves with one feature."""

    name: str
    meaning: Text
    unit: str
    bins: Sequence[Bin]


@dataclass(frozen=True)
class MonthContent:
    """Everything on one page.

    Attributes:
        no_list_because: why the month has no list; empty when it has one.
        listed: head of the list with masked numbers.
        unknown: customers who were scored without figures that the model has always known, by the names of these.
        run_id, version: of the published list; empty and 0 when the month is not published.
        restated_until: day before which everything on the page had become known, when the month was restated.
        accepted: figures that would have stopped the month, and who says that they are right.
        undated: signs of the definition of leaving that know months alone; with any, no list has figures in time.
        tenths: mean score and share of leavers by tenth of the scores, for the month of ``segment_month``; none where
            nobody was scored then.
        judged: candidates on the latest tested months, one row each.
        triggers: how many customers the month's triggers were raised for, the most urgent first.
        trigger_results: what triggers came to over all months whose truth is in.
        watched: what watching the model in force found, of this month and those before.
        arms, drawn: persons of the list by arm; the same of those alone whose arm was drawn for this list.
        seen_drop: smallest drop in the share that leaves which one list like this shows, and twelve of them together;
            None where nothing would be seen.
        effects: what lists changed, rows of ``bi_effect`` of the run.
        titles: reason group -> its short title.
        taken_out: people who were taken out of the month since it was made.
    """

    settings: Settings
    window: Window
    no_list_because: Text | None = None
    customers: int = 0
    listed: Sequence[Row] = ()
    run_id: str = ""
    version: int = 0
    restated_until: date | None = None
    taken_out: int = 0
    list_facts: Row = field(default_factory=dict)
    levels: Mapping[str, int] = field(default_factory=dict)
    groups: Sequence[GroupWeight] = ()
    reasons: Sequence[ReasonShare] = ()
    factors: Sequence[Factor] = ()
    score_bins: Sequence[int] = ()
    unknown: Mapping[str, int] = field(default_factory=dict)
    results: Sequence[ListResult] = ()
    undated: Sequence[str] = ()
    judged: Sequence[Row] = ()
    watched: Sequence[Row] = ()
    triggers: Sequence[TriggerCount] = ()
    trigger_results: Sequence[TriggerResult] = ()
    trigger_words: Mapping[str, Text] = field(default_factory=dict)
    churn_by_month: Sequence[Row] = ()
    segments: Sequence[Row] = ()
    segment_month: str = ""
    kinds: Sequence[Row] = ()
    tenths: Sequence[Row] = ()
    counts: Sequence[Row] = ()
    drift: Sequence[Row] = ()
    standardised: Sequence[Row] = ()
    treatments: Sequence[Row] = ()
    arms: Mapping[str, int] = field(default_factory=dict)
    drawn: Mapping[str, int] = field(default_factory=dict)
    seen_drop: tuple[float | None, float | None] = (None, None)
    effects: Sequence[Row] = ()
    titles: Mapping[str, Text] = field(default_factory=dict)
    accepted: Sequence[Acceptance] = ()
    data_docs: Sequence[str] = ()
