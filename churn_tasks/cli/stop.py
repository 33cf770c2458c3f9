"""Ctrl-C in the terminal: one sentence and an end, whatever the library in the middle of its work makes of it."""

import os
import signal
import socket
import threading
import time
from types import FrameType
from typing import NoReturn

from churn_tasks.cli.options import console

STOPPED = 130  # exit code of what Ctrl-C ended, as shells have it
GRACE_S = 5.0  # for the work to let go by itself
SAID = "Stopped. What was finished stays; run the month again to go on."


class StopAsked:
    """Whether somebody has pressed Ctrl-C in this process.

    Python hears of it when the library at work returns to it or asks; a query of the engine does not always. A thread
    beside it waits a while and then ends the process: every step can be cut off anywhere and run again.
    """

    def __init__(self) -> None:
        self.asked = False
        heard, self._told = socket.socketpair()
        self._told.setblocking(False)
        signal.set_wakeup_fd(self._told.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGINT, self._note)
        threading.Thread(target=_end_late, args=(heard,), daemon=True).start()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        signal.default_int_handler(number, frame)


def _end_late(heard: socket.socket) -> None:
    while heard.recv(1) != bytes([signal.SIGINT]):
        continue
    time.sleep(GRACE_S)
    console.print(SAID)
    os._exit(STOPPED)


def say_stopped() -> NoReturn:
    """Say so, and end."""
    console.print(SAID)
    raise SystemExit(STOPPED)
