"""Reports, pages of checks, logs: every file in the state folder that is text, and what it says of single customers."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from churn_tasks.adapters.forgotten import Forgotten
from churn_tasks.adapters.tokens import Tokeniser
from churn_tasks.core.files import replace_text
from churn_tasks.core.settings import Settings
from churn_tasks.report.page import with_notice

TEXTS = (
    ".html",
    ".json",
    ".csv",
    ".txt",
    ".md",
    ".log",
    ".yaml",
    ".yml",
    ".js",
    ".sql",
    ".xml",
    "",
)
NOT_OURS = (
    "secrets",
    "postgres",
    "lake",
    "lost+found",
)  # the key and its list, a database cluster, what is Parquet
FOUND_ONLY = (
    ".db",
)  # SQLite, as a local MLflow keeps its runs in: looked into, and never written to
NUMBERS = re.compile(
    r"invalid_[0-9a-f]{32}|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])"
    r"|(?<![0-9.])[+]?[0-9]{7,18}X?(?![0-9])|(?<![0-9])1[0-9]{2}[ -][0-9]{4}[ -][0-9]{4}(?![0-9])"
)
CUSTOMERS = re.compile(r"(customer_id[\"' =:]+)([^\s,;)<\"']+)")
EXAMPLES = re.compile(r"(?<=e\.g\. )[^);<\n]*")  # as core/errors.py gives them
EXAMPLE = re.compile(r"[^\s,]+")
LISTED = re.compile(
    r'<tr><td class="n">([0-9,]+)</td><td class="who"><b>([^<]*)</b>.*?</tr>\n?',
    re.DOTALL,
)


@dataclass(frozen=True)
class Names:
    """Tells whether a text that a page shows names somebody on the list."""

    forgotten: Forgotten
    tokeniser: Tokeniser

    def is_number(self, text: str) -> bool:
        numbers = self.forgotten.numbers
        if text in numbers:
            return True
        if len(text) >= 32:
            return False
        return self.tokeniser.token(text) in numbers

    def is_customer(self, text: str) -> bool:
        return self.forgotten.has_customer(text)

    def found_in(self, text: str) -> set[str]:
        """Everything in a text that names somebody on the list."""
        found = {
            number for number in set(NUMBERS.findall(text)) if self.is_number(number)
        }
        for _, customer in CUSTOMERS.findall(text):
            if self.is_customer(customer):
                found.add(customer)
        for given in EXAMPLES.findall(text):
            found.update(filter(self.is_customer, EXAMPLE.findall(given)))
        for _, shown in LISTED.findall(text):
            if self.is_customer(shown):
                found.add(shown)
        return found


def text_files(settings: Settings) -> Iterator[Path]:
    """Every text file of the profile, and those that all profiles share: MLflow's artifacts, logs."""
    root = settings.environment.state_dir
    own = settings.state_dir
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if set(parts[:-1]).intersection(NOT_OURS) or not path.is_file():
            continue
        if parts[0] == "profiles" and not path.is_relative_to(own):
            continue
        if path.suffix in (*TEXTS, *FOUND_ONLY):
            yield path


def read(path: Path) -> str:
    """A text file; what is no text in it is left out."""
    return path.read_bytes().decode("utf-8", errors="surrogateescape")


def without_people(text: str, names: Names, shown: Iterable[tuple[int, str]]) -> str:
    """A page without the rows of the list that are theirs, and with everything else that names them crossed out.

    Args:
        shown: ranks with what a page shows of the customer: the masked number, or the customer's number.
    """
    gone = set(shown)

    def row(match: re.Match[str]) -> str:
        rank, who = int(match[1].replace(",", "")), match[2]
        is_theirs = (rank, who) in gone or names.is_customer(who)
        return "" if is_theirs else match[0]

    def customer(match: re.Match[str]) -> str:
        return f"{match[1]}***" if names.is_customer(match[2]) else match[0]

    def word(match: re.Match[str]) -> str:
        return "***" if names.is_customer(match[0]) else match[0]

    def given(match: re.Match[str]) -> str:
        return EXAMPLE.sub(word, match[0])

    def number(match: re.Match[str]) -> str:
        return "***" if names.is_number(match[0]) else match[0]

    text = LISTED.sub(row, text)
    text = CUSTOMERS.sub(customer, text)
    text = EXAMPLES.sub(given, text)
    return NUMBERS.sub(number, text)


def clean_pages(
    settings: Settings, names: Names, shown: Iterable[tuple[str, int, str]]
) -> int:
    """Take people out of every text file; returns how many files were written again.

    Args:
        shown: month, rank and what the page of that month shows of a customer.
    """
    of_page: dict[Path, set[tuple[int, str]]] = {}
    for month, rank, who in shown:
        page = settings.report_dir / f"{month}.html"
        of_page.setdefault(page, set()).add((rank, who))
    written = 0
    for path in text_files(settings):
        if path.suffix in FOUND_ONLY:
            continue
        before = read(path)
        after = without_people(before, names, of_page.get(path, set()))
        if after != before:
            _write(path, after)
            written += 1
    return written


def mark_reports(settings: Settings, persons: Mapping[str, int]) -> None:
    """Say on the page of each month how many people were taken out of it since."""
    for month, count in persons.items():
        page = settings.report_dir / f"{month}.html"
        if page.is_file():
            before = read(page)
            after = with_notice(before, count)
            if after != before:
                _write(page, after)


def _write(path: Path, text: str) -> None:
    replace_text(path, text) if _is_plain(text) else path.write_bytes(
        text.encode("utf-8", errors="surrogateescape")
    )


def _is_plain(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
