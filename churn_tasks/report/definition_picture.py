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
GREY = "#8a929c"


def draw(figures: Mapping[str, Any], target: Path) -> None:
    """Write the comparison as a PNG; the same figures give the same picture."""
    from matplotlib.figure import Figure

    count = len(figures["definitions"])
    figure = Figure(figsize=(15, 6.4 + 0.62 * count), layout="constrained")
    figure.suptitle(
        f"Definitions of leaving, {figures['profile']}, {figures['months'][0]} to {figures['months'][-1]}"
        f" (adopted: {figures['adopted']})",
        fontsize=14,
    )
    panels = figure.subplots(2, 3, gridspec_kw={"width_ratios": [1.3, 1, 1]})
    _rates(panels[0, 0], figures)
    _bars(panels[0, 1], figures)
    _early(panels[0, 2], figures)
    _agreement(panels[1, 0], figures)
    _kinds(panels[1, 1], figures)
    _size(panels[1, 2], figures)
    figure.savefig(target, dpi=110, metadata={"Software": None})


def _rates(axes: "Axes", figures: Mapping[str, Any]) -> None:
    for number, (name, each) in enumerate(figures["definitions"].items()):
        rates = {
            row["month"]: row["churned"] / row["customers"] * 100
            for row in each["months"]
            if row["customers"]
        }
        places = [figures["months"].index(month) for month in rates]
        axes.plot(
            places, list(rates.values()), label=name, color=COLOURS[number % len(COLOURS)], markersize=4,
            marker=MARKERS[number % len(MARKERS)], linewidth=2.6 if name == figures["adopted"] else 1.4,
        )  # fmt: skip
    months = figures["months"]
    every = -(-len(months) // 8)
    axes.set_xticks(
        range(0, len(months), every),
        months[::every],
        fontsize=8,
        rotation=30,
        ha="right",
    )
    axes.set_ylim(bottom=0)
    axes.set_title("Churn rate by month, % of the population")
    axes.grid(axis="y", color="#dfe4ea")
    axes.legend(
        fontsize=7.5,
        loc="upper left",
        bbox_to_anchor=(-0.1, -0.16),
        ncols=3,
        frameon=False,
    )


def _bars(axes: "Axes", figures: Mapping[str, Any]) -> None:
    """Recall at the allowed share of false alarms, with its interval."""
    names = _rows(axes, figures)
    for row, name in enumerate(names):
        recall = figures["definitions"][name]["recall"]
        if recall["recall"] is None:
            axes.text(1, row, "no scored month", va="center", fontsize=8, color=GREY)
            continue
        value, low, high = (recall[part] * 100 for part in ("recall", "low", "high"))
        colour = COLOURS[0] if name == figures["adopted"] else "#9db7d1"
        axes.barh(row, value, color=colour, height=0.62)
        axes.plot([low, high], [row, row], color="black", linewidth=1.2)
        axes.text(min(high, 88) + 1.5, row, f"{value:.0f}", va="center", fontsize=8)
    axes.set_xlim(0, 100)
    axes.set_title(
        f"Recall at {figures['false_alarm_rate']:.0%} false alarms, %\n(present model, 95 % interval)"
    )


def _early(axes: "Axes", figures: Mapping[str, Any]) -> None:
    """AUC of the score against leaving one, two and three months later."""
    for number, each in enumerate(figures["definitions"].values()):
        found = {int(lead): one for lead, one in each["early"].items() if one}
        leads = [lead + (number - 4.5) * 0.025 for lead in found]
        values = [one["auc"] for one in found.values()]
        errors = [
            [one["auc"] - one["low"] for one in found.values()],
            [one["high"] - one["auc"] for one in found.values()],
        ]
        axes.errorbar(
            leads, values, yerr=errors, marker=MARKERS[number % len(MARKERS)], markersize=4, linewidth=1.2,
            color=COLOURS[number % len(COLOURS)], elinewidth=0.7,
        )  # fmt: skip
    axes.axhline(0.5, linestyle=":", color="grey")
    axes.set_xticks([1, 2, 3])
    axes.set_xlabel("left so many months after the scored one", fontsize=9)
    axes.grid(axis="y", color="#dfe4ea")
    axes.set_title(
        "How early it shows: AUC of the score\n(colours as on the left, 0.5 is chance)"
    )


def _agreement(axes: "Axes", figures: Mapping[str, Any]) -> None:
    """Of those who left by the row, the share who left by the column."""
    names = list(figures["overlap"])
    shares = [[figures["overlap"][row][column] for column in names] for row in names]
    axes.imshow(
        [[value or 0 for value in row] for row in shares],
        cmap="Blues",
        vmin=0,
        vmax=1,
        aspect="auto",
    )
    for row, values in enumerate(shares):
        for column, value in enumerate(values):
            dark = value is not None and value > 0.6
            shown = "–" if value is None else f"{value * 100:.0f}"
            axes.text(
                column,
                row,
                shown,
                ha="center",
                va="center",
                fontsize=8,
                color="white" if dark else "black",
            )
    axes.set_xticks(range(len(names)), names, rotation=35, ha="right", fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_title("Of those who left by the row,\n% who left by the column as well")


def _kinds(axes: "Axes", figures: Mapping[str, Any]) -> None:
    """Kinds of leaving as shares of the churners."""
    names = _rows(axes, figures)
    for row, name in enumerate(names):
        kinds, start = figures["definitions"][name]["kinds"], 0.0
        total = sum(kinds.values())
        for kind, colour in KINDS.items():
            width = kinds.get(kind, 0) / total * 100 if total else 0
            axes.barh(
                row,
                width,
                left=start,
                color=colour,
                height=0.62,
                label=kind if row == 0 else None,
            )
            start += width
    axes.set_xlim(0, 100)
    axes.set_title("Kinds of leaving, % of churners")
    axes.legend(
        fontsize=7.5,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.06),
        ncols=5,
        frameon=False,
        handlelength=1,
    )


def _size(axes: "Axes", figures: Mapping[str, Any]) -> None:
    """Churners a month, and those who left before anyone could act."""
    names, widest = _rows(axes, figures), 1.0
    for row, name in enumerate(names):
        each = figures["definitions"][name]
        months = max(len(each["months"]), 1)
        churned, early = each["churners"] / months, each["left_in_delay"] / months
        widest = max(widest, churned + early)
        axes.barh(
            row,
            churned,
            color=COLOURS[0],
            height=0.62,
            label="in the predict window" if row == 0 else None,
        )
        axes.barh(
            row,
            early,
            left=churned,
            color="#e3b7a8",
            height=0.62,
            label="in the delay" if row == 0 else None,
        )
        axes.text(
            churned + early,
            row,
            f" {churned:,.0f} + {early:,.0f}",
            va="center",
            fontsize=8,
        )
    axes.set_xlim(0, 1.35 * widest)
    axes.set_title("Leavers a month")
    axes.legend(
        fontsize=7.5,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.06),
        ncols=2,
        frameon=False,
        handlelength=1,
    )


def _rows(axes: "Axes", figures: Mapping[str, Any]) -> list[str]:
    """One row a definition, the first on top."""
    names = list(figures["definitions"])
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x", color="#dfe4ea")
    axes.set_axisbelow(True)
    return names
