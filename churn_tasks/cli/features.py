"""``churn features``: the feature catalogue of a profile, and the SQL behind it."""

from typing import Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Table

from churn_tasks.cli.options import ProfileOption, console
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import load_settings
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.query import Query
from churn_tasks.declared.registry import load_registry
from churn_tasks.declared.trajectory.patterns import PATTERNS
from churn_tasks.declared.trajectory.texts import TEXTS

features = typer.Typer(
    no_args_is_help=True,
    help="List the features of a profile, and show the SQL that makes them.",
)
Language = Annotated[
    Literal["en", "zh"], typer.Option(help="Language of the meanings.")
]


@features.command("list")
def show_features(
    family: Annotated[
        Literal["basic", "service", "consumption"] | None,
        typer.Option(help="Only this family."),
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="Only this reason group, such as usage_drop.")
    ] = None,
    language: Language = "en",
    profile: ProfileOption = None,
) -> None:
    """Every active feature with its table, unit, expected direction and meaning; nothing is computed."""
    settings = load_settings(profile)
    queries = load_registry(settings).queries["features"]
    shown = Table(
        "feature",
        "table",
        "unit",
        "goes with leaving",
        "meaning",
        title=f"Features of {settings.profile}",
    )
    tables = []
    for query in queries:
        for column in query.output.columns:
            if isinstance(column, FeatureColumn) and _is_asked_for(
                column, family, group
            ):
                meaning = column.zh if language == "zh" else column.en
                shown.add_row(
                    column.name,
                    query.output.table,
                    column.unit,
                    column.expect,
                    escape(meaning),
                )
                tables.append(query.output.table)
    console.print(shown)
    console.print(f"{len(tables)} features in {len(set(tables))} tables.")


def _is_asked_for(column: FeatureColumn, family: str | None, group: str | None) -> bool:
    return family in (None, column.family) and group in (None, column.group)


@features.command("sql")
def show_sql(
    table: Annotated[
        str, typer.Argument(help="A feature table such as feat_calls, or one feature.")
    ],
    profile: ProfileOption = None,
) -> None:
    """Print the SQL of a feature table; what trajectory.yaml declares is shown as the SQL that is made of it."""
    typer.echo(
        _query_of(
            load_registry(load_settings(profile)).queries["features"], table
        ).sql.rstrip()
    )


def _query_of(queries: list[Query], wanted: str) -> Query:
    """The query that makes a table or a feature.

    Raises:
        SettingsError: none does, with the tables there are.
    """
    for query in queries:
        if (
            wanted in (query.output.table, query.name)
            or wanted in query.output.column_names[1:]
        ):
            return query
    there = ", ".join(query.output.table for query in queries)
    raise SettingsError(
        f"no active feature table or feature {wanted!r}; there are the tables {there}"
    )


@features.command("patterns")
def show_patterns(language: Language = "en") -> None:
    """The patterns that trajectory.yaml may name: formula, name of the column, and when it is empty."""
    shown = Table(
        "pattern",
        "column",
        "formula",
        "empty when",
        "meaning",
        title="Patterns of trajectory.yaml",
    )
    for name, pattern in PATTERNS.items():
        measure = "a" if pattern.kind == "two" else "y"
        column = f"{measure}_{pattern.suffix.format(unit='<unit>', other='b')}"
        text = TEXTS[name]
        meaning = (text.zh if language == "zh" else text.en).format(m=measure, o="b")
        shown.add_row(name, column, text.formula, text.empty, escape(meaning))
    console.print(shown)
