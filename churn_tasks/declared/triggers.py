"""The rule triggers as the business declares them (G3): which there are, and which contract columns each one reads.

Nothing here raises a trigger; the declarations answer what a gap in the source costs.
"""

from collections.abc import Iterator

from pydantic import Field

from churn_tasks.core.closed import Closed, Text
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.naming import given_twice, not_among
from churn_tasks.core.settings import INCLUDE, Settings
from churn_tasks.declared.contracts import Contracts
from churn_tasks.declared.yaml_file import read_declaration

FILE = "playbook/triggers.yaml"


class Trigger(Closed):
    """One trigger.

    Attributes:
        number: as in the requirement, 1 to 14.
        limits: its figures, by a name that carries the unit.
        reads: contract -> the columns without which it cannot be raised.
    """

    number: int = Field(ge=1)
    name: Text
    enabled: bool = True
    limits: dict[str, float]
    reads: dict[str, tuple[str, ...]]


class TriggerFile(Closed):
    triggers: tuple[Trigger, ...]


def load_triggers(settings: Settings, contracts: Contracts) -> tuple[Trigger, ...]:
    """The triggers that are on: the profile's own file if there is one, else the shipped one.

    Raises:
        SettingsError: the file is malformed, a number stands twice, or a column is in no contract, each named.
    """
    own = settings.profile_dir / FILE
    path = own if own.is_file() else INCLUDE / FILE
    triggers = read_declaration(TriggerFile, path).triggers
    twice = given_twice(trigger.number for trigger in triggers)
    unknown = list(_columns_in_no_contract(triggers, contracts))
    if twice or unknown:
        raise SettingsError(
            f"{path}: numbers given twice: {twice}; columns in no contract: {', '.join(unknown) or 'none'}"
        )
    return tuple(trigger for trigger in triggers if trigger.enabled)


def _columns_in_no_contract(
    triggers: tuple[Trigger, ...], contracts: Contracts
) -> Iterator[str]:
    known = {name: contract.column_names for name, contract in contracts.items()}
    for trigger in triggers:
        for table, columns in trigger.reads.items():
            for column in not_among(columns, known.get(table, ())):
                yield f"{trigger.number}: {table}.{column}"
