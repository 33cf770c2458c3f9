"""One query folder: what it makes and the SQL that makes it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE
from churn_tasks.core.wrong_fields import wrong_fields
from churn_tasks.declared.contracts import FeatureFile, QueryFile
from churn_tasks.declared.figures import with_figures
from churn_tasks.declared.trajectory.feature import output_of
from churn_tasks.declared.trajectory.file import TrajectoryFile
from churn_tasks.declared.trajectory.sql import sql_of
from churn_tasks.declared.yaml_file import read_declaration


@dataclass(frozen=True)
class Query:
    """One folder under ``include/sql/<family>``."""

    family: str
    folder: Path
    output: QueryFile
    generated: str = ""  # the SQL that was made of trajectory.yaml, or of a definition
    trajectory: TrajectoryFile | None = None

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def sql(self) -> str:
        text = self.generated
        if not text:
            text = (self.folder / "query.sql").read_text(encoding="utf-8")
        return with_figures(text, self.output.figures)


def read_query(family: str, folder: Path, months: int) -> list[Query]:
    """The query of one folder; of a folder without a declaration none.

    Args:
        months: of the observe window; SQL that is made of ``trajectory.yaml`` brings so many months side by side.

    Raises:
        SettingsError: the declaration is malformed, or there are two.
    """
    declared = folder / "query.yaml"
    trajectory = folder / "trajectory.yaml"
    kind = FeatureFile if family == "features" else QueryFile
    if family == "features" and trajectory.is_file():
        if declared.is_file():
            raise SettingsError(
                f"{folder} holds query.yaml and trajectory.yaml; a folder is one of the two"
            )
        return [_generated(folder, trajectory, months)]
    if declared.is_file():
        return [Query(family, folder, read_declaration(kind, declared))]
    return []


def _generated(folder: Path, trajectory: Path, months: int) -> Query:
    """The feature query that is made of a ``trajectory.yaml``."""
    file = read_declaration(TrajectoryFile, trajectory)
    try:
        output = output_of(file)
    except ValidationError as error:
        raise SettingsError(
            f"{trajectory}: {wrong_fields(error, TrajectoryFile)}"
        ) from error
    return Query("features", folder, output, sql_of(file, months), file)


@cache
def load_question(family: str, name: str) -> Query:
    """A query folder whose answer is shown to people or passed on, and makes no table of the lake."""
    folder = INCLUDE / "sql" / family / name
    return Query(family, folder, read_declaration(QueryFile, folder / "query.yaml"))
