"""Everything that is kept of a profile, read without the code that takes people out."""

from pathlib import Path

import duckdb
import psycopg

from churn_tasks.core.settings import Settings

TEXTS = (".html", ".json", ".csv", ".log", ".txt", ".md")


def partitions(settings: Settings) -> dict[str, list[str]]:
    """File of the lake to its rows as text, in their order."""
    kept = {}
    with duckdb.connect() as connection:
        for path in sorted(settings.lake_dir.rglob("*.parquet")):
            rows = connection.execute(
                f"SELECT r::VARCHAR FROM read_parquet('{path}', hive_partitioning=false) AS r"
            ).fetchall()
            kept[str(path.relative_to(settings.lake_dir))] = [row for (row,) in rows]
    return kept


def warehouse_rows(settings: Settings) -> dict[str, list[str]]:
    """Table of the warehouse to its rows as text, sorted."""
    kept = {}
    with psycopg.connect(settings.environment.warehouse_url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s",
            (settings.warehouse_schema,),
        ).fetchall()
        for (table,) in tables:
            rows = connection.execute(
                f'SELECT t::text FROM "{settings.warehouse_schema}"."{table}" AS t'
            )
            kept[table] = sorted(row for (row,) in rows)
    return kept


def texts(settings: Settings) -> dict[str, str]:
    """Every text file below the state folder."""
    root = settings.environment.state_dir
    kept = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix in TEXTS:
            kept[str(path.relative_to(root))] = path.read_text(encoding="utf-8")
    return kept


def holding(settings: Settings, *names: str) -> list[str]:
    """Every place in which one of some texts stands."""
    places = []
    for group in (partitions(settings), warehouse_rows(settings)):
        for place, rows in group.items():
            if any(name in row for row in rows for name in names):
                places.append(place)
    for place, text in texts(settings).items():
        if any(name in text for name in names):
            places.append(place)
    for path in Path(settings.token_key_file.parent).iterdir():
        if any(name.encode() in path.read_bytes() for name in names):
            places.append(path.name)
    return places


def figures(settings: Settings) -> dict[str, list[str]]:
    """What was published and found: counts, decisions, figures; no row of anybody."""
    told = {}
    for place, rows in partitions(settings).items():
        if place.split("/")[0] in FIGURES:
            told[place] = rows
    for table, rows in warehouse_rows(settings).items():
        if table in (
            "result",
            "validation",
            "model_watch",
            "promotion",
            "manifest",
            "manifest_history",
            "model_file",
        ):
            told[table] = rows
    return told


FIGURES = (
    "audit_rows", "profile", "profile_accepted", "check_result", "relation", "feature_stat", "feature_bin",
    "feature_selection", "out_validation", "out_gate", "out_promotion", "delivery", "treatment", "standardised",
    "late_rows", "score_watch", "model_watch",
)  # fmt: skip
