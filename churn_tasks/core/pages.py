"""Templates of the pages people read: one way to set them up, and one way to say a thing in both languages."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup


def page_environment(
    folder: Path, filters: Mapping[str, Callable[..., Any]], **shared: Any
) -> Environment:
    """The templates of a folder: everything is escaped, and a name that is not given is an error.

    Args:
        filters: what templates may apply to a value, by name.
        shared: what every template of the folder may use, beside ``t`` for a text in both languages.
    """
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters)
    environment.globals.update(t=both, **shared)
    return environment


def both(zh: object, en: object) -> Markup:
    """One text in both languages; the page shows one of them or both.

    >>> both("名单", "List & levels")
    Markup('<span class="zh">名单</span> <span class="en">List &amp; levels</span>')
    """
    return Markup('<span class="zh">{}</span> <span class="en">{}</span>').format(
        zh, en
    )
