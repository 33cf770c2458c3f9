"""Folders for what DuckDB cannot hold in memory: one for each process, and none left of processes that are gone."""

import os
import shutil
import socket
import tempfile
from pathlib import Path


def spill_folder(root: Path) -> Path:
    """A new private folder below ``root``, named for this machine and process; whoever asks for it removes it.

    What dead processes of this machine left is removed first. Other machines may share the disk, and the same numbers
    are other processes there: their folders are left alone.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    machine = socket.gethostname()
    for left in root.glob(f"{machine}~*~*"):
        if not _is_alive(int(left.name.split("~")[1])):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{machine}~{os.getpid()}~", dir=root))


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)  # asks, and sends nothing
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
