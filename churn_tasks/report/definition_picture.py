"""Definitions of leaving side by side, as one picture: base rate by month, agreement, recall, early signs, kinds."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = (
    "#2f5d8a", "#c65b3c", "#4f8a5b", "#8a6bb0", "#b8912f", "#4aa3a2", "#a3486b", "#6b6b6b", "#8fb04f", "#d08fb4",
    "#111111", "#7fb2e5",
)  # fmt: skip
KINDS = {
    "voluntary": "#2f5d8a", "forced": "#c65b3c", "competitor": "#b8912f", "natural": "#4f8a5b", "unknown": "#c9ced6",
}  # fmt: skip
MARKERS = "osD^vP"
GREY, PALE, GRID, DELAY = "#8a929c", "#9db7d1", "#dfe4ea", "#e3b7a8"
SMALL = 8  # points of letters
BAR = 0.62  # of a row's height
MOST_MONTHS = 8  # named below the rates
BESIDE = 0.025  # of a month, between the definitions
LEGEND: dict[str, Any] = {"fontsize": 7.5, "frameon": False}
LEGEND_BELOW: dict[str, Any] = {
    **LEGEND,
    "loc": "upper center",
    "bbox_to_anchor": (0.5, -0.06),
    "handlelength": 1,
}
Figures = Mapping[str, Any]


def draw(figures: Figures, target: Path) -> None:
    """Write the comparison as a PNG; the same figures give the same picture."""
    from matplotlib.figure import Figure

    height = 6.4 + 0.62 * len(figures["definitions"])
    figure = Figure(figsize=(15, height), layout="constrained")
    figure.suptitle(_title(figures), fontsize=14)
    panels = figure.subplots(2, 3, gridspec_kw={"width_ratios": [1.3, 1, 1]})
    _rates(panels[0, 0], figures)
    _recalls(panels[0, 1], figures)
    _early(panels[0, 2], figures)
    _agreement(panels[1, 0], figures)
    _kinds(panels[1, 1], figures)
    _size(panels[1, 2], figures)
    figure.savefig(target, dpi=110, metadata={"Software": None})


def _title(figures: Figures) -> str:
    first, last = figures["months"][0], figures["months"][-1]
    return (
        f"Definitions of leaving, {figures['profile']}, {first} to {last}"
        f" (adopted: {figures['adopted']})"
    )


def _rates(axes: "Axes", figures: Figures) -> None:
    months = figures["months"]
    for number, (name, each) in enumerate(figures["definitions"].items()):
        rates = _rate_by_month(each)
        axes.plot(
            [months.index(month) for month in rates],
            list(rates.values()),
            label=name,
            markersize=4,
            linewidth=2.6 if name == figures["adopted"] else 1.4,
            **_sign(number),
        )
    every = -(-len(months) // MOST_MONTHS)
    places = range(0, len(months), every)
    axes.set_xticks(places, months[::every], fontsize=SMALL, rotation=30, ha="right")
    axes.set_ylim(bottom=0)
    axes.set_title("Churn rate by month, % of the population")
    axes.grid(axis="y", color=GRID)
    axes.legend(loc="upper left", bbox_to_anchor=(-0.1, -0.16), ncols=3, **LEGEND)


def _rate_by_month(definition: Figures) -> dict[str, float]:
    """Per cent of the population; months without one are left out."""
    return {
        row["month"]: row["churned"] / row["customers"] * 100
        for row in definition["months"]
        if row["customers"]
    }


def _sign(number: int) -> dict[str, Any]:
    """Colour and marker by which a definition is known."""
    return {
        "color": COLOURS[number % len(COLOURS)],
        "marker": MARKERS[number % len(MARKERS)],
    }


def _recalls(axes: "Axes", figures: Figures) -> None:
    """Recall at the allowed share of false alarms, with its interval."""
    for row, name in enumerate(_rows(axes, figures)):
        recall = figures["definitions"][name]["recall"]
        if recall["recall"] is None:
            axes.text(
                1, row, "no scored month", va="center", fontsize=SMALL, color=GREY
            )
            continue
        value, low, high = (recall[part] * 100 for part in ("recall", "low", "high"))
        colour = COLOURS[0] if name == figures["adopted"] else PALE
        axes.barh(row, value, color=colour, height=BAR)
        axes.plot([low, high], [row, row], color="black", linewidth=1.2)
        beside = min(high, 88) + 1.5
        axes.text(beside, row, f"{value:.0f}", va="center", fontsize=SMALL)
    axes.set_xlim(0, 100)
    axes.set_title(
        f"Recall at {figures['false_alarm_rate']:.0%} false alarms, %\n(present model, 95 % interval)"
    )


def _early(axes: "Axes", figures: Figures) -> None:
    """AUC of the score against leaving one, two and three months later."""
    for number, each in enumerate(figures["definitions"].values()):
        by_lead = {int(lead): one for lead, one in each["early"].items() if one}
        aucs = list(by_lead.values())
        below = [one["auc"] - one["low"] for one in aucs]
        above = [one["high"] - one["auc"] for one in aucs]
        axes.errorbar(
            [lead + (number - 4.5) * BESIDE for lead in by_lead],
            [one["auc"] for one in aucs],
            yerr=[below, above],
            markersize=4,
            linewidth=1.2,
            elinewidth=0.7,
            **_sign(number),
        )
    axes.axhline(0.5, linestyle=":", color="grey")
    axes.set_xticks([1, 2, 3])
    axes.set_xlabel("left so many months after the scored one", fontsize=9)
    axes.grid(axis="y", color=GRID)
    axes.set_title(
        "How early it shows: AUC of the score\n(colours as on the left, 0.5 is chance)"
    )


def _agreement(axes: "Axes", figures: Figures) -> None:
    """Of those who left by the row, the share who left by the column."""
    names = list(figures["overlap"])
    shares = [[figures["overlap"][row][column] for column in names] for row in names]
    shades = [[value or 0 for value in row] for row in shares]
    axes.imshow(shades, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, values in enumerate(shares):
        for column, value in enumerate(values):
            _share_in_cell(axes, (column, row), value)
    places = range(len(names))
    axes.set_xticks(places, names, rotation=35, ha="right", fontsize=SMALL)
    axes.set_yticks(places, names, fontsize=SMALL)
    axes.set_title("Of those who left by the row,\n% who left by the column as well")


def _share_in_cell(axes: "Axes", cell: tuple[int, int], value: float | None) -> None:
    text, colour = "–", "black"
    if value is not None:
        text = f"{value * 100:.0f}"
        colour = "white" if value > 0.6 else "black"
    centred: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": SMALL}
    axes.text(*cell, text, color=colour, **centred)


def _kinds(axes: "Axes", figures: Figures) -> None:
    """Kinds of leaving as shares of the churners."""
    for row, name in enumerate(_rows(axes, figures)):
        kinds, start = figures["definitions"][name]["kinds"], 0.0
        total = sum(kinds.values())
        for kind, colour in KINDS.items():
            width = kinds.get(kind, 0) / total * 100 if total else 0
            label = kind if row == 0 else None
            axes.barh(row, width, left=start, color=colour, height=BAR, label=label)
            start += width
    axes.set_xlim(0, 100)
    axes.set_title("Kinds of leaving, % of churners")
    axes.legend(ncols=5, **LEGEND_BELOW)


def _size(axes: "Axes", figures: Figures) -> None:
    """Churners a month, and those who left before anyone could act."""
    widest = 1.0
    for row, name in enumerate(_rows(axes, figures)):
        each = figures["definitions"][name]
        months = max(len(each["months"]), 1)
        churned, early = each["churners"] / months, each["left_early"] / months
        widest = max(widest, churned + early)
        in_time, too_late = _labels_of(row)
        axes.barh(row, churned, color=COLOURS[0], height=BAR, label=in_time)
        axes.barh(row, early, left=churned, color=DELAY, height=BAR, label=too_late)
        text = f" {churned:,.0f} + {early:,.0f}"
        axes.text(churned + early, row, text, va="center", fontsize=SMALL)
    axes.set_xlim(0, 1.35 * widest)
    axes.set_title("Leavers a month")
    axes.legend(ncols=2, **LEGEND_BELOW)


def _labels_of(row: int) -> tuple[str | None, str | None]:
    """The legend names the bars of the first row for all of them."""
    if row == 0:
        return "in the predict window", "before the window"
    return None, None


def _rows(axes: "Axes", figures: Mapping[str, Any]) -> list[str]:
    """One row a definition, the first on top."""
    names = list(figures["definitions"])
    axes.set_yticks(range(len(names)), names, fontsize=SMALL)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x", color=GRID)
    axes.set_axisbelow(True)
    return names
