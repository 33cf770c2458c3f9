"""Arrays of one length that describe the same things, an entry each."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from churn_tasks.simulator.chance import Array


@dataclass
class Parallel:
    """Base of dataclasses whose every field is such an array."""

    def columns(self) -> dict[str, Array]:
        return {column.name: getattr(self, column.name) for column in fields(self)}

    def taken(self, at: Array) -> Self:
        """Copies of the entries at some positions, or where a mask holds."""
        entries = {name: values[at] for name, values in self.columns().items()}
        return type(self)(**entries)

    @classmethod
    def stacked(cls, parts: Sequence[Self]) -> Self:
        """All entries of several, one after the other."""
        stacks = {}
        for column in fields(cls):
            arrays = [getattr(part, column.name) for part in parts]
            stacks[column.name] = np.concatenate(arrays)
        return cls(**stacks)
