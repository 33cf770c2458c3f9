"""File drops as a source: Parquet and CSV below one folder, read through DuckDB in Arrow batches with bounded memory.

Each name in ``source.files`` is a view over the files that match its pattern. Parquet keeps its types; CSV arrives as
text in every column, so that a malformed number reaches the row rules instead of being guessed away. DuckDB cannot
read xz: such a file is unpacked into a file without a name, which the system removes with the process, even a killed
one, so that no clear copy of a source stays behind.
"""

import lzma
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePath

import duckdb
import pyarrow as pa

from churn_tasks.core.errors import BadInput, NotReady, SettingsError
from churn_tasks.core.settings import Settings

READERS = {
    ".parquet": "read_parquet({paths}, union_by_name=true)",
    ".csv": "read_csv({paths}, all_varchar=true, header=true, union_by_name=true)",
}
PACKED = (".gz", ".xz")
COPY_BYTES = 1 << 20
_NUMBER = re.compile(r"[0-9]{5,}")


@contextmanager
def open_batches(settings: Settings, sql: str, batch_rows: int) -> Iterator[pa.RecordBatchReader]:
    """The rows of one SELECT as a stream of batches.

    Args:
        settings: ``environment.data_path`` is the folder, ``source.files`` the views and their patterns.
        sql: complete, in DuckDB's dialect; it sees the views and cannot open any other file.
        batch_rows: most rows of one batch.

    Raises:
        SettingsError: no folder is set, it is not there, or a pattern leads out of it.
        NotReady: no file matches a pattern yet.
        BadInput: a file cannot be read, lies behind a link out of the folder, or does not fit the query.
    """
    spill = settings.lake_dir / ".spill"
    spill.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        connection = opened.enter_context(
            duckdb.connect(
                config={
                    "memory_limit": settings.resources.memory,
                    "threads": settings.resources.threads,
                    "temp_directory": str(spill),
                    "autoinstall_known_extensions": False,
                    "preserve_insertion_order": False,
                }
            )
        )
        try:
            readable = [path for name in settings.source.files for path in _view(connection, settings, name, opened)]
            _lock(connection, readable)
            reader = connection.sql(sql).to_arrow_reader(batch_rows)
        except duckdb.Error as error:
            raise _refused(
                settings, error
            ) from None  # the original quotes values, and a traceback shows what is chained
        yield pa.RecordBatchReader.from_batches(reader.schema, _batches(reader, settings))


def matching_files(settings: Settings, name: str) -> list[Path]:
    """The files of one view, by name.

    Raises:
        SettingsError, NotReady, BadInput: as :func:`open_batches`.
    """
    folder, pattern = settings.environment.data_path, settings.source.files[name]
    if folder is None or not folder.is_dir():
        raise SettingsError(f"CHURN_DATA_PATH is {folder or 'not set'}; give the folder that holds {pattern}")
    if PurePath(pattern).is_absolute() or ".." in PurePath(pattern).parts:
        raise SettingsError(f"source.files.{name} is {pattern!r}; a pattern is relative to the folder and stays in it")
    found = sorted(path for path in folder.glob(pattern) if path.is_file())
    if not found:
        there = ", ".join(sorted(path.name for path in folder.iterdir())[:5]) or "nothing"
        raise NotReady(f"source.files.{name}: no file matches {pattern!r} in {folder}, which holds {there}")
    outside = [path.name for path in found if not path.resolve().is_relative_to(folder.resolve())]
    if outside:
        raise BadInput(
            f"source.files.{name}: links that lead out of {folder} are not followed: {', '.join(outside[:5])}"
        )
    return found


def _view(connection: duckdb.DuckDBPyConnection, settings: Settings, name: str, opened: ExitStack) -> list[str]:
    """Make one view and return the paths that it reads."""
    files = matching_files(settings, name)
    formats = {_format(path) for path in files}
    if len(formats) > 1 or not formats <= READERS.keys():
        raise BadInput(
            f"source.files.{name} matches files of format {', '.join(sorted(formats))}; allowed is one of"
            f" {', '.join(READERS)}, CSV also packed as {' or '.join(PACKED)}"
        )
    paths = [_readable(path, settings.state_dir, opened) for path in files]
    quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    reader = READERS[formats.pop()].format(paths=f"[{quoted}]")
    connection.execute(f'CREATE TEMP VIEW "{name}" AS SELECT * FROM {reader}')
    return paths


def _format(path: Path) -> str:
    """``.csv`` for ``a.csv.xz``; a packed Parquet file keeps its packing, which no reader accepts."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-2:-1] == [".csv"] and suffixes[-1] in PACKED:
        return ".csv"
    return suffixes[-1] if suffixes else "(none)"


def _readable(path: Path, state_dir: Path, opened: ExitStack) -> str:
    """A path that DuckDB reads: the file itself, or the nameless file that an xz file was unpacked into."""
    if path.suffix.lower() != ".xz":
        return str(path.resolve())
    unpacked = opened.enter_context(tempfile.TemporaryFile(dir=state_dir))  # noqa: SIM115 - the stack closes it
    try:
        with lzma.open(path) as packed:
            shutil.copyfileobj(packed, unpacked, COPY_BYTES)
    except (lzma.LZMAError, EOFError) as error:
        raise BadInput(f"{path.name} is not a whole xz file: {error}") from error
    unpacked.flush()
    return f"/dev/fd/{unpacked.fileno()}"


def _lock(connection: duckdb.DuckDBPyConnection, readable: list[str]) -> None:
    """From here on the query can open these files and nothing else."""
    quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in readable)
    connection.execute(f"SET allowed_paths = [{quoted}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _batches(reader: pa.RecordBatchReader, settings: Settings) -> Iterator[pa.RecordBatch]:
    """The batches; a row that fails far into a file is reported as one that fails at once."""
    try:
        yield from reader
    except (OSError, pa.ArrowException, duckdb.Error) as error:  # pyarrow passes DuckDB's errors on as OSError
        raise _refused(settings, error) from None


def _refused(settings: Settings, error: Exception) -> BadInput:
    """First line of DuckDB's message, long numbers blanked: it quotes values, which may be phone numbers."""
    return BadInput(f"profile {settings.profile}, files: {_NUMBER.sub('#####', str(error).splitlines()[0])}")
