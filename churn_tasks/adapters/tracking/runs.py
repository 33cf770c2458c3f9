"""Runs of months and of candidates: begun, taken up again, ended."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from churn_tasks.adapters.tracking.store import Store, named_trouble
from churn_tasks.core.months import Month

MONTH, CANDIDATE, TRAINING = "churn.month", "churn.candidate", "churn.training"
KIND, NAME, PARENT = "churn.kind", "mlflow.runName", "mlflow.parentRunId"


@dataclass(frozen=True)
class Logged:
    """A candidate that MLflow holds in full: its run, and the version it is registered as."""

    run_id: str
    version: int


class Runs(Store):
    """The runs of one profile."""

    @contextmanager
    def month_run(self, month: Month) -> Iterator[str]:
        """The parent run of a month, taken up again when there is one; yields its id.

        Children that an earlier try left RUNNING are ended as KILLED, and versions that they registered are removed:
        nothing can have used them.
        """
        with named_trouble(f"run of {month}"):
            parent = self._parent_of(month)
            self.client.update_run(parent, status="RUNNING")
            self._sweep(parent)
        with self._ending(parent):
            yield parent

    @contextmanager
    def candidate_run(
        self, parent: str, month: Month, candidate: str, training: str
    ) -> Iterator[str]:
        """A child run; FINISHED only when the block ends, so what is FINISHED is complete. Yields its id."""
        tags = {
            MONTH: str(month),
            CANDIDATE: candidate,
            TRAINING: training,
            PARENT: parent,
            KIND: "candidate",
            NAME: f"{month} {candidate}",
        }
        with named_trouble(f"run of {candidate}"):
            run = self.client.create_run(self.experiment_id, tags=tags)
        run_id = run.info.run_id
        with self._ending(run_id):
            yield run_id

    @contextmanager
    def backtest_run(self, name: str, parent: str | None = None) -> Iterator[str]:
        """The run of a backtest, or of one of its months below it, taken up again when there is one; yields its id."""
        tags = {KIND: "backtest", NAME: name}
        if parent:
            tags[PARENT] = parent
        with named_trouble(f"run of {name}"):
            runs = self.runs_where(_tagged(tags))
            if runs:
                run_id = str(runs[0].info.run_id)
                self.client.update_run(run_id, status="RUNNING")
            else:
                run = self.client.create_run(self.experiment_id, tags=tags)
                run_id = str(run.info.run_id)
        with self._ending(run_id):
            yield run_id

    def finished(self, parent: str, candidate: str, training: str) -> list[Logged]:
        """The candidates that earlier tries of this month have finished on the same data, earliest first."""
        tags = {PARENT: parent, CANDIDATE: candidate, TRAINING: training}
        found = []
        with named_trouble(f"search of {candidate}"):
            for run in self.runs_where(
                f"{_tagged(tags)} AND attributes.status = 'FINISHED'"
            ):
                for version in self.versions_of(run.info.run_id):
                    found.append(Logged(run.info.run_id, int(version.version)))
        return found

    @contextmanager
    def _ending(self, run_id: str) -> Iterator[None]:
        """Whatever happens in the block, the run has an end; a killed process alone leaves it RUNNING."""
        try:
            yield
        except BaseException:
            self.client.set_terminated(run_id, "FAILED")
            raise
        self.client.set_terminated(run_id, "FINISHED")

    def _parent_of(self, month: Month) -> str:
        tags = {MONTH: str(month), KIND: "month"}
        runs = self.runs_where(_tagged(tags))
        if runs:
            return str(runs[0].info.run_id)
        tags[NAME] = str(month)
        run = self.client.create_run(self.experiment_id, tags=tags)
        return str(run.info.run_id)

    def _sweep(self, parent: str) -> None:
        children = _tagged({PARENT: parent})
        for run in self.runs_where(f"{children} AND attributes.status != 'FINISHED'"):
            for version in self.versions_of(run.info.run_id):
                self.client.delete_model_version(self.model_name, version.version)
            if run.info.status == "RUNNING":
                self.client.set_terminated(run.info.run_id, "KILLED")


def _tagged(tags: Mapping[str, str]) -> str:
    """MLflow's condition for runs that have all of these tags."""
    return " AND ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
