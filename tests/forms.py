"""The forms of a page as a browser reads them: what there is to fill in, and what it sends of one that nobody touched."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

TYPED = {"text", "email", "number", "date", "datetime-local", "hidden", "textarea", "select", "radio", "checkbox"}
"""Kinds of fields whose value a request can make anything of; a passphrase and a file are not among them."""


@dataclass
class Form:
    """A form: where it goes, the kind of each of its fields, and what stands in them."""

    action: str
    name: str
    kinds: dict[str, str] = field(default_factory=dict)
    said: dict[str, list[str]] = field(default_factory=dict)

    def offers(self, kind: str, name: str, value: str, *, chosen: bool) -> None:
        """Take a field; it is sent if it is chosen."""
        self.kinds.setdefault(name, kind)
        if chosen:
            self.said.setdefault(name, []).append(value)


class Forms(HTMLParser):
    """Reads every form of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.all: list[Form] = []
        self._open: Form | None = None
        self._text: tuple[Form, str] | None = None
        self._select: tuple[Form, str] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(said.get("action", ""), said.get("id", ""))
            self.all.append(self._open)
        of = next((form for form in self.all if form.name and form.name == said.get("form")), self._open)
        if of is None:
            return
        name, kind = said.get("name", ""), said.get("type", "text") if tag == "input" else tag
        if tag == "input" and name and kind not in {"submit", "file"}:
            of.offers(kind, name, said.get("value", ""), chosen=kind not in {"radio", "checkbox"} or "checked" in said)
        elif tag == "textarea":
            of.offers(kind, name, "", chosen=True)
            self._text = (of, name)
        elif tag == "select":
            of.offers(kind, name, "", chosen=True)
            self._select = (of, name)
        elif tag == "option" and self._select and "selected" in said:
            self._select[0].said[self._select[1]] = [said.get("value", "")]

    def handle_data(self, data: str) -> None:
        if self._text:
            form, name = self._text
            # A browser passes over the first line break of a text, and sends each as two characters.
            form.said[name] = [data.removeprefix("\n").replace("\n", "\r\n")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._text = None
        elif tag == "select":
            self._select = None


def form_to(page: str, action: str) -> Form | None:
    """The form of a page that goes to an address; None where there is none."""
    return next((form for form in Forms(page).all if form.action == action), None)
