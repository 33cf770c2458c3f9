"""The section ``source`` of a profile: where the raw data come from, and how files are written."""

from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from churn_tasks.core.closed import Closed

ENCODINGS = {
    "utf8": "utf-8",
    "gbk": "gb18030",  # GB18030 holds the older ones
    "gb2312": "gb18030",
    "cp936": "gb18030",
}


def _encoding(value: object) -> object:
    name = str(value).lower().replace("_", "-")
    return ENCODINGS.get(name, name)


Beginning = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^\S")]


class FileDrop(Closed):
    """The files of one relation and how they are written; in ``settings.yaml`` a text alone is the ``path``."""

    path: str = Field(
        min_length=1,
        description="pattern below CHURN_DATA_PATH; {month} or {month:%Y%m} is the month",
    )
    format: Literal["csv", "parquet", "xlsx"] | None = Field(
        None, description="by default the file's ending says it"
    )
    encoding: Annotated[Literal["utf-8", "gb18030"], BeforeValidator(_encoding)] = (
        "utf-8"
    )
    delimiter: str = Field(",", pattern=r"^[^\w\s\\\"']$|^\t$")
    quote: str = Field('"', pattern=r"^[^\w\s\\]$")
    columns: tuple[str, ...] = Field(
        (),
        description="names for a file that has no line of names; with names_line they take the place of those there",
    )
    sheet: str = Field(
        "",
        description="of an Excel file with more than one sheet: its name or a pattern; {month} is the month",
    )
    names_line: int | None = Field(
        None,
        ge=1,
        le=1_000,
        description="line of the names, counted from 1 as an editor or Excel shows it; by default the first filled one",
    )
    names_lines: int = Field(
        1, ge=1, le=5, description="lines over which the names stand"
    )
    lines_below_names: int = Field(
        0, ge=0, le=100, description="lines under the names that hold no row"
    )
    footer_lines: int = Field(0, ge=0, le=100, description="lines below the last row")
    footer_begins: tuple[Beginning, ...] = Field(
        (), description="how a footer begins, where its length differs"
    )
    totals: tuple[Beginning, ...] = Field(
        (), description="first filled cell of a row that adds up those above it"
    )
    comments: tuple[Beginning, ...] = Field(
        (), description="how lines begin that hold no row, wherever they stand"
    )
    repeated_names: bool = Field(
        False, description="the names, and the lines above them, may stand again below"
    )
    nameless: Literal["refused", "empty", "skipped"] = Field(
        "refused",
        description="columns without a name: empty, they must hold nothing; skipped, whatever they hold is left out",
    )
    escape: str = Field(
        "",
        pattern=r"^[^\w\s]?$",
        description="sign before a quote or delimiter that is part of a value, such as a backslash",
    )
    timestamps: Literal["utc", "local"] | None = Field(
        None,
        description="what times of Parquet are whose file does not say it; by default the writer's name does",
    )
    complete_when: Literal["there", "done", "sha256"] = Field(
        "there",
        description="done: beside x lies x.done; sha256: beside x lies x.sha256 with its digest, and it agrees",
    )

    @property
    def framed(self) -> tuple[str, ...]:
        """The settings of this drop that say what stands around or between its rows."""
        return tuple(name for name in FRAME if name in self.model_fields_set)


FRAME = (
    "names_line", "names_lines", "lines_below_names", "footer_lines", "footer_begins", "totals", "comments",
    "repeated_names", "nameless", "escape",
)  # fmt: skip


def _file_drop(value: object) -> object:
    if isinstance(value, str):
        return {"path": value}
    if isinstance(value, dict):
        _refuse_unknown(value)
    return value


def _refuse_unknown(given: dict[object, object]) -> None:
    """Raises ValueError: a field that there is not, with what may be meant and all that there are."""
    allowed = list(FileDrop.model_fields)
    for name in map(str, given):
        if name not in allowed:
            alike = get_close_matches(name, allowed, 1)
            meant = f"; {alike[0]} may be meant" if alike else ""
            raise ValueError(
                f"there is no {name}{meant}; allowed are {', '.join(allowed)}"
            )


Drop = Annotated[FileDrop, BeforeValidator(_file_drop)]


class Source(Closed):
    """Where the raw data come from; ``docs/sources.md`` shows each kind with an example.

    ``postgres`` reads ``CHURN_SOURCE_URL`` with ``extract/<table>.sql`` in PostgreSQL's dialect; ``sql`` reads it
    through SQLAlchemy or ADBC in the source's own dialect; ``files`` reads ``CHURN_DATA_PATH``, a folder or an object
    storage, in DuckDB's dialect, each name of ``files`` being a relation over the files that match its pattern.

    Attributes:
        connection: Airflow connection that stands in for ``CHURN_SOURCE_URL`` in Airflow's tasks.
        max_unpacked, max_unpack_ratio: what a packed file may grow to, in all and as a multiple of its packed size.
        max_sheet_rows: rows of an Excel sheet, which is held in memory as a whole.
    """

    kind: Literal["postgres", "sql", "files"]
    connection: str = Field("", pattern=r"^[A-Za-z0-9_.-]*$")
    files: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Drop] = Field(
        {}, description="by relation"
    )
    batch_rows: int = Field(100_000, ge=1_000)
    max_unpacked: str = Field("20GB", pattern=r"^[0-9]+(MB|GB)$")
    max_unpack_ratio: int = Field(200, ge=2)
    max_sheet_rows: int = Field(100_000, ge=1, le=1_048_576)
