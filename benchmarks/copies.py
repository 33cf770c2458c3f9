"""Small Parquet made large: every row many times, with keys and tokens that are each copy's own.

The SQL is DuckDB's. The number of the copy is the column ``copy``.
"""

from pathlib import Path

import duckdb  # noqa: TID253 - a benchmark is no DAG

THREADS = 2
DAY_S = 86_400


def own_key(column: str) -> str:
    """A key with the number of the copy behind it."""
    return f"{column} || '-' || copy"


def own_token(column: str) -> str:
    """Another token for each copy; what was no number stays none."""
    return f"CASE WHEN starts_with({column}, 'invalid_') THEN {column} ELSE md5({column} || copy) END"


def own_amount(column: str, key: str) -> str:
    """Half to one and a half times the amount, by two keys of the record."""
    return f"{column} * (50 + CAST(hash({key}) % 100 AS BIGINT)) // 100"


def own_second(key: str) -> str:
    """Seconds of the day, by two keys of the record."""
    return f"to_seconds(CAST(hash({key}) % {DAY_S} AS BIGINT))"


def write_rows(rows: str, path: Path, memory: str, **tables: object) -> None:
    """Write what a query gives, compressed as partitions are.

    Args:
        memory: limit of DuckDB: beyond it, rows wait on the disk.
        tables: Arrow tables that the query reads, by name.
    """
    config = {
        "threads": THREADS,
        "memory_limit": memory,
        "preserve_insertion_order": False,
    }
    with duckdb.connect(config=config) as connection:
        for name, table in tables.items():
            connection.register(name, table)
        connection.execute(
            f"COPY ({rows}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
        )


def greatest_values(columns: list[str]) -> str:
    """The select list of a bare scan: every value of every column is looked at once."""
    return ", ".join(f'max("{column}")' for column in columns)
