"""The templates of the screens: every value is escaped, a name that is not given is an error, and each reader has their language."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from safety.web.words import LANGUAGES, Language, Words, words


def template(name: str, said: Words) -> Template:
    """Find a template for a reader."""
    return environment(said.language).get_template(name)


@cache
def environment(language: Language) -> Environment:
    """Make what renders the templates in one language."""
    said = words(language)
    made = Environment(
        loader=PackageLoader("safety.web", "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    made.install_gettext_callables(said.gettext, said.ngettext, newstyle=True)  # type: ignore[attr-defined]  # the i18n extension adds it
    made.filters["combine"] = lambda one, other: {**one, **other}
    made.globals |= {"languages": LANGUAGES, "words": said}
    return made
