"""What became known of the running month since it was last watched, taken in table by table."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from churn_tasks.adapters.source import Source, read_again
from churn_tasks.core.errors import BadInput, NotReady
from churn_tasks.core.privacy import masked
from churn_tasks.runner.day_run import DayRun
from churn_tasks.work.deliveries import (
    OnRecord,
    on_record,
    write_deliveries,
    write_spellings,
)
from churn_tasks.work.extraction import Extracted, extract_table
from churn_tasks.work.file_lines import write_file_lines
from churn_tasks.work.late_extraction import late_rows_of

log = logging.getLogger("churn.watch")


@dataclass
class Taken:
    """What a day brought.

    Attributes:
        refused: table to the reason why nothing of it could be taken in; what earlier days brought stays.
    """

    extracted: list[Extracted] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def take_in(run: DayRun, source: Source) -> Taken:
    """Take in every table of the run; one that cannot be used today is told and holds up no other.

    Raises:
        ConnectionTrouble: the source did not answer.
    """
    before = on_record(run, run.month, run.lake.before())
    taken = Taken()
    for name in run.registry.raw:
        try:
            table = _taken(run, source, name, before.get(name))
        except (BadInput, NotReady) as error:
            run.lake.remove(f"raw_{name}", run.month)
            taken.refused[name] = masked(str(error))
            log.error("watch %s %s: %s", run.edition, name, taken.refused[name])
            continue
        if table:
            taken.extracted.append(table)
    write_deliveries(run, taken.extracted)
    write_file_lines(run, taken.extracted)
    write_spellings(run, taken.extracted)
    return taken


def _taken(
    run: DayRun, source: Source, name: str, before: OnRecord | None
) -> Extracted | None:
    """What became known of a table since an earlier day; all of it where there was none. None: nothing did."""
    if not run.lake.before().has(f"raw_{name}", run.month):
        return extract_table(run, source, name)
    late = partial(late_rows_of, run, source, name, before, must_tell=True)
    return read_again(late)


def tables_there(run: DayRun, names: Iterable[str]) -> list[str]:
    """Those of the source tables of which this day or an earlier one of the month has rows in the area."""
    return [name for name in names if run.lake.has(f"raw_{name}", run.month)]
