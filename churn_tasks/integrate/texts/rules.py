"""The words that the business edits: ``include/text/classes.yaml`` and ``tone.yaml``.

A profile's own ``text`` folder may hold a file of the same name, which takes the shipped one's place.
"""

from typing import Annotated, TypeVar

from pydantic import Field, StrictStr

from churn_tasks.core.closed import Closed, Text
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE, Settings
from churn_tasks.declared.yaml_file import read_declaration

Term = Annotated[StrictStr, Field(min_length=1)]
Terms = tuple[Term, ...]
Strength = Annotated[int, Field(ge=1, le=9)]
Graded = dict[Strength, Terms]
ClassName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
C = TypeVar("C", bound=Closed)


class TextClass(Closed):
    """What a complaint can be about.

    Attributes:
        not_when_negated: a term right behind a negation does not count.
    """

    title: Text
    terms: Terms = Field(min_length=1)
    not_when_negated: bool = False


class Classes(Closed):
    """``classes.yaml``. ``placeholders``: what is written where there is nothing to write."""

    classes: dict[ClassName, TextClass] = Field(min_length=1)
    placeholders: Terms = ()


class Tone(Closed):
    """``tone.yaml``: words of feeling by strength, what strengthens or turns them, and what ends its reach."""

    positive: Graded
    negative: Graded
    degrees: Graded = Field(default_factory=dict)
    negations: Terms = ()
    breaks: Terms = ()


class TextRules(Closed):
    """Both files."""

    classes: Classes
    tone: Tone


def load_text_rules(settings: Settings) -> TextRules:
    """The words of a profile.

    Raises:
        SettingsError: a file is malformed, with its path and what is wrong.
    """
    return TextRules(
        classes=_read(settings, "classes.yaml", Classes),
        tone=_read(settings, "tone.yaml", Tone),
    )


def _read(settings: Settings, name: str, kind: type[C]) -> C:
    path = settings.profile_dir / "text" / name
    if not path.is_file():
        path = INCLUDE / "text" / name
    try:
        return read_declaration(kind, path)
    except SettingsError as error:
        raise SettingsError(
            f"{error} (quote words that YAML takes for something else: no, on, 315)"
        ) from error
