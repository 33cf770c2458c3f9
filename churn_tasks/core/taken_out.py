"""How many people were taken out of which month, and how many rows of which table: counts, and nobody's name."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from churn_tasks.core.files import replace_text
from churn_tasks.core.months import Month


@dataclass(frozen=True)
class TakenOut:
    """What was taken out of one month since it was made.

    Attributes:
        persons: people, added up over the requests.
        rows: table of the lake to rows, all versions of the month together.
        requests: keys of the requests that are counted, so that none counts twice.
    """

    persons: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    requests: tuple[str, ...] = ()

    def adding(self, request: str, persons: int, rows: Mapping[str, int]) -> "TakenOut":
        """With one more request; as it is where that is counted already."""
        if request in self.requests:
            return self
        together = Counter(self.rows)
        together.update(rows)
        everyone = self.persons + persons
        return TakenOut(everyone, dict(together), (*self.requests, request))


NOBODY = TakenOut()


def taken_out(path: Path) -> dict[str, TakenOut]:
    """Month to what was taken out of it; nothing where nobody ever was."""
    if not path.is_file():
        return {}
    months = {}
    for month, told in json.loads(path.read_text(encoding="utf-8")).items():
        requests = tuple(told["requests"])
        months[month] = TakenOut(told["persons"], told["rows"], requests)
    return months


def taken_out_of(path: Path, month: Month) -> TakenOut:
    """What was taken out of one month."""
    return taken_out(path).get(str(month), NOBODY)


def write_taken_out(path: Path, months: Mapping[str, TakenOut]) -> None:
    """Replace the file."""
    told = {}
    for month, out in sorted(months.items()):
        told[month] = {
            "persons": out.persons,
            "rows": dict(sorted(out.rows.items())),
            "requests": list(out.requests),
        }
    replace_text(path, json.dumps(told, indent=1) + "\n")
