"""What ``churn definitions`` shows: tables of definitions, of one definition, and of a comparison."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from churn_tasks.by_hand.definitions import roots_of
from churn_tasks.core.definition import ORDINARY, ORDINARY_MEANING, Definition, Sign
from churn_tasks.core.definition_files import load_definition
from churn_tasks.core.settings import Settings

KINDS = {
    "voluntary": "主动 voluntary", "forced": "被动 forced", "competitor": "竞争 competitor",
    "natural": "自然 natural", "unknown": "不明 unknown",
}  # fmt: skip


def list_screen(
    settings: Settings, able: list[str], unable: Mapping[str, str]
) -> Table:
    """Every definition that the profile sees; the adopted one is marked."""
    screen = Table(
        "definition 定义",
        "meaning 含义",
        "population 客户群",
        "signs 事件",
        "usable 可用",
    )
    for name in sorted([*able, *unable]):
        found = load_definition(name, roots_of(settings))
        adopted = " *" if name == settings.definition.name else ""
        screen.add_row(
            name + adopted,
            f"{found.meaning.en}\n{found.meaning.zh}",
            found.population,
            ", ".join(found.labels),
            "yes" if name in able else unable[name],
        )
    screen.caption = "* adopted 当前采用"
    return screen


def definition_screen(found: Definition, windows: Mapping[str, int]) -> Table:
    """One definition, line by line."""
    screen = Table("field", "value", title=found.name)
    screen.add_row("meaning 含义", f"{found.meaning.en}\n{found.meaning.zh}")
    screen.add_row("population 客户群", found.population)
    screen.add_row(
        "windows 窗口",
        ", ".join(f"{name} {length}" for name, length in windows.items()),
    )
    screen.add_row("signs 事件", "\n".join(map(_sign, found.signs)))
    screen.add_row("at_least 至少", f"{found.needed(None)} of {len(found.signs)}")
    for tier in found.tiers:
        said = f"{tier.meaning.en} {tier.meaning.zh}\nwhen {tier.when}"
        screen.add_row(
            f"tier 层级 {tier.name}",
            f"{said}\nat least {found.needed(tier)} of {', '.join(found.counted(tier))}",
        )
    if found.tiers:
        said = f"{ORDINARY_MEANING.en} {ORDINARY_MEANING.zh}"
        screen.add_row(
            f"tier 层级 {ORDINARY}",
            f"{said}\nat least {found.needed(None)} of {', '.join(found.labels)}",
        )
    for rule in found.kinds:
        screen.add_row(
            f"kind 类型 {KINDS[rule.kind]}", "\n".join(map(_sign, rule.evidence))
        )
    screen.add_row("drop_left_in_delay", str(found.drop_left_in_delay))
    screen.add_row("rotation_days", str(found.rotation_days))
    return screen


def _sign(sign: Sign) -> str:
    given = ", ".join(f"{name} {value}" for name, value in sign.given.items())
    return f"{sign.label}: {sign.event}" + (f" ({given})" if given else "")


def comparison_screens(figures: Mapping[str, Any]) -> Iterator[Table]:
    """The comparison as tables: figures, early signs, base rate by month, agreement, kinds."""
    yield _figures(figures)
    yield _early(figures)
    yield _by_month(figures)
    yield _overlap(figures)
    if any(
        set(each["kinds"]) - {"unknown"} for each in figures["definitions"].values()
    ):
        yield _kinds(figures)


def _figures(figures: Mapping[str, Any]) -> Table:
    alarms = f"{figures['false_alarm_rate']:.0%}"
    screen = Table("definition\n定义", title="Definitions compared 流失定义比较")
    for head in (
        "customers\n客户月", "churners\n流失", "rate\n流失率", "in delay\n延迟期",
        f"recall at {alarms} false alarms\n覆盖率", "recall, false alarms at\nan earlier threshold 前期阈值",
    ):  # fmt: skip
        screen.add_column(head, justify="right")
    for name, each in figures["definitions"].items():
        carried = each["recall_carried"]
        screen.add_row(
            name + (" *" if name == figures["adopted"] else ""),
            f"{each['customers']:,}",
            f"{each['churners']:,}",
            _percent(each["churn_rate"]),
            f"{each['left_in_delay']:,}",
            _interval(each["recall"]),
            f"{_percent(carried['recall'])}, {_percent(carried['false_alarm_rate'])}",
        )
    scored = figures["scored_months"]
    span = f"{scored[0]} to {scored[-1]}" if scored else "none yet"
    screen.caption = (
        f"* adopted 当前采用; scores of the present model 现有模型评分: {span}"
    )
    return screen


def _early(figures: Mapping[str, Any]) -> Table:
    screen = Table(
        "AUC of the score so long before 提前区分度", "1 month", "2 months", "3 months"
    )
    for name, each in figures["definitions"].items():
        screen.add_row(
            name, *(_auc(each["early"].get(str(lead))) for lead in (1, 2, 3))
        )
    return screen


def _by_month(figures: Mapping[str, Any]) -> Table:
    screen = Table("base rate 基准流失率", *figures["months"])
    for name, each in figures["definitions"].items():
        rates = {
            row["month"]: row["churned"] / row["customers"]
            if row["customers"]
            else None
            for row in each["months"]
        }
        screen.add_row(
            name, *(_percent(rates.get(month)) for month in figures["months"])
        )
    return screen


def _overlap(figures: Mapping[str, Any]) -> Table:
    names = list(figures["overlap"])
    screen = Table(
        "left by 按左侧定义离网者中",
        *[str(number) for number in range(1, len(names) + 1)],
    )
    for number, name in enumerate(names, start=1):
        screen.add_row(
            f"{number} {name}",
            *(_percent(figures["overlap"][name][other], 0) for other in names),
        )
    screen.caption = "share that has also left by the definition of the column 按列中定义同样离网的比例"
    return screen


def _kinds(figures: Mapping[str, Any]) -> Table:
    screen = Table("kinds 离网类型", *KINDS.values())
    for name, each in figures["definitions"].items():
        screen.add_row(name, *(f"{each['kinds'].get(kind, 0):,}" for kind in KINDS))
    return screen


def _percent(share: float | None, places: int = 1) -> str:
    return "–" if share is None else f"{share * 100:.{places}f}%"


def _interval(recall: Mapping[str, Any]) -> str:
    if recall["recall"] is None:
        return "–"
    low, high = _percent(recall["low"], 0), _percent(recall["high"], 0)
    return f"{_percent(recall['recall'])} ({low} to {high})"


def _auc(early: Mapping[str, Any] | None) -> str:
    return (
        "–"
        if not early
        else f"{early['auc']:.3f} ±{(early['high'] - early['low']) / 2:.3f}"
    )
