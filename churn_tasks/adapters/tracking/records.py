"""What is written of a run: parameters, metrics, tables, documents, figures."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException

from churn_tasks.adapters.tracking.store import GONE, Store, named_trouble

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

log = logging.getLogger("churn")

# a tag that lists the tables of a run; without it MLflow shows and loads none
TABLES = "mlflow.loggedArtifacts"


@dataclass
class Record:
    """What is written of one candidate.

    Attributes:
        parameters, metrics: by name; metrics that are None are left out.
        tables, documents, figures: by file name; documents are anything JSON can hold.
    """

    parameters: Mapping[str, Any]
    metrics: Mapping[str, float | int | None]
    tables: Mapping[str, "pd.DataFrame"] = field(default_factory=dict)
    documents: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, "Figure"] = field(default_factory=dict)


class Records(Store):
    """What is written of the runs of one profile."""

    def log(self, run_id: str, record: Record) -> None:
        """Write parameters, metrics, tables, documents and figures of one run."""
        parameters = [
            Param(name, str(value)) for name, value in record.parameters.items()
        ]
        with named_trouble("log"):
            metrics = self._metrics(run_id, record.metrics)
            self.client.log_batch(run_id, metrics, parameters)
            for name, table in record.tables.items():
                self.write_table(run_id, name, table)
            for name, document in record.documents.items():
                self.client.log_dict(run_id, document, name)
            for name, figure in record.figures.items():
                self.client.log_figure(run_id, figure, name)

    def _metrics(
        self, run_id: str, metrics: Mapping[str, float | int | None]
    ) -> list[Metric]:
        """Dated as the run began: the same again is no further point of a curve."""
        began = self.client.get_run(run_id).info.start_time
        dated = []
        for name, value in metrics.items():
            if value is not None:
                dated.append(Metric(name, float(value), began, 0))
        return dated

    def write_text(self, run_id: str, name: str, text: str) -> None:
        """A text, in place of an earlier one; a run that MLflow has lost goes without."""
        with named_trouble(name):
            try:
                self.client.log_text(run_id, text, name)
            except MlflowException as error:
                if error.error_code != GONE:
                    raise
                log.warning("MLflow has lost run %s: no %s there", run_id, name)

    def write_table(self, run_id: str, name: str, table: "pd.DataFrame") -> None:
        """A table as JSON (as ``mlflow.load_table`` reads it), CSV and HTML, in place of an earlier one."""
        texts = {
            "json": table.to_json(orient="split", index=False, force_ascii=False),
            "csv": table.to_csv(index=False),
            "html": table.to_html(index=False),
        }
        with named_trouble(f"table {name}"):
            for ending, text in texts.items():
                self.client.log_text(run_id, text, f"{name}.{ending}")
            tags = self.client.get_run(run_id).data.tags
            listed = json.loads(tags.get(TABLES, "[]"))
            entry = {"path": f"{name}.json", "type": "table"}
            if entry not in listed:
                self.client.set_tag(run_id, TABLES, json.dumps([*listed, entry]))
