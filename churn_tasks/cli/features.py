"""``churn features``: the feature catalogue of a profile, and the SQL behind it."""

from collections.abc import Iterator
from typing import Annotated, Literal

import typer

from churn_tasks.cli.options import ProfileOption, console, say
from churn_tasks.cli.tables import table
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
    screen = table(
        f"Features of {settings.profile}",
        "feature",
        folded=["table", "unit", "goes with leaving", "meaning"],
    )
    tables = set()
    for query in load_registry(settings).queries["features"]:
        for column in _asked_for(query, family, group):
            meaning = column.zh if language == "zh" else column.en
            screen.add_row(
                column.name,
                query.output.table,
                column.unit,
                column.expect,
                meaning,
            )
            tables.add(query.output.table)
    console.print(screen)
    say(f"{screen.row_count} features in {len(tables)} tables.")


def _asked_for(
    query: Query, family: str | None, group: str | None
) -> Iterator[FeatureColumn]:
    """The features of a query that are of the family and the group, where these are named."""
    for column in query.output.columns:
        if not isinstance(column, FeatureColumn):
            continue
        if family in (None, column.family) and group in (None, column.group):
            yield column


@features.command("sql")
def show_sql(
    name: Annotated[
        str,
        typer.Argument(
            metavar="TABLE", help="A feature table such as feat_calls, or one feature."
        ),
    ],
    profile: ProfileOption = None,
) -> None:
    """Print the SQL of a feature table; what trajectory.yaml declares is shown as the SQL that is made of it."""
    queries = load_registry(load_settings(profile)).queries["features"]
    typer.echo(_query_of(queries, name).sql.rstrip())


def _query_of(queries: list[Query], wanted: str) -> Query:
    """The query that makes a table or a feature.

    Raises:
        SettingsError: none does, with the tables there are.
    """
    for query in queries:
        features_made = query.output.column_names[1:]
        if wanted in (query.output.table, query.name, *features_made):
            return query
    there = ", ".join(query.output.table for query in queries)
    raise SettingsError(
        f"no active feature table or feature {wanted!r}; there are the tables {there}"
    )


@features.command("patterns")
def show_patterns(language: Language = "en") -> None:
    """The patterns that trajectory.yaml may name: formula, name of the column, and when it is empty."""
    screen = table(
        "Patterns of trajectory.yaml",
        "pattern",
        "column",
        folded=["formula", "empty when", "meaning"],
    )
    for name, pattern in PATTERNS.items():
        measure = "a" if pattern.kind == "two" else "y"
        column = f"{measure}_{pattern.suffix.format(unit='<unit>', other='b')}"
        text = TEXTS[name]
        form = text.zh if language == "zh" else text.en
        meaning = form.format(m=measure, o="b")
        screen.add_row(name, column, text.formula, text.empty, meaning)
    console.print(screen)
