"""Texts of data are printed as they stand: brackets in a reason or a name are no markup, and nothing is lost."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console, RenderableType
from rich.errors import MarkupError
from rich.table import Table

from churn_tasks import cli
from churn_tasks.cli import options, screens
from churn_tasks.cli.definition_screens import definition_screen
from churn_tasks.cli.tables import coloured, table
from churn_tasks.core.closed import Text
from churn_tasks.core.definition import Definition, Sign
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from tests.cli.test_screens import JUDGED, RESULT, ROW, Planted

# the first ends a markup that never began, the second would vanish, the third would be drawn
TEXTS = [
    "[/x] bill",
    "[red] bill",
    "bill :warning:",
    "[link=file:///x] bill",
    "bill \\",
]
FOLDER = Path(cli.__file__).parent


def printed(*made: RenderableType) -> str:
    console = Console(width=300)
    with console.capture() as capture:
        for screen in made:
            console.print(screen)
    return capture.get()


@pytest.mark.parametrize("text", TEXTS)
def test_a_table_shows_title_heads_cells_and_caption_as_they_stand(text: str) -> None:
    made = table(f"title {text}", f"head {text}", folded=[text], caption=f"end {text}")
    made.add_row(f"cell {text}", text)
    shown = printed(made)
    for part in ("title", "head", "cell", "end"):
        assert f"{part} {text}" in shown


def test_a_plain_table_of_the_library_would_lose_them() -> None:
    """Negative control: why the product has a table of its own."""
    plain = Table("head")
    plain.add_row("[red] bill")
    assert "[red]" not in printed(plain)
    plain.add_row("[/x] bill")
    with pytest.raises(MarkupError):
        printed(plain)


@pytest.fixture
def list_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[dict[str, object]], str]:
    monkeypatch.setattr(screens, "Warehouse", Planted)
    settings = load_settings("telecom", state_dir=tmp_path)

    def shown(more: dict[str, object]) -> str:
        monkeypatch.setattr(Planted, "rows", (ROW | more,))
        return printed(screens.list_screen(settings, Month(2024, 3), 9))

    return shown


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    "column",
    ["reason_1_en", "strategy_en", "region_code", "customer_group", "model_name"],
)
def test_a_listed_row_is_shown_as_it_was_written(
    list_of: Callable[[dict[str, object]], str], text: str, column: str
) -> None:
    assert text in list_of({column: text})


@pytest.mark.parametrize("text", TEXTS)
def test_a_candidate_and_a_definition_are_shown_as_they_were_written(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screens, "Warehouse", Planted)
    judged = [JUDGED | {"candidate": text, "measure": "auc", "value": "0.75"}]
    monkeypatch.setattr(Planted, "judged", judged)
    monkeypatch.setattr(Planted, "results", (RESULT,))
    settings = load_settings("telecom", state_dir=tmp_path)
    assert text in printed(*screens.validation_screens(settings))
    definition = Definition(
        meaning=Text(en=text, zh="停用"),
        signs=(Sign(name="no_use", event="inactive_month"),),
    )
    assert text in printed(definition_screen(definition, {}, {}))


@pytest.mark.parametrize("text", TEXTS)
def test_a_line_is_said_as_it_stands_and_a_colour_stays_one(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = Console(width=300, force_terminal=True, color_system="standard")
    monkeypatch.setattr(options, "console", console)
    with console.capture() as capture:
        options.say(coloured("Not read", "yellow"), f": {text}")
    assert capture.get() == f"\x1b[33mNot read\x1b[0m: {text}\n"


def _with_markup(code: str) -> Iterator[str]:
    """Where a text would be read as markup, or markup be printed: prints of a text, tables of the library, ``[/]``."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and "[/" in str(node.value):
            yield ast.unparse(node)
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        without = any(word.arg == "markup" for word in node.keywords)
        is_text = node.args and isinstance(node.args[0], ast.JoinedStr)
        if called.endswith("console.print") and is_text and not without:
            yield ast.unparse(node)
        if called == "Table":
            yield ast.unparse(node)


@pytest.mark.parametrize(
    "file", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name
)
def test_no_command_prints_data_as_markup(file: Path) -> None:
    assert list(_with_markup(file.read_text(encoding="utf-8"))) == []


def test_the_look_at_the_code_finds_every_kind() -> None:
    """Negative control."""
    code = "console.print(f'{name}')\nscreen = Table('a')\nsay(f'[red]{name}[/]')\n"
    assert len(list(_with_markup(code))) == 3
    assert not list(_with_markup("console.print(f'{name}', markup=False)"))
