"""What the screens say, in the reader's language: English stands in templates and code, Chinese in a gettext catalogue."""

from collections.abc import Mapping
from functools import cache
from typing import get_args

from babel.core import negotiate_locale

from safety import catalogues
from safety.aggregates.deciding import Refused
from safety.catalogues import N_, catalogue
from safety.values import Language

__all__ = ["HTML", "LANGUAGES", "LANGUAGE_COOKIE", "N_", "Language", "Words", "chosen", "language_of", "words"]

LANGUAGES: Mapping[Language, str] = {"en": "English", "zh": "中文"}
LANGUAGE_COOKIE = "vigilog-language"
HTML: Mapping[Language, str] = {"en": "en", "zh": "zh-Hans"}
"""What the `lang` attribute of a page says."""


class Words(catalogues.Words):
    """The words of the screens."""

    @property
    def html(self) -> str:
        """The language as HTML names it."""
        return HTML[self.language]

    def refusal(self, fault: Refused) -> str:
        """Give the sentence of a refusal, and what in it is a word rather than a code, in this language."""
        sentence = self.gettext(type(fault).__doc__ or "")
        return sentence.format(**{name: self.spoken(name, value) for name, value in fault.named.items()})


@cache
def words(language: Language) -> Words:
    """Give the words of a language."""
    return Words(language, catalogue(language, "safety.web"))


def language_of(cookies: Mapping[str, str]) -> str | None:
    """Give the language that was chosen on a page; over TLS its cookie is bound to this host like the other one."""
    return cookies.get(f"__Host-{LANGUAGE_COOKIE}") or cookies.get(LANGUAGE_COOKIE)


def chosen(cookie: str | None, accepted: str | None) -> Language:
    """Give the language of a reader: the one chosen on a page, else the browser's first that there is, else English."""
    for language in get_args(Language):
        if cookie == language:
            return language  # type: ignore[no-any-return]  # get_args says Any of a Literal's values
    asked = [part.partition(";") for part in (accepted or "").split(",")]
    ranked = sorted(((-weight(rest), tag.strip()) for tag, _, rest in asked), key=lambda pair: pair[0])
    tags = [tag.partition("-")[0].lower() for _, tag in ranked if tag]
    return "zh" if negotiate_locale(tags, ["en", "zh"]) == "zh" else "en"


def weight(parameters: str) -> float:
    """Read the weight of a language tag; one that cannot be read weighs nothing."""
    name, _, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0
