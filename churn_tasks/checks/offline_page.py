"""A page of Great Expectations, rewritten so that a browser without any network shows all of it."""

import re
from html import escape
from html.parser import HTMLParser

# elements that have no end
VOID = frozenset(
    {
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "wbr",
    }
)
LEFT_OUT = frozenset({"script", "style", "link", "title", "footer"})
LEFT_OUT_CLASSES = frozenset({"modal", "ge-walkthrough-modal", "sticky-top"})
ELSEWHERE = re.compile(r"\s*([a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
NOT_SAID = re.compile(r"\s*Data asset: None")

Attributes = list[tuple[str, str | None]]


def offline(page: str, title: str, style: str, top: str) -> str:
    """Copy a page without what it would load, with our stylesheet and our way back to the overview.

    Left out are scripts, styles and links of the page itself, everything with a source elsewhere, handlers, dialogs,
    the advertisement at its foot, and its navigation bar, whose place ``top`` takes.

    Args:
        page: HTML as Great Expectations wrote it.
        title: text for the browser's title bar.
        style: address of our stylesheet, relative to the page.
        top: HTML for the top of the body.
    """
    link = f'<link rel="stylesheet" href="{escape(style)}">'
    copy = _Copy(head=f"<title>{escape(title)}</title>\n{link}\n", top=top)
    copy.feed(page)
    copy.close()
    return "".join(copy.parts)


def is_outside(address: str | None) -> bool:
    """Whether a browser would have to leave the site for this address.

    >>> is_outside("//cdn.example/x.js"), is_outside("HTTPS://example"), is_outside("../index.html#top")
    (True, True, False)
    """
    return ELSEWHERE.match(address or "") is not None


class _Copy(HTMLParser):
    """Repeats what it reads, character by character, except for what is left out."""

    def __init__(self, head: str, top: str) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._head, self._top = head, top
        self._leaving_out: str | None = None  # the element that is being left out
        self._depth = 0  # how many elements of that name are open

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        if self._leaving_out:
            self._depth += tag == self._leaving_out
        elif _is_left_out(tag, attrs):
            if tag not in VOID:
                self._leaving_out, self._depth = tag, 1
        else:
            self._copy_tag(tag, attrs)
            if tag == "body":
                self.parts.append(self._top)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        if not self._leaving_out and not _is_left_out(tag, attrs):
            self._copy_tag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._leaving_out:
            self._depth -= tag == self._leaving_out
            if not self._depth:
                self._leaving_out = None
            return
        self.parts.append(f"{self._head}</head>" if tag == "head" else f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._keep(NOT_SAID.sub("", data))

    def handle_entityref(self, name: str) -> None:
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._keep(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self._keep(f"<!{decl}>")

    def _copy_tag(self, tag: str, attrs: Attributes) -> None:
        text = self.get_starttag_text() or ""
        self.parts.append(_without_handlers(tag, attrs, text))

    def _keep(self, text: str) -> None:
        if not self._leaving_out:
            self.parts.append(text)


def _is_left_out(tag: str, attrs: Attributes) -> bool:
    values = dict(attrs)
    classes = (values.get("class") or "").split()
    return (
        tag in LEFT_OUT
        or is_outside(values.get("src"))
        or not LEFT_OUT_CLASSES.isdisjoint(classes)
        or values.get("data-toggle") == "modal"
    )


def _without_handlers(tag: str, attrs: Attributes, text: str) -> str:
    """The tag as it was, or without handlers and addresses elsewhere where it has any."""
    kept = [attribute for attribute in attrs if not _does_more(*attribute)]
    if len(kept) == len(attrs):
        return text
    written = [_attribute(*attribute) for attribute in kept]
    return f"<{' '.join([tag, *written])}>"


def _does_more(name: str, value: str | None) -> bool:
    """Whether an attribute runs something or leads elsewhere."""
    leads_elsewhere = name in {"href", "action"} and is_outside(value)
    return name.startswith("on") or leads_elsewhere


def _attribute(name: str, value: str | None) -> str:
    return name if value is None else f'{name}="{escape(value)}"'
