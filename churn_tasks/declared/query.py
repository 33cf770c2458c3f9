"""One query folder: what it makes and the SQL that makes it."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.contracts import FeatureFile, QueryFile
from churn_tasks.declared.figures import with_figures
from churn_tasks.declared.trajectory.file import TrajectoryFile
from churn_tasks.declared.trajectory.sql import output_of, sql_of
from churn_tasks.declared.yaml_file import read_declaration


@dataclass(frozen=True)
class Query:
    """One folder under ``include/sql/<family>``."""

    family: str
    folder: Path
    output: QueryFile
    generated: str = ""  # the SQL that was made of trajectory.yaml, or of a definition

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def sql(self) -> str:
        text = self.generated or (self.folder / "query.sql").read_text(encoding="utf-8")
        return with_figures(text, self.output.figures)


def read_query(family: str, folder: Path, months: int) -> list[Query]:
    """The query of one folder; of a folder without a declaration none.

    Args:
        months: of the observe window; SQL that is made of ``trajectory.yaml`` brings so many months side by side.

    Raises:
        SettingsError: the declaration is malformed, or there are two.
    """
    declared, trajectory = folder / "query.yaml", folder / "trajectory.yaml"
    if family == "features" and trajectory.is_file():
        if declared.is_file():
            raise SettingsError(
                f"{folder} holds query.yaml and trajectory.yaml; a folder is one of the two"
            )
        file = read_declaration(TrajectoryFile, trajectory)
        return [Query(family, folder, _made_of(file, trajectory), sql_of(file, months))]
    kind = FeatureFile if family == "features" else QueryFile
    return (
        [Query(family, folder, read_declaration(kind, declared))]
        if declared.is_file()
        else []
    )


def _made_of(file: TrajectoryFile, path: Path) -> FeatureFile:
    try:
        return output_of(file)
    except ValidationError as error:
        raise SettingsError(f"{path}: {error}") from error


def load_question(family: str, name: str) -> Query:
    """A query folder whose answer is shown to people or passed on, and makes no table of the lake."""
    folder = INCLUDE / "sql" / family / name
    return Query(family, folder, read_declaration(QueryFile, folder / "query.yaml"))
