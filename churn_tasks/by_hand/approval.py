"""A model that the gate proposes and a person lets go live (``promotion.approval: person``)."""

from contextlib import closing

from churn_tasks.adapters.warehouse import ModelOrder
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.work.promotion import PROPOSED


def proposed(settings: Settings, month: Month) -> int | None:
    """The version that the gate of a month proposes and that waits for a person; None where it proposes none."""
    with closing(MonthRun(settings, month)) as run:
        return _proposed(run)


def _proposed(run: MonthRun) -> int | None:
    if not run.lake.has("out_promotion", run.month):
        return None
    (row,) = run.rows_of_month("out_promotion").to_dict("records")
    return int(row["model_version"]) if row["decision"] == PROPOSED else None


def let_go_live(settings: Settings, month: Month, decided_by: str, why: str) -> int:
    """Approve what the gate of a month proposes, and decide the month again; returns the version that is live then.

    Raises:
        BadInput: the month proposes nothing.
    """
    with closing(MonthRun(settings, month)) as run:
        version = _proposed(run)
        if version is None:
            raise BadInput(
                f"the gate of {month} proposes nothing that waits for a person (churn models history)"
            )
        order = ModelOrder("approve", settings.model.name, version, decided_by, why)
        run.warehouse.record_model_order(month, order, is_in_force=True)
        run_on("promote", run)
    return version
