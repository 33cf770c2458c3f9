"""``docs/corrupted_input.md`` from the declarations that the tests run: ``python -m tests.corrupted.page``."""

from pathlib import Path

from churn_tasks.core.settings import REPOSITORY
from tests.corrupted.every_kind import GROUPS, KINDS
from tests.corrupted.kinds import (
    Kind,
    Late,
    Merged,
    Passes,
    Refused,
    Repaired,
    SetAside,
)

PAGE = REPOSITORY / "docs" / "corrupted_input.md"
HEAD = Path(__file__).with_name("page_head.md")
TABLE = "| kind | 异常 | example | outcome | message or rule |\n| --- | --- | --- | --- | --- |\n"


def page() -> str:
    """The whole page."""
    parts = [HEAD.read_text(encoding="utf-8").format(count=len(KINDS))]
    for (en, zh), kinds in GROUPS.items():
        parts.append(
            f"## {en} {zh}\n\n{TABLE}" + "".join(_line(kind) for kind in kinds)
        )
    parts.append("Made by `python -m tests.corrupted.page`; a test keeps it current.\n")
    return "\n".join(parts)


def _line(kind: Kind) -> str:
    outcome, message = said(kind)
    cells = (kind.text.en, kind.text.zh, f"`{kind.example}`", outcome, message)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def said(kind: Kind) -> tuple[str, str]:
    """The outcome in words, and the message or rule that people see."""
    match kind.outcome:
        case Refused(step=step, error="NotReady", says=says):
            return f"waits ({step})", " … ".join(f"`{text}`" for text in says)
        case Refused(step=step, says=says):
            return f"refused ({step})", " … ".join(f"`{text}`" for text in says)
        case SetAside(rule=rule, column=column, value=value, rows=rows):
            return (
                f"set aside ({rows} row{'s' if rows > 1 else ''})",
                f"`{kind.table}: {rule}`, {column}: `{value}`".replace(", : ", ", "),
            )
        case Repaired(column=column, value=value):
            return "repaired", f"{column} is `{value}`"
        case Merged(rows=rows, keeps=keeps):
            return (
                f"merged ({rows} row{'s' if rows > 1 else ''})",
                f"keeps `{keeps}`" if keeps else "",
            )
        case Late(rows=rows):
            return f"late ({rows} rows)", ""
        case Passes(note=note):
            return "passes", note


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
