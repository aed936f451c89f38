"""The templates of the screens: every value is escaped, a name that is not given is an error, and each reader has their language."""

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from safety.values import REASON_LENGTH, TEXT_LENGTH
from safety.web.counting_in_words import counting
from safety.web.time_bar import is_partly_now, now_address, time_bar
from safety.web.words import LANGUAGES, Language, Words, words

UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Controls that no page shows, and those that turn round the order of the letters of whatever follows on the page."""
NOT_SHOWN = "\ufffd"


def template(name: str, said: Words) -> Template:
    """Find a template for a reader."""
    return environment(said.language).get_template(name)


def shown(value: Any) -> Any:  # noqa: ANN401, whatever a template shows
    """Let a value onto a page with a mark in place of each character that would hide there; the record keeps them all."""
    hides = isinstance(value, str) and UNSEEN.search(value)
    return type(value)(UNSEEN.sub(NOT_SHOWN, value)) if hides else value


@cache
def environment(language: Language) -> Environment:
    """Make what renders the templates in one language."""
    said = words(language)
    made = Environment(
        loader=PackageLoader("safety.web", "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    made.install_gettext_callables(said.gettext, said.ngettext, newstyle=True)  # type: ignore[attr-defined]  # the i18n extension adds it
    # What stands in a pack is looked up as it is: `_` would take it for markup, and a % in it for a name.
    made.filters |= {"in_words": said.gettext, "listed": said.listed}
    made.filters["combine"] = lambda one, other: {**one, **other}
    made.globals |= {"languages": LANGUAGES, "words": said}
    made.globals |= {"text_length": TEXT_LENGTH, "reason_length": REASON_LENGTH}
    made.globals |= {
        "counting": counting,
        "time_bar": time_bar,
        "now_address": now_address,
        "is_partly_now": is_partly_now,
    }
    return made
