"""The rule triggers as the business declares them (G3): which there are, and which contract columns each one reads.

Nothing here raises a trigger; the declarations answer what a gap in the source costs.
"""

from collections.abc import Mapping

import yaml
from pydantic import Field, ValidationError

from churn_tasks.core.closed import Closed, Text
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE, Settings
from churn_tasks.declared.contracts import RawTable

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


def load_triggers(
    settings: Settings, contracts: Mapping[str, RawTable]
) -> tuple[Trigger, ...]:
    """The triggers that are on: the profile's own file if there is one, else the shipped one.

    Raises:
        SettingsError: the file is malformed, a number stands twice, or a column is in no contract, each named.
    """
    own = settings.profile_dir / FILE
    path = own if own.is_file() else INCLUDE / FILE
    try:
        content = TriggerFile(**yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError, TypeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    numbers = [trigger.number for trigger in content.triggers]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    unknown = [
        f"{trigger.number}: {table}.{column}"
        for trigger in content.triggers
        for table, columns in trigger.reads.items()
        for column in columns
        if table not in contracts or column not in contracts[table].column_names
    ]
    if twice or unknown:
        raise SettingsError(
            f"{path}: numbers given twice: {twice}; columns in no contract: {', '.join(unknown) or 'none'}"
        )
    return tuple(trigger for trigger in content.triggers if trigger.enabled)
