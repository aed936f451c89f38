"""The templates of the screens: every value is escaped, a name that is not given is an error, and each reader has their language."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import Call, Const, Name
from jinja2.nodes import Template as Tree
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from safety.values import REASON_LENGTH, TEXT_LENGTH
from safety.web.counting_in_words import counting
from safety.web.showing import Show
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
        auto_reload=False,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )
    made.code_generator_class = Spoken
    # What stands in a pack is looked up as it is: `_` would take it for markup, and a % in it for a name.
    made.filters |= {"in_words": said.gettext, "listed": said.listed}
    made.filters["combine"] = lambda one, other: {**one, **other}
    made.globals |= {"languages": LANGUAGES, "words": said, "_": one_form(said), "ngettext": form_of_a_number(said)}
    made.globals |= {"durations": Show(said).durations}
    made.globals |= {"text_length": TEXT_LENGTH, "reason_length": REASON_LENGTH}
    made.globals |= {
        "counting": counting,
        "time_bar": time_bar,
        "now_address": now_address,
        "is_partly_now": is_partly_now,
    }
    return made


def one_form(said: Words) -> Callable[..., Markup]:
    """Give what templates call as `_`: a text in the reader's language, the values that it names escaped."""

    def spoken(text: str, **named: object) -> Markup:
        return filled(said.gettext(text), named)

    return spoken


def form_of_a_number(said: Words) -> Callable[..., Markup]:
    """Give what templates call as `ngettext`: the form that goes with a number, which it may name as `num`."""

    def spoken(one: str, many: str, num: int, **named: object) -> Markup:
        return filled(said.ngettext(one, many, num), {"num": num, **named})

    return spoken


def filled(text: str, named: dict[str, object]) -> Markup:
    """Fill a text's names in: numbers as they are, for a text may say how they are written, and all else escaped."""
    safe = {name: value if isinstance(value, int | float) else escape(value) for name, value in named.items()}
    return Markup(text % safe)  # noqa: S704, the program's own words with what is escaped


class Spoken(CodeGenerator):
    """Writes a template's texts into its code where they name nothing: a hundred rows look none of them up."""

    def visit_Template(self, node: Tree, frame: Frame | None = None) -> None:  # noqa: N802, Jinja's own name
        """Compile a template."""
        said = cast("Words", self.environment.globals["words"])
        super().visit_Template(SaidAtOnce(said).visit(node), frame)


class SaidAtOnce(NodeTransformer):
    """Puts a text of one language in the place of each call that would look it up."""

    def __init__(self, said: Words) -> None:
        """Take the texts of a language."""
        self._said = one_form(said)

    def visit_Call(self, node: Call) -> Call | Const:  # noqa: N802, Jinja's own name
        """Look up a text that names nothing; any other call stays."""
        self.generic_visit(node)
        match node:
            case Call(node=Name(name="_"), args=[Const(value=str(text))], kwargs=[], dyn_args=None, dyn_kwargs=None):
                return Const(self._said(text), lineno=node.lineno)
            case _:
                return node
