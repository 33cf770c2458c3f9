"""The answer of ``churn check-source`` for a terminal."""

from collections.abc import Iterator, Sequence

from rich.table import Table

from churn_tasks.adapters.source.proposal import Proposal
from churn_tasks.checks.destinations import IN_ORDER, Destination
from churn_tasks.checks.source_check import Judged
from churn_tasks.cli.tables import NOT_KNOWN, coloured, count, table

STATES = ("present", "refused", "absent")
MOST_NAMED = 3  # features of a category
BECOMES = {
    "category": "category 类别特征",
    "feature": "feature 数值特征",
    "trigger": "trigger 触发规则",
    "key": "key 标识",
    "kept only": "kept only 仅保存",
    "ignored": "ignored 未采用",
}
SHOWN = {
    "present": coloured("present", "green"),
    "absent": coloured("not delivered", ""),
}


def source_screens(
    judged: Sequence[Judged], month: object, profile: str
) -> Iterator[Table]:
    """What must be mended, what comes, what is worth a look, and at the end what the gaps cost.

    Tables without a row are left out.
    """
    overview = _overview(judged, f"Source of {profile}, {month} 数据源检查")
    worth_a_look = (_remarks(judged), _columns(judged))
    at_the_end = (_destinations(judged), _costs(judged))
    for screen in (_stops(judged), overview, *worth_a_look, *at_the_end):
        if screen.row_count:
            yield screen


def _overview(judged: Sequence[Judged], title: str) -> Table:
    screen = table(
        title,
        "contract",
        "kind",
        "state",
        "rows",
        "month before",
        "newest known",
        folded=("columns missing",),
    )
    for one in sorted(judged, key=lambda one: STATES.index(one.state)):
        is_present = one.state == "present"
        screen.add_row(
            one.table,
            one.kind,
            coloured("stops the month", "red") if one.stops else SHOWN[one.state],
            count(one.rows if is_present else None),
            count(one.rows_before),
            str(one.newest_known or NOT_KNOWN),
            ", ".join(one.missing) or NOT_KNOWN,
        )
    return screen


def proposal_screen(proposed: Sequence[Proposal]) -> Table:
    """What stands around the rows of files; the settings that say so are printed below it, to be copied."""
    screen = table(
        "Around the rows of files, to be set under source.files 文件外框，建议设置如下",
        "file",
        "then it reads",
        folded=("found",),
    )
    for one in proposed:
        screen.add_row(one.file, one.reads, "; ".join(one.found))
    return screen


def _stops(judged: Sequence[Judged]) -> Table:
    screen = table(
        "Must be mended, the month cannot run 必须修正", "contract", folded=("why",)
    )
    for one in judged:
        for why in one.stops:
            screen.add_row(one.table, coloured(why, "red"))
    return screen


def _remarks(judged: Sequence[Judged]) -> Table:
    screen = table(
        "Worth a look, the month runs 值得留意", "contract", folded=("what",)
    )
    for one in judged:
        for remark in one.remarks:
            screen.add_row(one.table, remark)
    return screen


def _columns(judged: Sequence[Judged]) -> Table:
    screen = table(
        "Columns that come in another type 类型不同的列",
        "contract",
        "column",
        "comes as",
        "wanted",
        "cannot be read",
    )
    for one in judged:
        for column, now, wanted, rows in one.mistyped:
            unreadable = coloured("none can", "red") if rows < 0 else f"{rows:,}"
            screen.add_row(one.table, column, now, wanted, unreadable)
    return screen


def _destinations(judged: Sequence[Judged]) -> Table:
    screen = table(
        "What becomes of each column 各列去向",
        "contract",
        "becomes",
        folded=("columns",),
    )
    for one in judged:
        head = one.table
        for becomes in IN_ORDER:
            there = [each for each in one.destinations if each.becomes == becomes]
            if there:
                columns = ", ".join(_destination(each) for each in there)
                screen.add_row(head, BECOMES[becomes], columns)
                head = ""
    return screen


def _destination(one: Destination) -> str:
    """A column; a category with the features that it is, a trigger column with their names."""
    if one.becomes == "category":
        return f"{one.column} ({', '.join(one.features[:MOST_NAMED])})"
    if one.becomes == "trigger":
        return f"{one.column} ({', '.join(one.triggers)})"
    return one.column


def _costs(judged: Sequence[Judged]) -> Table:
    screen = table(
        "What the gaps cost 缺口的代价",
        "contract",
        "triggers",
        "family",
        folded=("features that fall away",),
    )
    for one in judged:
        triggers = ", ".join(one.cost.trigger_names)
        families = one.cost.by_family()
        if triggers and not families:
            screen.add_row(one.table, triggers)
        head = (one.table, triggers)
        for family, names in families.items():
            screen.add_row(*head, family, f"{len(names)}: {', '.join(names)}")
            head = ("", "")
    return screen
