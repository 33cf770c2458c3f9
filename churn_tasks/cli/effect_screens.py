"""The effect of lists as a table for a terminal."""

from collections.abc import Sequence

from rich.table import Table

from churn_tasks.cli.tables import NOT_KNOWN, count, percent, table
from churn_tasks.core.currency import NO_MONEY
from churn_tasks.effect.told import Effect

STATES = {
    "told": "",
    "too_few": "too few persons 人数不足",
    "broken": "held-out persons were contacted: no figure 留出组遭破坏",
    "no_contacts": "no contact on record 无联系记录",
    "counted": "no lot parts channels: counts alone 渠道非随机，仅计数",
}
COUNTS = ("called", "contacted", "reached", "held_out", "held_out_contacted")
HEADS = ("to call", "contacted", "reached", "held out", "of these contacted")


def effect_screen(effects: Sequence[Effect], currency: str) -> Table:
    """A row for all lists, each list and each cause."""
    if not effects:
        return table(
            "",
            "No list of these months has a hold-out whose truth is in 暂无可检验的留出组",
        )
    with_money = currency != NO_MONEY
    money = [f"{currency} a month"] if with_money else []
    screen = table(
        "What contacts changed 联系的效果",
        "lists",
        *HEADS,
        "left",
        "left, held out",
        "change, points",
        "kept",
        *money,
        folded=["note"],
        caption=(
            "95% intervals; that of all lists may be read every month. Negative: fewer leave."
            " 区间为 95%，合计可逐月查看；负值为离网减少"
        ),
    )
    for effect in effects:
        screen.add_row(*_cells(effect, with_money=with_money))
    return screen


def _cells(effect: Effect, *, with_money: bool) -> list[str]:
    figures = effect.figures
    cells = [effect.name or "all 合计"]
    for name in COUNTS:
        value = figures.get(name)
        cells.append(count(None if value is None else int(value)))
    is_broken = effect.state == "broken"
    for name in ("called_left", "held_out_left"):
        cells.append(NOT_KNOWN if is_broken else percent(figures.get(name)))
    cells.append(_interval(effect, "change", 100, "+.1f"))
    cells.append(_interval(effect, "kept", 1, ",.0f"))
    if with_money:
        cells.append(
            _interval(effect, "money_kept", 1, ",.0f", ending="_cny"),
        )
    return [*cells, STATES[effect.state]]


def _interval(
    effect: Effect, name: str, times: float, form: str, ending: str = ""
) -> str:
    """A figure with its interval; a dash where there is none."""
    told = []
    for part in ("", "_low", "_high"):
        value = effect.figures.get(f"{name}{part}{ending}")
        if value is None:
            return NOT_KNOWN
        told.append(format(value * times, form))
    middle, low, high = told
    return f"{middle} ({low} to {high})"
