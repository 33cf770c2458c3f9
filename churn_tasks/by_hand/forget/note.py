"""What a command is doing just now, written before anything is taken out and removed when everything is.

It lies beside the key and only its owner may read it. It holds customers' numbers of the operator and tokens, which are
needed to go on after a kill, and no telephone number.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from churn_tasks.core.errors import BadInput
from churn_tasks.core.files import replace_secret_text


@dataclass(frozen=True)
class Note:
    """One request at work.

    Attributes:
        key: random, of this request alone.
        customers: number of each line to the person's place in the request.
        persons: numbers of the persons, to the same.
        numbers: tokens that are theirs alone.
        rows: ids of set-aside rows.
        months: month to the people of whom it held something, counted before the first row went.
        taken: month to table to rows, the same.
        lists: month, id of a list's bytes before and after.
        shown: month, rank and masked number (or customer's number) as the page of a report shows it.
    """

    key: str
    request: str
    decided_by: str
    why: str
    customers: dict[str, int]
    persons: dict[str, int]
    numbers: tuple[str, ...]
    rows: tuple[str, ...] = ()
    months: dict[str, int] = field(default_factory=dict)
    taken: dict[str, dict[str, int]] = field(default_factory=dict)
    lists: tuple[tuple[str, str, str], ...] = ()
    shown: tuple[tuple[str, int, str], ...] = ()
    is_counted: bool = False

    @property
    def people(self) -> int:
        return len(set(self.customers.values()))

    def with_lists(self, *more: tuple[str, str, str]) -> "Note":
        known = list(self.lists)
        known += [one for one in more if one not in known]
        return replace(self, lists=tuple(known))


def read_note(path: Path) -> Note | None:
    """The request that a killed command was at; None where none is."""
    if not path.is_file():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    told["numbers"], told["rows"] = tuple(told["numbers"]), tuple(told["rows"])
    told["lists"] = tuple(tuple(one) for one in told["lists"])
    told["shown"] = tuple(tuple(one) for one in told["shown"])
    return Note(**told)


def write_note(path: Path, note: Note) -> None:
    replace_secret_text(path, json.dumps(asdict(note)))


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One command at a time.

    Raises:
        BadInput: another one is at work.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(
                "another churn forget is at work; wait for its end"
            ) from None
        yield
