"""What ``churn definitions`` shows: tables of definitions, of one definition, and of a comparison."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.table import Table

from churn_tasks.by_hand.definitions import roots_of
from churn_tasks.cli.tables import NOT_KNOWN, percent, table
from churn_tasks.core.definition import ORDINARY, ORDINARY_MEANING, Definition, Sign
from churn_tasks.core.definition_files import load_definition
from churn_tasks.core.settings import Settings
from churn_tasks.declared.labels.events import Event

KINDS = {
    "voluntary": "主动 voluntary", "forced": "被动 forced", "competitor": "竞争 competitor",
    "natural": "自然 natural", "unknown": "不明 unknown",
}  # fmt: skip


def list_screen(
    settings: Settings, able: list[str], unable: Mapping[str, str]
) -> Table:
    """Every definition that the profile sees; the adopted one is marked."""
    screen = table(
        "",
        "definition 定义",
        "population 客户群",
        folded=["meaning 含义", "signs 事件", "usable 可用"],
        caption="* adopted 当前采用",
    )
    for name in sorted([*able, *unable]):
        definition = load_definition(name, roots_of(settings))
        screen.add_row(
            _starred(name, settings.definition.name),
            definition.population,
            f"{definition.meaning.en}\n{definition.meaning.zh}",
            ", ".join(definition.labels),
            unable.get(name, "yes"),
        )
    return screen


def _starred(name: str, adopted: str) -> str:
    return f"{name} *" if name == adopted else name


def definition_screen(
    definition: Definition,
    windows: Mapping[str, int | str],
    events: Mapping[str, Event],
) -> Table:
    """One definition, line by line.

    Args:
        events: of its signs, by their names.
    """
    screen = table(definition.name, "field", folded=["value"])
    lengths = [f"{name} {length}" for name, length in windows.items()]
    meaning = definition.meaning
    screen.add_row("meaning 含义", f"{meaning.en}\n{meaning.zh}")
    screen.add_row("population 客户群", definition.population)
    screen.add_row("windows 窗口", ", ".join(lengths))
    screen.add_row("signs 事件", _signs(definition.signs))
    for sign, event in events.items():
        screen.add_row(f"day of {sign} 日期", f"{event.day.en}\n{event.day.zh}")
    screen.add_row("truth_after 真值等待月数", str(definition.truth_after))
    screen.add_row(
        "at_least 至少", f"{definition.needed(None)} of {len(definition.signs)}"
    )
    for name, rule in _tiers(definition).items():
        screen.add_row(f"tier 层级 {name}", rule)
    for kind in definition.kinds:
        screen.add_row(f"kind 类型 {KINDS[kind.kind]}", _signs(kind.evidence))
    screen.add_row("drop_left_early", str(definition.drop_left_early))
    screen.add_row("rotation_days", str(definition.rotation_days))
    return screen


def _tiers(definition: Definition) -> dict[str, str]:
    """What each tier of customers means and asks for; the ordinary ones stand last, and only beside others."""
    rules = {}
    for tier in definition.tiers:
        needed, signs = definition.needed(tier), ", ".join(definition.counted(tier))
        rules[tier.name] = (
            f"{tier.meaning.en} {tier.meaning.zh}\nwhen {tier.when}\nat least {needed} of {signs}"
        )
    if rules:
        needed, signs = definition.needed(None), ", ".join(definition.labels)
        rules[ORDINARY] = (
            f"{ORDINARY_MEANING.en} {ORDINARY_MEANING.zh}\nat least {needed} of {signs}"
        )
    return rules


def _signs(signs: Iterable[Sign]) -> str:
    return "\n".join(map(_sign, signs))


def _sign(sign: Sign) -> str:
    said = f"{sign.label}: {sign.event}"
    if sign.given:
        figures = [f"{name} {value}" for name, value in sign.given.items()]
        said += f" ({', '.join(figures)})"
    return said


def comparison_screens(figures: Mapping[str, Any]) -> Iterator[Table]:
    """The comparison as tables: figures, early signs, base rate by month, agreement, kinds."""
    yield _figures(figures)
    yield _early(figures)
    yield _by_month(figures)
    yield _overlap(figures)
    kinds: set[str] = set()
    for each in figures["definitions"].values():
        kinds |= each["kinds"].keys()
    if kinds - {"unknown"}:
        yield _kinds(figures)


def _figures(figures: Mapping[str, Any]) -> Table:
    scored = figures["scored_months"]
    span = f"{scored[0]} to {scored[-1]}" if scored else "none yet"
    screen = table(
        "Definitions compared 流失定义比较",
        "definition\n定义",
        "customers\n客户月",
        "churners\n流失",
        "rate\n流失率",
        "before it\n预测期前",
        folded=[
            f"recall at {figures['false_alarm_rate']:.0%} false alarms\n覆盖率",
            "recall, false alarms at\nan earlier threshold 前期阈值",
        ],
        caption=f"* adopted 当前采用; scores of the present model 现有模型评分: {span}",
    )
    for column in screen.columns[1:]:
        column.justify = "right"
    for name, each in figures["definitions"].items():
        carried = each["recall_carried"]
        screen.add_row(
            _starred(name, figures["adopted"]),
            f"{each['customers']:,}",
            f"{each['churners']:,}",
            percent(each["churn_rate"]),
            f"{each['left_early']:,}",
            _interval(each["recall"]),
            f"{percent(carried['recall'])}, {percent(carried['false_alarm_rate'])}",
        )
    return screen


def _early(figures: Mapping[str, Any]) -> Table:
    leads = {"1": "1 month", "2": "2 months", "3": "3 months"}
    title = "AUC of the score so long before 提前区分度"
    screen = table("", title, *leads.values())
    for name, each in figures["definitions"].items():
        cells = [_auc(each["early"].get(lead)) for lead in leads]
        screen.add_row(name, *cells)
    return screen


def _by_month(figures: Mapping[str, Any]) -> Table:
    months = figures["months"]
    screen = table("", "base rate 基准流失率", *months)
    for name, each in figures["definitions"].items():
        rates = {}
        for row in each["months"]:
            if row["customers"]:
                rates[row["month"]] = row["churned"] / row["customers"]
        cells = [percent(rates.get(month)) for month in months]
        screen.add_row(name, *cells)
    return screen


def _overlap(figures: Mapping[str, Any]) -> Table:
    names = list(figures["overlap"])
    screen = table(
        "",
        "left by 按左侧定义离网者中",
        *map(str, range(1, len(names) + 1)),
        caption="share that has also left by the definition of the column 按列中定义同样离网的比例",
    )
    for number, name in enumerate(names, start=1):
        shares = figures["overlap"][name]
        screen.add_row(
            f"{number} {name}", *(percent(shares[other], 0) for other in names)
        )
    return screen


def _kinds(figures: Mapping[str, Any]) -> Table:
    screen = table("", "kinds 离网类型", *KINDS.values())
    for name, each in figures["definitions"].items():
        screen.add_row(name, *(f"{each['kinds'].get(kind, 0):,}" for kind in KINDS))
    return screen


def _interval(recall: Mapping[str, Any]) -> str:
    if recall["recall"] is None:
        return NOT_KNOWN
    low, high = percent(recall["low"], 0), percent(recall["high"], 0)
    return f"{percent(recall['recall'])} ({low} to {high})"


def _auc(early: Mapping[str, Any] | None) -> str:
    if not early:
        return NOT_KNOWN
    half_width = (early["high"] - early["low"]) / 2
    return f"{early['auc']:.3f} ±{half_width:.3f}"
