"""Trials of a search that are finished, one line of a file each: a search that was killed goes on behind them."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from churn_tasks.modeling.tuning import Trial


@dataclass(frozen=True)
class KeptTrials:
    """The trials of one candidate on the very same data and code.

    Attributes:
        file: named for the candidate and the digest of all that decides a trial.
    """

    file: Path

    def known(self) -> Sequence[Trial]:
        """What is finished. A line that was being written when the process died is none."""
        if not self.file.is_file():
            return []
        trials = []
        for line in self.file.read_text(encoding="utf-8").splitlines():
            try:
                trials.append(Trial(**json.loads(line)))
            except ValueError:
                continue
        return trials

    def keep(self, trial: Trial) -> None:
        """Add a trial; it is on the disk when this returns."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as lines:
            # on a line of its own, whatever a killed process has left
            lines.write(f"\n{json.dumps(asdict(trial))}\n")
            lines.flush()
            os.fsync(lines.fileno())
