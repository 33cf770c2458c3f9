"""A model version where it is known: decisions and digests in the warehouse, files in MLflow, a copy beside the lake.

MLflow is asked first. Where it has lost the files, or does not answer, the copy is read in their place: held against
the same digests, so it is the model that was validated or none.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from churn_tasks.adapters.model_copies import ModelCopies
from churn_tasks.adapters.model_files import ModelLost, digests, read_model, verify
from churn_tasks.adapters.tracking import Tracking
from churn_tasks.adapters.warehouse import Champion, Warehouse
from churn_tasks.core.errors import BadInput, ConnectionTrouble
from churn_tasks.core.months import Month
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.family import trusted_types
from churn_tasks.runner.month_run import MonthRun

log = logging.getLogger("churn")


@dataclass(frozen=True)
class KeptModels:
    """The model versions of one profile.

    Attributes:
        profile_dir: folder of the profile, which may hold families of its own.
    """

    warehouse: Warehouse
    tracking: Tracking
    copies: ModelCopies
    profile_dir: Path

    def classifier(self, name: str, version: int) -> ChurnClassifier:
        """The model of a version, after its files proved to be the recorded ones.

        Raises:
            ModelLost: neither MLflow nor the lake has its files.
            ConnectionTrouble: MLflow does not answer, and there is no copy.
            BadInput: the files differ, or nothing is on record about them.
        """
        recorded = self.warehouse.model_files(name, version)
        trusted = trusted_types(self.profile_dir)
        try:
            return self.tracking.load(name, version, recorded, trusted)
        except (ModelLost, ConnectionTrouble) as trouble:
            if not self.has_copy(name, version, recorded):
                raise
            log.warning(
                "%s version %d: %s; the lake's copy is read in its place. To put it back: churn models restore",
                *(name, version, trouble),
            )
        folder = self.copies.path(name, version)
        said = f"{name} version {version}, the lake's copy"
        return read_model(folder, recorded, trusted, said)

    def has_copy(self, name: str, version: int, recorded: Mapping[str, str]) -> bool:
        """Whether the lake has a copy of the recorded files."""
        if not recorded or not self.copies.has(name, version):
            return False
        return digests(self.copies.path(name, version)) == dict(recorded)

    def require(self, name: str, version: int) -> None:
        """See that the lake or MLflow has the recorded files; the model itself is not read.

        Raises:
            ModelLost: neither has them.
            BadInput: the files differ, or nothing is on record about them.
        """
        recorded = self.warehouse.model_files(name, version)
        if self.has_copy(name, version, recorded):
            return
        with self.tracking.copied(name, version) as folder:
            verify(folder, recorded, f"{name} version {version}")

    def keep(self, name: str, version: int) -> None:
        """Copy the files of a version into the lake, where they do not lie there yet.

        Raises:
            ModelLost, BadInput: they are not to be had, or are not the recorded ones.
        """
        recorded = self.warehouse.model_files(name, version)
        if self.has_copy(name, version, recorded):
            return
        with self.tracking.copied(name, version) as folder:
            verify(folder, recorded, f"{name} version {version}")
            files = sorted(recorded)
            self.copies.keep(name, version, folder, files)

    def ways_on(self, champion: Champion, month: Month, lost: ModelLost) -> str:
        """What is missing, and what people can do so that the month goes on."""
        name, version = champion.model_name, champion.version
        before = self.warehouse.champion_without(month, name, version)
        then = "the gate then takes the best candidate of the month"
        if before:
            then = f"version {before.version}, decided in {before.decided_in}, is then in force again"
        return (
            f"the model in force cannot be read. {name} version {version}, decided in {champion.decided_in}: {lost},"
            f" and the lake has no whole copy in {self.copies.path(name, version)}. Ways on: restore MLflow's database"
            " and files from a backup, or give in CHURN_MLFLOW_URL the MLflow that has them, and run the month again."
            f" Or take the version out of force ({then}): churn models retire --version {version} --month {month}"
            f" --by NAME --why REASON, then churn run --month {month}"
        )


def kept_models(run: MonthRun) -> KeptModels:
    copies = ModelCopies(run.settings.model_copies_dir)
    return KeptModels(run.warehouse, run.tracking, copies, run.settings.profile_dir)


def require_champion(run: MonthRun) -> None:
    """See that the model which the month is going to judge its candidates against can be read.

    Raises:
        BadInput: it is lost, with the ways on; or its files are not the recorded ones.
    """
    champion = run.warehouse.champion(run.month - 1, orders_of=run.month)
    if champion is None:
        return
    models = kept_models(run)
    try:
        models.require(champion.model_name, champion.version)
    except ModelLost as lost:
        raise BadInput(models.ways_on(champion, run.month, lost)) from lost


def champion_classifier(run: MonthRun, champion: Champion) -> ChurnClassifier:
    """The model in force.

    Raises:
        BadInput: it is lost, with the ways on; or its files are not the recorded ones.
    """
    models = kept_models(run)
    try:
        return models.classifier(champion.model_name, champion.version)
    except ModelLost as lost:
        raise BadInput(models.ways_on(champion, run.month, lost)) from lost
