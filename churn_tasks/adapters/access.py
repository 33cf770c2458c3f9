"""What the step at work may look at and write: its engine shows it nothing else."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from churn_tasks.core.errors import UndeclaredTable


@dataclass(frozen=True)
class Access:
    """The tables that one step may look at and write: names, or families with a star.

    Attributes:
        step: whose they are, for the message.
    """

    step: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]

    def shows(self, table: str) -> bool:
        """Whether the step may look at a table."""
        return any(fnmatchcase(table, family) for family in self.reads)

    def refuse(self, table: str, families: tuple[str, ...], verb: str) -> None:
        """Refuse a table that the step has not declared.

        Raises:
            UndeclaredTable: none of the families names it.
        """
        if not any(fnmatchcase(table, family) for family in families):
            declared = ", ".join(families) or "nothing"
            raise UndeclaredTable(
                f"step {self.step} {verb} {table}, which it does not declare;"
                f" it declares {declared}. Name the table in steps/{self.step}.py."
            )
