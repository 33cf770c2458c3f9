"""The patterns of a trajectory: how a measure's months become a feature, with its name, type, unit and direction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from churn_tasks.declared.columns import ColumnType
from churn_tasks.declared.trajectory.arithmetic import (
    change,
    change_share,
    cover,
    latest,
    mean,
    months_that_are,
    moved,
    peak_ago,
    share_of,
    silent,
    slope,
    spread,
    streak,
    swing,
    to_past,
    to_region,
    whole,
    window,
)


@dataclass(frozen=True)
class Pattern:
    """One way to turn the months of a measure, or of two, into a figure.

    Attributes:
        sql: makes the expression of the measure's months; of two measures also of the second's and of ``times``.
        suffix: what follows the measure in the feature's name; {unit} is the measure's, {other} the second measure.
        type: of the column; ``same`` is the measure's own, ``exact`` decimal for a decimal and else double.
        unit: of the column; {unit} is the measure's, {other_unit} the second one's.
        expect: how the figure goes with leaving where a high level of the measure goes with it ``up``: the same way,
            the other way round, always up, or not at all.
        months: the shortest window in which it is defined; NULL in a shorter one.
        kind: of one measure, of two (``in`` names the other), of dates, or against the region's customers.
    """

    sql: Callable[..., str]
    suffix: str
    type: ColumnType | Literal["same", "exact"]
    unit: str
    expect: Literal["same", "opposite", "up", "none"] = "same"
    months: int = 1
    kind: Literal["one", "two", "date", "region"] = "one"


PATTERNS: dict[str, Pattern] = {
    "last": Pattern(lambda m: m.last, "last_{unit}", "same", "{unit}"),
    "first": Pattern(lambda m: m.first, "first_{unit}", "same", "{unit}", "none"),
    "mean": Pattern(mean, "mean_{unit}", "exact", "{unit}"),
    "window": Pattern(window, "window_{unit}", "same", "{unit}"),
    "lowest": Pattern(lambda m: m.part("low"), "lowest_{unit}", "same", "{unit}"),
    "highest": Pattern(lambda m: m.part("high"), "highest_{unit}", "same", "{unit}"),
    "change": Pattern(change, "change_{unit}", "double", "{unit}", months=2),
    "change_pct": Pattern(change_share, "change_pct", "double", "%", months=2),
    "since_first": Pattern(
        lambda m: f"{m.last} - {m.first}",
        "since_first_{unit}",
        "same",
        "{unit}",
        months=2,
    ),
    "slope": Pattern(slope, "slope_{unit}", "double", "{unit} a month", months=2),
    "to_past": Pattern(to_past, "to_past_ratio", "double", "ratio", months=2),
    "to_previous": Pattern(
        lambda m: share_of(m.last, m.each[1]),
        "to_previous_ratio",
        "double",
        "ratio",
        months=2,
    ),
    "to_first": Pattern(
        lambda m: share_of(m.last, m.first),
        "to_first_ratio",
        "double",
        "ratio",
        months=2,
    ),
    "range": Pattern(spread, "range_ratio", "double", "ratio", "up"),
    "swing": Pattern(swing, "swing_ratio", "double", "ratio", "up", months=2),
    "below_peak": Pattern(
        lambda m: f"1 - {share_of(m.last, m.part('high'))}",
        "below_peak_share",
        "double",
        "share",
        "opposite",
    ),
    "peak_ago": Pattern(peak_ago, "peak_ago_months", "integer", "months", "opposite"),
    "decline": Pattern(
        lambda m: streak(m, "<"), "decline_months", "integer", "months", "opposite"
    ),
    "rise": Pattern(lambda m: streak(m, ">"), "rise_months", "integer", "months"),
    "idle": Pattern(
        lambda m: months_that_are(m, "= 0"),
        "idle_months",
        "integer",
        "months",
        "opposite",
    ),
    "some": Pattern(
        lambda m: months_that_are(m, "> 0"), "some_months", "integer", "months"
    ),
    "silent": Pattern(silent, "silent_months", "integer", "months", "opposite"),
    "gap": Pattern(
        lambda m: f"date_diff('day', {m.part('high')}, $as_of)",
        "gap_days",
        "integer",
        "days",
        kind="date",
    ),
    "to_region": Pattern(
        to_region, "to_region_ratio", "double", "ratio", kind="region"
    ),
    "share": Pattern(whole, "share", "double", "share", kind="two"),
    "share_last": Pattern(latest, "last_share", "double", "share", kind="two"),
    "share_change": Pattern(
        moved, "change_share", "double", "share", months=2, kind="two"
    ),
    "per": Pattern(
        whole, "per_{other}_{unit}", "double", "{unit}/{other_unit}", kind="two"
    ),
    "per_last": Pattern(
        latest, "per_{other}_last_{unit}", "double", "{unit}/{other_unit}", kind="two"
    ),
    "per_change": Pattern(
        moved,
        "per_{other}_change_{unit}",
        "double",
        "{unit}/{other_unit}",
        months=2,
        kind="two",
    ),
    "cover": Pattern(cover, "to_{other}_ratio", "double", "ratio", kind="two"),
}
