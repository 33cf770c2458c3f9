"""What a month needs outside its own folders, looked at before its first step instead of after minutes of work."""

from contextlib import closing
from typing import TYPE_CHECKING

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings

if TYPE_CHECKING:
    from churn_tasks.runner.month_run import MonthRun


def require_places(settings: Settings, first: Month, last: Month) -> None:
    """Look at the words for reasons, the triggers, the token key, the candidates, the warehouse (set up or upgraded
    here), MLflow, and the files of the model in force.

    Months before the first model need no warehouse and no MLflow; what has an address is looked at all the same.

    Args:
        first, last: the months that are about to run, both inclusive.

    Raises:
        SettingsError: something is missing, stands in the way or is unknown to a family, with what to do.
        BadInput: the experiment was deleted, or the model in force is lost, with the ways on.
        ConnectionTrouble: the warehouse or MLflow does not answer.
    """
    # here, so that reading the DAGs does not import DuckDB
    from churn_tasks.runner.month_run import MonthRun

    trains = settings.calendar.tested_month(last) is not None
    with closing(MonthRun(settings, first)) as run:
        _require_words(run)
        _require_triggers(run)
        _require_key(run)
        _require_candidates(run)
        if trains or settings.environment.warehouse_url:
            run.warehouse.migrate()
        if trains:
            _require_model(run)


def _require_words(run: "MonthRun") -> None:
    """Every feature has a reason in words: else the first list would stop, months later."""
    from churn_tasks.warning.playbook import load_playbook, refuse_unknown_features

    features = run.registry.features
    load_playbook(run.settings).require({feature.group for feature in features})
    refuse_unknown_features(run.settings, [feature.name for feature in features])


def _require_triggers(run: "MonthRun") -> None:
    """Every trigger names an event and values that it can have: else the list would stop, after the training."""
    from churn_tasks.declared.triggers import load_triggers

    load_triggers(run.settings)


def _require_candidates(run: "MonthRun") -> None:
    """Families, their parameters and the columns that they name are there: else the first training would stop, months
    later.
    """
    # here, because the models' packages take seconds to import
    from churn_tasks.work.training import month_candidates, offered_features

    month_candidates(run, offered_features(run))


def _require_key(run: "MonthRun") -> None:
    """A key is made on first use; a new one in place of a lost one would make every number another token."""
    key = run.settings.token_key_file
    tables = [] if key.exists() else _tables_with_tokens(run)
    if tables:
        raise SettingsError(
            f"the token key {key} is gone, and the lake holds tokens made with it: {', '.join(tables)}."
            " Put the key back from its backup, or name its place in CHURN_TOKEN_KEY_FILE. A new key gives every number"
            " another token, and months before and after would not know each other's numbers; whoever wants that makes"
            " one there by hand."
        )


def _tables_with_tokens(run: "MonthRun") -> list[str]:
    found = []
    for name in run.registry.raw:
        table = f"raw_{name}"
        columns = [column.name for column in run.registry.tables[table].columns]
        has_tokens = any(column.endswith("_token") for column in columns)
        if has_tokens and run.lake.months(table):
            found.append(table)
    return found


def _require_model(run: "MonthRun") -> None:
    # here, because MLflow takes seconds to import
    from churn_tasks.work.kept_models import require_champion

    run.tracking.require_experiment()
    require_champion(run)
