"""What people do about model versions: see where each is, put lost files back, retire one, pin one, roll back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from churn_tasks.adapters.model_copies import ModelCopies
from churn_tasks.adapters.model_files import ModelLost
from churn_tasks.adapters.tracking import Tracking
from churn_tasks.adapters.warehouse import Champion, ModelOrder, Warehouse
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.work.kept_models import KeptModels


@dataclass(frozen=True)
class VersionState:
    """One version that was in force or may be.

    Attributes:
        in_force: months in which a decision for it counted, ``YYYY-MM``.
        in_mlflow: whether MLflow gives the files that were validated.
        has_copy: whether the lake has a copy of them.
        orders: what people have ordered about it.
    """

    name: str
    version: int
    in_force: tuple[str, ...]
    in_mlflow: bool
    has_copy: bool
    orders: tuple[str, ...]


@contextmanager
def opened_models(settings: Settings) -> Iterator[KeptModels]:
    """The model versions of a profile, with warehouse and MLflow open."""
    warehouse = Warehouse(settings)
    copies = ModelCopies(settings.model_copies_dir)
    try:
        yield KeptModels(warehouse, Tracking(settings), copies, settings.profile_dir)
    finally:
        warehouse.close()


def version_states(models: KeptModels) -> list[VersionState]:
    """Every version that a decision or an order names, by its number."""
    months = _months_in_force(models)
    orders: dict[tuple[str, int], list[str]] = {}
    for dated in models.warehouse.model_orders(Month(9999, 12)):
        order = dated.order
        text = (
            f"{order.kind} from {dated.from_month} by {order.decided_by}: {order.why}"
        )
        orders.setdefault(order.model, []).append(text)
    states = []
    for name, version in sorted({*months, *orders}):
        recorded = models.warehouse.model_files(name, version)
        state = VersionState(
            name=name,
            version=version,
            in_force=tuple(months.get((name, version), ())),
            in_mlflow=models.tracking.is_whole(name, version, recorded),
            has_copy=models.has_copy(name, version, recorded),
            orders=tuple(orders.get((name, version), ())),
        )
        states.append(state)
    return states


@dataclass(frozen=True)
class Restored:
    """What was done about one version, or about the experiment."""

    said: str
    is_lost: bool = False


def restore(models: KeptModels, only: int | None = None) -> list[Restored]:
    """Put back what MLflow has lost: the experiment, and the files of versions of which the lake has a copy.

    A version that MLflow has and the lake has not is copied beside the lake.

    Args:
        only: one version; else every version that a decision names.

    Returns:
        What was done, the experiment first, then by version.
    """
    done = []
    if models.tracking.restore_experiment():
        said = f"experiment {models.tracking.experiment_name}: there again"
        done.append(Restored(said))
    named = sorted(_months_in_force(models))
    if only is not None:
        named = [version_named(models, only)]
    for name, version in named:
        done.append(_restored(models, name, version))
    return done


def _restored(models: KeptModels, name: str, version: int) -> Restored:
    said = f"{name} version {version}"
    recorded = models.warehouse.model_files(name, version)
    if models.tracking.is_whole(name, version, recorded):
        models.keep(name, version)
        return Restored(f"{said}: whole")
    if not models.has_copy(name, version, recorded):
        remedy = (
            "Restore MLflow's backup, or take it out of force (churn models retire)"
        )
        said += f": lost, and the lake has no copy. {remedy}"
        return Restored(said, is_lost=True)
    folder = models.copies.path(name, version)
    number = models.tracking.restore(name, version, folder, recorded)
    if number == version:
        return Restored(f"{said}: its files were put back")
    return Restored(f"{said}: its files were put back, as version {number} of MLflow")


def retire(
    models: KeptModels, month: Month, order: ModelOrder, *, undo: bool = False
) -> Champion | None:
    """Take a version out of force from a month on, or take that back; returns what is in force in the month then.

    Raises:
        BadInput: no such version was ever registered, or the order says nothing new.
    """
    _record(models, month, order, undo=undo)
    return models.warehouse.champion(month)


def pin(
    models: KeptModels, month: Month, order: ModelOrder, *, undo: bool = False
) -> Champion | None:
    """Put a version in force from a month on whatever the gate finds, or take that back; returns what is in force then.

    Raises:
        BadInput: there is no such version, its files cannot be read, it is retired, or the order says nothing new.
    """
    if not undo:
        _refuse_retired(models, month, order)
        try:
            models.keep(*order.model)
        except ModelLost as lost:
            raise BadInput(
                f"{order.model_name} version {order.model_version} cannot be pinned: {lost}, and the lake has no copy"
            ) from lost
    _record(models, month, order, undo=undo)
    return models.warehouse.champion(month)


def roll_back(models: KeptModels, month: Month, decided_by: str, why: str) -> Champion:
    """Put the version before the one in force in its place, from a month on; returns what is in force then.

    The version in force is retired, so that the gate goes on and holds new candidates against the one before it; to
    keep a version whatever the gate finds is to pin it.

    Raises:
        BadInput: nothing is in force, there is no version before it, or the files of that one cannot be read.
    """
    now = models.warehouse.champion(month)
    if now is None:
        raise BadInput(f"no version is in force in {month} (churn models list)")
    name, version = now.model_name, now.version
    before = models.warehouse.champion_without(month, name, version)
    if before is None:
        raise BadInput(
            f"there is no version before {name} version {version}. Out of force it goes with: churn models retire"
            f" --version {version} --month {month}; then the gate takes the best candidate of the month."
        )
    try:
        models.keep(before.model_name, before.version)
    except ModelLost as lost:
        raise BadInput(
            f"{before.model_name} version {before.version} cannot take its place: {lost}, and the lake has no copy"
        ) from lost
    why = f"rolled back to version {before.version}: {why}"
    order = ModelOrder("retire", name, version, decided_by, why)
    _record(models, month, order, undo=False)
    return before


def version_named(models: KeptModels, version: int) -> tuple[str, int]:
    """Model name and version of a number that people give.

    Raises:
        BadInput: no such version was ever registered, with those that were in force.
    """
    name = models.tracking.model_name
    months = _months_in_force(models)
    if models.warehouse.model_files(name, version) or (name, version) in months:
        return name, version
    known = ", ".join(str(number) for _, number in sorted(months)) or "none yet"
    raise BadInput(
        f"{name} has no version {version}; were ever in force: {known} (churn models list)"
    )


def _record(models: KeptModels, month: Month, order: ModelOrder, *, undo: bool) -> None:
    is_new = models.warehouse.record_model_order(month, order, is_in_force=not undo)
    if not is_new:
        said = "is not in force" if undo else "is in force already"
        raise BadInput(
            f"{order.model_name} version {order.model_version}: {order.kind} {said} in {month} (churn models list)"
        )


def _refuse_retired(models: KeptModels, month: Month, order: ModelOrder) -> None:
    for dated in models.warehouse.model_orders(month):
        if dated.order.kind == "retire" and dated.order.model == order.model:
            raise BadInput(
                f"{order.model_name} version {order.model_version} was retired from {dated.from_month} by"
                f" {dated.order.decided_by}: {dated.order.why}. Take that back first: churn models retire --undo"
            )


def _months_in_force(models: KeptModels) -> dict[tuple[str, int], list[str]]:
    """Name and version -> the months whose decision names it."""
    months: dict[tuple[str, int], list[str]] = {}
    for row in models.warehouse.promotions():
        if row["is_current"]:
            model = (row["model_name"], int(row["model_version"]))
            months.setdefault(model, []).append(f"{row['valid_from']:%Y-%m}")
    return months
