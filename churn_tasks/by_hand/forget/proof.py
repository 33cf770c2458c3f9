"""Looks through every file and database for whoever is on the list, and says where it looked.

It goes by the list alone and not by what was asked to be removed, so it can be run at any time, and what the removal
overlooks it still finds: every column that names a customer, every text for tokens, everything that was written for
numbers in clear.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from churn_tasks.adapters.engine import Engine
from churn_tasks.adapters.forgotten import Forgotten, is_listed_number, plain_number
from churn_tasks.adapters.tokens import Tokeniser
from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.adapters.warehouse.forgetting import MAY_BE_NAMED, NAMED, declared
from churn_tasks.by_hand.forget.lake_files import LakeFile, by_table, rows_of
from churn_tasks.by_hand.forget.pages import Names, read, text_files
from churn_tasks.by_hand.forget.people import hold, prepare
from churn_tasks.by_hand.forget.removal import cells, damaged_line, examples
from churn_tasks.core.settings import Settings
from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.declared.subjects import Subject

CUSTOMERS: tuple[Subject, ...] = ("customer", "reference", "other_side")


@dataclass(frozen=True)
class Looked:
    """One place that was looked through.

    Attributes:
        parts: files, or columns of a database.
        found: how many different names of people on the list are there.
    """

    place: str
    parts: int
    found: int


@dataclass(frozen=True)
class Proof:
    """Every place."""

    places: tuple[Looked, ...]

    @property
    def found(self) -> int:
        return sum(place.found for place in self.places)


def prove(
    settings: Settings,
    engine: Engine,
    files: Sequence[LakeFile],
    warehouse: Warehouse,
    forgotten: Forgotten,
    tokeniser: Tokeniser,
) -> Proof:
    """Look through lake, warehouse and text files."""
    prepare(engine)
    hold(engine, "listed_number", forgotten.numbers)
    names = Names(forgotten, tokeniser)
    places = []
    for table, of_table in by_table(files).items():
        found = _in_table(engine, of_table, forgotten, tokeniser)
        places.append(Looked(f"lake {table}", len(of_table), len(found)))
    places += _in_warehouse(warehouse, forgotten, tokeniser)
    places += _in_texts(settings, names)
    if settings.environment.mlflow_url:  # else its files are among the texts
        places.append(_in_mlflow(settings, names))
    return Proof(tuple(places))


def _in_table(
    engine: Engine,
    files: Sequence[LakeFile],
    forgotten: Forgotten,
    tokeniser: Tokeniser,
) -> set[str]:
    """The names of people on the list in all files of one table."""
    rows = rows_of(files)
    found: set[str] = set()
    for expression in _customers(files):
        asked = f"SELECT DISTINCT {expression} FROM {rows}"
        found.update(filter(forgotten.has_customer, _texts(engine, asked)))
    for column in _every(files, lambda file: file.text_columns):
        name = identifier(column)
        asked = f"SELECT DISTINCT {name} FROM {rows} WHERE {name} IN (SELECT value FROM listed_number)"
        found.update(_texts(engine, asked))
    for column in _every(files, lambda file: [*file.words, *file.named("delivered")]):
        for text in _texts(engine, _numbers_written(column, rows)):
            if is_listed_number(text, tokeniser, forgotten.numbers):
                found.add(text)
    return found


def _customers(files: Sequence[LakeFile]) -> Iterator[str]:
    """Everything in a table that names a customer, or a person, who is called after one."""
    for column in _every(files, lambda file: file.named(*CUSTOMERS)):
        yield f"plain_number({identifier(column)})"
    for column in _every(files, lambda file: file.named("delivered")):
        yield f"plain_number({identifier(column)} ->> '$.customer_id')"
    for column in _every(files, lambda file: file.named("words")):
        yield f"unnest({examples(identifier(column))})"
    for column in _every(files, lambda file: file.named("line")):
        yield f"unnest({cells(identifier(column))})"
    for column in _every(files, lambda file: file.named("delivered")):
        yield f"unnest({cells(damaged_line(identifier(column)))})"


def _every(
    files: Iterable[LakeFile], columns: Callable[[LakeFile], Iterable[str]]
) -> list[str]:
    """The columns of all files, each once."""
    every = {name for file in files for name in columns(file)}
    return sorted(every)


def _numbers_written(column: str, rows: str) -> str:
    name = identifier(column)
    return (
        f"SELECT DISTINCT unnest(regexp_extract_all({name}, {literal(NAMED)}, 1)) FROM {rows}"
        f" WHERE regexp_matches({name}, {literal(MAY_BE_NAMED)})"
    )


def _texts(engine: Engine, asked: str) -> list[str]:
    rows = engine.connection.execute(asked).fetchall()
    return [text for (text,) in rows if text]


def _in_warehouse(
    warehouse: Warehouse, forgotten: Forgotten, tokeniser: Tokeniser
) -> list[Looked]:
    """The tables of the warehouse, each with the columns that hold text."""
    found: dict[str, set[str]] = {}
    columns: dict[str, int] = {}
    rows_of_people = declared()
    for where, values in warehouse.named_in():
        table, _, column = where.partition(".")
        found.setdefault(table, set())
        columns[table] = columns.get(table, 0) + 1
        is_customer = column in rows_of_people.get(table, {}).get("customer", [])
        for value in values:
            if is_customer and forgotten.has_customer(value):
                found[table].add(plain_number(value))
            elif is_listed_number(value, tokeniser, forgotten.numbers):
                found[table].add(value)
    return [
        Looked(f"warehouse {table}", columns[table], len(names))
        for table, names in found.items()
    ]


def _in_mlflow(settings: Settings, names: Names) -> Looked:
    """What an MLflow server holds of the profile's runs."""
    # here, because MLflow takes seconds to import
    from churn_tasks.adapters.tracking.texts import Texts

    parts, found = 0, set[str]()
    for _, text in Texts(settings).texts():
        parts += 1
        found |= names.found_in(text)
    return Looked("MLflow, runs and artifacts", parts, len(found))


def _in_texts(settings: Settings, names: Names) -> list[Looked]:
    """The text files below the state folder, by the folder they lie in."""
    files: dict[str, int] = {}
    found: dict[str, set[str]] = {}
    root = settings.environment.state_dir
    for path in text_files(settings):
        parts = path.relative_to(root).parts
        depth = 3 if parts[0] == "profiles" else 1
        folder = "/".join(parts[: min(depth, len(parts) - 1)]) or "."
        files[folder] = files.get(folder, 0) + 1
        found.setdefault(folder, set()).update(names.found_in(read(path)))
    return [
        Looked(f"files {folder}", files[folder], len(found[folder])) for folder in files
    ]
