"""A new release of mediation in one month: the CDR table has two columns that nobody announced."""

import pyarrow as pa

from churn_tasks.simulator.clock import Array
from churn_tasks.simulator.columns import flags
from churn_tasks.simulator.settings import SimulationSettings
from churn_tasks.simulator.spoiler import Planted, Spoiler

CHANGED_MONTH = 7  # the eighth, or the last of a shorter simulation
COLUMNS = ["volte_flag", "cell_ref"]
VOLTE_TENTHS = 6  # of the records
CELLS = 50_000


def with_unannounced_columns(records: pa.Table, spoiler: Spoiler) -> pa.Table:
    """The month's records, with the new columns in the month of the release; none in clean data."""
    settings = spoiler.clock.settings
    if not settings.dirt or spoiler.k != _changed_month(settings):
        return records
    spoiler.planted.append(Planted("cdr", "schema_change", COLUMNS, "drift"))
    number = records.column("rec_no").to_numpy()
    volte, cell = flags(_is_volte(number)), _cells(number)
    return records.append_column("volte_flag", volte).append_column("cell_ref", cell)


def _changed_month(settings: SimulationSettings) -> int:
    return min(CHANGED_MONTH, settings.months - 1)


def _is_volte(number: Array) -> Array:
    return number * 7_919 % 10 < VOLTE_TENTHS


def _cells(number: Array) -> pa.Array:
    return pa.array(number * 104_729 % CELLS).cast(pa.string())
