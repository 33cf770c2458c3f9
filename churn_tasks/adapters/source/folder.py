"""Files of a drop folder: found by pattern, opened without ever following a link out of the folder.

A file is opened step by step from the folder's own descriptor, and everything later reads that descriptor. Whoever
swaps a folder for a link between the check and the reading gets an error, not a file from elsewhere.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from churn_tasks.core.errors import BadInput, NotReady, SettingsError

HIDDEN = (".", "~$")  # of tools that are still at work on a file
STEP = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class FolderFile:
    """One file below the folder; ``name`` is its path below it."""

    root: Path
    name: str
    is_local = True

    def open(self) -> BinaryIO:
        """The file itself.

        Raises:
            BadInput: it is not an ordinary file, or a link stands on the way.
            NotReady: it has gone meanwhile.
        """
        try:
            return os.fdopen(self._descriptor(), "rb")
        except FileNotFoundError:
            raise NotReady(
                f"{self.name} was there and has gone; a delivery is under way"
            ) from None
        except OSError as error:
            raise BadInput(f"{self.name} cannot be opened: {error.strerror}") from None

    def _descriptor(self) -> int:
        *folders, last = Path(self.name).parts
        here = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for folder in folders:
                above = here
                here = os.open(folder, STEP, dir_fd=above)
                os.close(above)
            descriptor = os.open(last, FILE, dir_fd=here)
        finally:
            os.close(here)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        raise BadInput(
            f"{self.name} is not an ordinary file (a pipe, device or socket); it is not read"
        )

    def beside(self, ending: str) -> "FolderFile | None":
        """The file of the same name with ``ending`` behind it, if there is one."""
        other = FolderFile(self.root, self.name + ending)
        return other if (self.root / other.name).is_file() else None


@dataclass(frozen=True)
class Folder:
    """A folder on this machine."""

    root: Path

    def __str__(self) -> str:
        return str(self.root)

    def check(self) -> None:
        """Raises SettingsError: it is not there."""
        if not self.root.is_dir():
            raise SettingsError(
                f"CHURN_DATA_PATH is {self.root}, which is no folder; give the folder of the files"
            )

    def holds(self) -> list[str]:
        """Up to five names in the folder, for a message."""
        return sorted(path.name for path in self.root.iterdir())[:5]

    def matching(self, pattern: str) -> list[FolderFile]:
        """The files that match, by name; a link within the folder stands for the file that it leads to.

        Raises:
            BadInput: a match leads out of the folder or is no ordinary file.
        """
        root = self.root.resolve()
        names = set()
        for path in root.glob(pattern):
            if not path.name.startswith(HIDDEN):
                names.add(self._within(root, path))
        return [FolderFile(root, name) for name in sorted(filter(None, names))]

    def _within(self, root: Path, path: Path) -> str | None:
        """Path below the folder after links; None for a folder, which no pattern means."""
        name = path.relative_to(root)
        target = path.resolve()
        if not target.is_relative_to(root):
            raise BadInput(
                f"links that lead out of {self.root} are not followed: {name}"
            )
        if target.is_dir():
            return None
        if not target.is_file():
            raise BadInput(
                f"{name} is not an ordinary file (a pipe, device, socket or dead link); it is not read"
            )
        return str(target.relative_to(root))
