"""The page "what we need from you" for the owner of a source system, in either language, written from the contracts."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from churn_tasks.declared.contracts import ColumnType, RawColumn, RawTable
from churn_tasks.declared.lineage.gaps import Cost, Gaps
from churn_tasks.report.what_we_need_texts import COVERS, KINDS, TYPES, WORDS

Language = Literal["en", "zh"]
TEMPLATES = Path(__file__).parent / "templates"


def page(gaps: Gaps, language: Language) -> str:
    """The whole page as Markdown.

    Args:
        gaps: with every contract delivered; the answers say what each switches on.
    """
    tables = sorted(
        gaps.contracts.values(), key=lambda table: (table.kind or "", table.table)
    )
    costs = {table.table: _switched_on(gaps, table.table) for table in tables}
    head = (TEMPLATES / f"what_we_need.{language}.md").read_text(encoding="utf-8")
    parts = [head, _overview(gaps, tables, costs, language)]
    for kind, title in KINDS.items():
        parts.append(f"## {kind} {title[language]}\n")
        parts += [
            _section(gaps, table, costs[table.table], language)
            for table in tables
            if table.kind == kind
        ]
    return "\n".join(parts)


def _switched_on(gaps: Gaps, table: str) -> Cost:
    """What a table adds where nothing makes it superfluous."""
    read_by = [
        query for query in gaps.queries if f"clean_{table}" in query.output.reads
    ]
    better = {
        name.removeprefix("clean_") for query in read_by for name in query.output.unless
    }
    rest = replace(gaps, delivered=gaps.delivered - better) if better else gaps
    return rest.of_table(table)


def _overview(
    gaps: Gaps, tables: Iterable[RawTable], costs: dict[str, Cost], language: Language
) -> str:
    words = WORDS[language]
    lines = [f"## {words['overview']}\n", words["overview_head"], "|" + " --- |" * 5]
    for table in tables:
        cost = costs[table.table]
        numbers = ", ".join(str(trigger.number) for trigger in cost.triggers) or "–"
        needed = words["needed"] if _is_needed(gaps, table) else words["welcome"]
        cells = (
            f"[{table.table}](#{table.table})",
            table.kind or "",
            needed,
            str(len(cost.features)),
            numbers,
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _is_needed(gaps: Gaps, table: RawTable) -> bool:
    return any(table.table in tables for tables in gaps.activity_sources)


def _section(gaps: Gaps, table: RawTable, cost: Cost, language: Language) -> str:
    words = WORDS[language]
    grain = getattr(table.grain, language) if table.grain else ""
    key = ", ".join(
        f"`{column.delivered_as}`"
        for column in table.delivered_columns
        if column.name in table.key
    )
    return "\n".join(
        [
            f"### {table.table}\n",
            f"{getattr(table.meaning, language)}\n",
            f"- {words['row']}{grain}",
            f"- {words['month']}{COVERS[table.covers][language]}",
            f"- {words['key']}{key}",
            f"- {words['needed'] if _is_needed(gaps, table) else words['welcome']}\n",
            words["columns_head"],
            "|" + " --- |" * 5,
            *(
                _column(gaps, table, column, language)
                for column in table.delivered_columns
            ),
            "",
            _gain(cost, language),
            _sample(table, words["sample"]),
        ]
    )


def _column(gaps: Gaps, table: RawTable, column: RawColumn, language: Language) -> str:
    words, kind = WORDS[language], column.type
    shown = TYPES[kind][language] + (f", {column.unit}" if column.unit else "")
    if column.required:
        need = words["required"]
    else:
        cost = gaps.of_column(table.table, column.name)
        count, numbers = (
            len(cost.features),
            ", ".join(str(trigger.number) for trigger in cost.triggers),
        )
        need = words["optional"] + (words["costs"].format(count) if count else "")
        need += words["costs_triggers"].format(numbers) if numbers else ""
    meaning = getattr(column, language).replace("|", "/")
    if column.delivered_as != column.name:
        meaning += words["token"]
    elif column.pii == "direct":
        meaning += words["direct"]
    return f"| `{column.delivered_as}` | {shown} | {need} | {meaning} | {_example(column)} |"


def _example(column: RawColumn) -> str:
    return f"`{column.example}`" if column.example else ""


def _gain(cost: Cost, language: Language) -> str:
    """What the table switches on, the long list folded away."""
    words = WORDS[language]
    lines = [
        words["triggers"].format(t.number, getattr(t.name, language))
        for t in cost.triggers
    ]
    if not cost.features:
        return "\n".join([*(lines or [words["nothing"]]), ""])
    names = "\n".join(
        f"- `{one.name}` {getattr(one, language)}" for one in cost.features
    )
    folded = f"<details><summary>{words['features'].format(len(cost.features))}</summary>\n\n{names}\n\n</details>\n"
    return "\n".join([*lines, *([""] if lines else []), folded])


def _sample(table: RawTable, title: str) -> str:
    columns = table.delivered_columns
    header = ",".join(column.delivered_as for column in columns)
    row = ",".join(_csv(column.type, column.example) for column in columns)
    return f"{title}\n\n```csv\n{header}\n{row}\n```\n"


def _csv(kind: ColumnType, value: str) -> str:
    return (
        f'"{value}"'
        if kind == "text" and ("," in value or '"' in value or "，" in value)
        else value
    )
