"""Where the model families lie: one file each, found by its name."""

from pathlib import Path

from churn_tasks.core.errors import SettingsError

SHIPPED = Path(__file__).parents[1] / "modeling" / "families"
OWN = "families"  # folder of a profile


def family_files(profile_dir: Path | None = None) -> dict[str, Path]:
    """Each family with its file, in order of their names: the shipped ones and those of a profile.

    Args:
        profile_dir: folder of the profile, whose own families lie below it in ``families``; none when absent.

    Raises:
        SettingsError: a file of the profile has the name of a shipped family.
    """
    found = _files_in(SHIPPED)
    if profile_dir is None:
        return found
    own = _files_in(profile_dir / OWN)
    taken = sorted(found.keys() & own.keys())
    if taken:
        raise SettingsError(
            f"{profile_dir / OWN} holds {', '.join(taken)}: families of these names are shipped. Rename the files."
        )
    return dict(sorted({**found, **own}.items()))


def _files_in(folder: Path) -> dict[str, Path]:
    files = {}
    for file in sorted(folder.glob("[!_]*.py")):
        files[file.stem] = file
    return files
