"""The answer of ``churn check-source`` for a terminal."""

from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from churn_tasks.checks.source_check import Judged


def source_screens(
    judged: Sequence[Judged], month: object, profile: str
) -> Iterator[Table]:
    """What comes, what is wrong with it, and what the gaps cost; tables without a row are left out."""
    yield _overview(judged, f"Source of {profile}, {month} 数据源检查")
    for screen in (_stops(judged), _remarks(judged), _columns(judged), _costs(judged)):
        if screen.row_count:
            yield screen


def _table(title: str, *short: str, long: tuple[str, ...] = ()) -> Table:
    """A titled table; the columns ``long`` are folded, the others are never cut."""
    table = Table(title=title, title_justify="left")
    for name in short:
        table.add_column(name, no_wrap=True)
    for name in long:
        table.add_column(name, overflow="fold", ratio=1)
    return table


def _overview(judged: Sequence[Judged], title: str) -> Table:
    table = _table(
        title,
        "contract",
        "kind",
        "state",
        "rows",
        "month before",
        "newest known",
        long=("columns missing",),
    )
    for one in sorted(
        judged, key=lambda one: ("present", "refused", "absent").index(one.state)
    ):
        state = (
            "[red]stops the month[/]"
            if one.stops
            else {"present": "[green]present[/]", "absent": "not delivered"}[one.state]
        )
        present = one.state == "present"
        table.add_row(
            one.table,
            one.kind,
            state,
            f"{one.rows:,}" if present else "–",
            "–" if one.rows_before is None else f"{one.rows_before:,}",
            str(one.newest_known or "–"),
            ", ".join(one.missing) or "–",
        )
    return table


def _stops(judged: Sequence[Judged]) -> Table:
    table = _table(
        "Must be mended, the month cannot run 必须修正", "contract", long=("why",)
    )
    for one in judged:
        for why in one.stops:
            table.add_row(one.table, f"[red]{escape(why)}[/]")
    return table


def _remarks(judged: Sequence[Judged]) -> Table:
    table = _table("Worth a look, the month runs 值得留意", "contract", long=("what",))
    for one in judged:
        for remark in one.remarks:
            table.add_row(one.table, escape(remark))
    return table


def _columns(judged: Sequence[Judged]) -> Table:
    table = _table(
        "Columns that come in another type 类型不同的列",
        "contract",
        "column",
        "comes as",
        "wanted",
        "cannot be read",
    )
    for one in judged:
        for column, now, wanted, count in one.mistyped:
            table.add_row(
                one.table,
                column,
                escape(now),
                wanted,
                "[red]none can[/]" if count < 0 else f"{count:,}",
            )
    return table


def _costs(judged: Sequence[Judged]) -> Table:
    table = _table(
        "What the gaps cost 缺口的代价",
        "contract",
        "triggers",
        "family",
        long=("features that fall away",),
    )
    for one in judged:
        numbers = ", ".join(str(trigger.number) for trigger in one.cost.triggers)
        families = list(one.cost.by_family().items())
        if not families and numbers:
            table.add_row(one.table, numbers)
        for position, (family, names) in enumerate(families):
            shown = f"{len(names)}: {', '.join(names)}"
            table.add_row(
                *((one.table, numbers) if not position else ("", "")), family, shown
            )
    return table
