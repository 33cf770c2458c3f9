"""The page "what we need from you" for the owner of a source system, in either language, written from the contracts."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from churn_tasks.declared.contracts import ColumnType, RawColumn, RawTable
from churn_tasks.declared.lineage.gaps import Cost, Gaps
from churn_tasks.report.what_we_need_texts import COVERS, KINDS, TYPES, WORDS

Language = Literal["en", "zh"]
TEMPLATES = Path(__file__).parent / "templates"
SEPARATOR = "|" + " --- |" * 5
QUOTED = ',"，'


def page(gaps: Gaps, language: Language) -> str:
    """The whole page as Markdown.

    Args:
        gaps: with every contract delivered; the answers say what each switches on.
    """
    tables = sorted(gaps.contracts.values(), key=_order)
    costs = {table.table: _switched_on(gaps, table.table) for table in tables}
    opening = TEMPLATES / f"what_we_need.{language}.md"
    parts = [opening.read_text(encoding="utf-8")]
    parts.append(_overview(gaps, tables, costs, language))
    for kind, title in KINDS.items():
        parts.append(f"## {kind} {title[language]}\n")
        of_kind = [table for table in tables if table.kind == kind]
        parts += [_section(gaps, one, costs[one.table], language) for one in of_kind]
    return "\n".join(parts)


def _order(table: RawTable) -> tuple[str, str]:
    return table.kind or "", table.table


def _switched_on(gaps: Gaps, table: str) -> Cost:
    """What a table adds where nothing makes it superfluous."""
    better: set[str] = set()
    for query in gaps.queries:
        if f"clean_{table}" in query.output.reads:
            better |= {name.removeprefix("clean_") for name in query.output.unless}
    if not better:
        return gaps.of_table(table)
    without = replace(gaps, delivered=gaps.delivered - better)
    return without.of_table(table)


def _overview(
    gaps: Gaps, tables: Iterable[RawTable], costs: dict[str, Cost], language: Language
) -> str:
    words = WORDS[language]
    lines = [f"## {words['overview']}\n", words["overview_head"], SEPARATOR]
    for table in tables:
        cost = costs[table.table]
        cells = (
            f"[{table.table}](#{table.table})",
            table.kind or "",
            _need(gaps, table, language),
            str(len(cost.features)),
            ", ".join(cost.trigger_names) or "–",
        )
        lines.append(_row(cells))
    return "\n".join(lines) + "\n"


def _need(gaps: Gaps, table: RawTable, language: Language) -> str:
    """Whether anybody is a customer without the table."""
    tells_customers = any(table.table in tables for tables in gaps.activity_sources)
    return WORDS[language]["needed" if tells_customers else "welcome"]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _section(gaps: Gaps, table: RawTable, cost: Cost, language: Language) -> str:
    return "\n".join(_section_lines(gaps, table, cost, language))


def _section_lines(
    gaps: Gaps, table: RawTable, cost: Cost, language: Language
) -> Iterator[str]:
    words = WORDS[language]
    grain = getattr(table.grain, language) if table.grain else ""
    columns = table.delivered_columns
    key = [f"`{one.delivered_as}`" for one in columns if one.name in table.key]
    yield f"### {table.table}\n"
    yield f"{getattr(table.meaning, language)}\n"
    yield f"- {words['row']}{grain}"
    yield f"- {words['month']}{COVERS[table.covers][language]}"
    yield f"- {words['key']}{', '.join(key)}"
    yield f"- {_need(gaps, table, language)}\n"
    yield words["columns_head"]
    yield SEPARATOR
    for column in columns:
        yield _column(gaps, table, column, language)
    yield ""
    yield _gain(cost, language)
    yield _sample(table, words["sample"])


def _column(gaps: Gaps, table: RawTable, column: RawColumn, language: Language) -> str:
    kind = TYPES[column.type][language]
    return _row(
        (
            f"`{column.delivered_as}`",
            f"{kind}, {column.unit}" if column.unit else kind,
            _need_of_column(gaps, table, column, language),
            _meaning(column, language),
            f"`{column.example}`" if column.example else "",
        )
    )


def _need_of_column(
    gaps: Gaps, table: RawTable, column: RawColumn, language: Language
) -> str:
    """Required, or what is lost without it."""
    words = WORDS[language]
    if column.required:
        return words["required"]
    cost = gaps.of_column(table.table, column.name)
    need = words["optional"]
    if cost.features:
        need += words["costs"].format(len(cost.features))
    if cost.triggers:
        need += words["costs_triggers"].format(", ".join(cost.trigger_names))
    return need


def _meaning(column: RawColumn, language: Language) -> str:
    """What the column means, and how private it is."""
    meaning: str = getattr(column, language).replace("|", "/")
    if column.delivered_as != column.name:
        return meaning + WORDS[language]["token"]
    if column.pii == "direct":
        return meaning + WORDS[language]["direct"]
    return meaning


def _gain(cost: Cost, language: Language) -> str:
    """What the table switches on, the long list folded away."""
    words = WORDS[language]
    lines = [
        words["triggers"].format(raised.name, getattr(raised.trigger.words, language))
        for raised in cost.triggers
    ]
    if not cost.features:
        lines = lines or [words["nothing"]]
        return "\n".join([*lines, ""])
    if lines:
        lines.append("")
    return "\n".join([*lines, _folded(cost, language)])


def _folded(cost: Cost, language: Language) -> str:
    title = WORDS[language]["features"].format(len(cost.features))
    names = [f"- `{one.name}` {getattr(one, language)}" for one in cost.features]
    listed = "\n".join(names)
    return f"<details><summary>{title}</summary>\n\n{listed}\n\n</details>\n"


def _sample(table: RawTable, title: str) -> str:
    columns = table.delivered_columns
    header = ",".join(column.delivered_as for column in columns)
    values = ",".join(_csv(column.type, column.example) for column in columns)
    return f"{title}\n\n```csv\n{header}\n{values}\n```\n"


def _csv(kind: ColumnType, value: str) -> str:
    """A value as it stands in a CSV file; texts with a comma or a quote stand in quotes."""
    needs_quotes = any(sign in value for sign in QUOTED)
    return f'"{value}"' if kind == "text" and needs_quotes else value
