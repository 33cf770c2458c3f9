"""The backtest as a task: what the commands do, for the settings of this Airflow."""

import logging
from collections.abc import Mapping
from typing import Any

from churn_airflow.connections import connected
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings

log = logging.getLogger("churn")


def run_backtest(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Judge the lists between two months as ``churn backtest`` does.

    Args:
        parameters: ``from`` and ``to``, YYYY-MM; the first and the last list that can be judged when absent.
            ``definition``: whose truth judges the lists; the adopted one when absent.

    Returns:
        Months and place of the page, for XCom; no rows.
    """
    from churn_tasks.by_hand.backtest.run import (
        backtest,
        log_runs,
        write_page,
        write_tables,
    )

    settings = connected(load_settings())
    first, last = (_month(parameters.get(name)) for name in ("from", "to"))
    tested = backtest(
        settings,
        first,
        last,
        lambda said, *_: log.info(said),
        definition=parameters.get("definition"),
    )
    write_tables(tested)
    page = write_page(tested)
    return {
        "from": str(tested.months[0]),
        "to": str(tested.months[-1]),
        "definition": tested.definition,
        "page": str(page),
        "mlflow_run": log_runs(tested),
    }


def _month(given: str | None) -> Month | None:
    return Month.parse(given) if given else None
