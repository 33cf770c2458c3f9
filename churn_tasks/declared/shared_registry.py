"""The registry that all months of a process share: read once, and again when a file that it is made of has changed."""

from collections.abc import Iterator

from churn_tasks.core.settings import INCLUDE, Settings
from churn_tasks.declared.registry import Registry, load_registry

FileState = tuple[str, int, int]  # path, nanoseconds of its last change, bytes
Made = tuple[str, tuple[FileState, ...]]  # the settings, and the files read under them

FOLDERS = ("tables", "sql", "extract")  # of declarations, shipped or a profile's own
KEPT = 4  # registries, about 2 MB each
_registries: dict[Made, Registry] = {}


def shared_registry(settings: Settings) -> Registry:
    """The registry of one profile, the same object for as long as nothing that it is made of changes.

    Raises:
        SettingsError: see :func:`load_registry`.
    """
    made = (_stated(settings), tuple(_declarations(settings)))
    if made not in _registries:
        if len(_registries) == KEPT:
            _registries.clear()
        _registries[made] = load_registry(settings)
    return _registries[made]


def _stated(settings: Settings) -> str:
    """The profile's settings; places and addresses make no difference."""
    return settings.model_dump_json(exclude={"environment"})


def _declarations(settings: Settings) -> Iterator[FileState]:
    for root in (INCLUDE, settings.profile_dir):
        for folder in FOLDERS:
            for path in sorted((root / folder).rglob("*.*")):
                status = path.stat()
                yield str(path), status.st_mtime_ns, status.st_size
