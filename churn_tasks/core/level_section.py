"""The table that raises warnings to a level by their triggers (C4, G2); scores alone say it otherwise."""

from typing import Literal

from pydantic import Field

from churn_tasks.core.closed import Closed


class LevelRule(Closed):
    """One row of the table: whose warning is at least of a level once enough triggers have fired.

    Attributes:
        accounts: ``key`` has a key account class, ``ordinary`` has none.
        triggers: how many must have fired in the month.
        priority: only triggers of this priority or a higher one count.
    """

    level: Literal["high", "medium"]
    accounts: Literal["key", "ordinary", "all"] = "all"
    triggers: int = Field(1, ge=1, le=100)
    priority: int = Field(1, ge=1, le=100)


# Of a key account any sign counts, an ordinary customer must show several; who asks to port or says so is warned of.
LEVEL_TABLE = (
    LevelRule(level="medium", accounts="key", triggers=1),
    LevelRule(level="high", accounts="key", triggers=2),
    LevelRule(level="medium", accounts="ordinary", triggers=2),
    LevelRule(level="high", accounts="ordinary", triggers=3),
    LevelRule(level="high", accounts="all", triggers=1, priority=90),
)
