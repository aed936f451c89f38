"""What the screens say, in the reader's language: English stands in templates and code, Chinese in a gettext catalogue."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Literal, get_args

from babel.core import negotiate_locale
from babel.messages.pofile import read_po

from safety.aggregates.deciding import Refused

Language = Literal["en", "zh"]
LANGUAGES: Mapping[Language, str] = {"en": "English", "zh": "中文"}
LANGUAGE_COOKIE = "vigilog-language"
HTML: Mapping[Language, str] = {"en": "en", "zh": "zh-Hans"}
"""What the `lang` attribute of a page says."""

Entry = str | tuple[str, ...]


def N_(text: str) -> str:  # noqa: N802, gettext's own name for it
    """Mark a text that is shown later, where `_` is; Babel finds it by this name."""
    return text


class Words:
    """Looks texts up; one that the catalogue lacks is shown in English, and a test sees to it that none is."""

    def __init__(self, language: Language, catalogue: Mapping[str, Entry]) -> None:
        """Hold the catalogue of one language; English has none."""
        self.language = language
        self._catalogue = catalogue

    @property
    def html(self) -> str:
        """The language as HTML names it."""
        return HTML[self.language]

    def gettext(self, text: str) -> str:
        """Give a text in this language."""
        found = self._catalogue.get(text, text)
        return found if isinstance(found, str) else found[0]

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Give the form that goes with a number; Chinese has one form for all."""
        found = self._catalogue.get(one)
        if found is None:
            return one if number == 1 else many
        return found if isinstance(found, str) else found[0]

    def listed(self, names: Iterable[str]) -> str:
        """Give names one after the other, each in this language where it has a word for it."""
        return self(", ").join(self.gettext(name) for name in names)

    def refusal(self, fault: Refused) -> str:
        """Give the sentence of a refusal, and what in it is a word rather than a code, in this language."""
        sentence = self.gettext(type(fault).__doc__ or "")
        return sentence.format(**{name: self.spoken(name, value) for name, value in fault.named.items()})

    def spoken(self, name: str, value: object) -> object:
        """Give what a refusal names: a word of the trade in this language, anything else as it is."""
        found = self._catalogue.get(f"{name}={value}")
        return found if isinstance(found, str) else value

    def __call__(self, text: str, **named: object) -> str:
        """Give a text in this language with its names filled in, as `%(name)s`."""
        return self.gettext(text) % named if named else self.gettext(text)


def catalogue(language: Language) -> dict[str, Entry]:
    """Read the catalogue of a language, one file a page group; English is what the program says itself."""
    if language == "en":
        return {}
    folder = files("safety.web").joinpath("catalogues", "zh_CN", "LC_MESSAGES")
    read = [
        read_po(BytesIO(file.read_bytes()), locale="zh_CN") for file in folder.iterdir() if file.name.endswith(".po")
    ]
    return {key_of(one.id): entry_of(one.string) for po in read for one in po if one.id and one.string}


def key_of(found: str | list[str] | tuple[str, ...]) -> str:
    """Give the English by which a text is looked up: of two forms, the one for one."""
    return found if isinstance(found, str) else found[0]


def entry_of(found: str | list[str] | tuple[str, ...]) -> Entry:
    """Give what stands in the catalogue."""
    return found if isinstance(found, str) else tuple(found)


@cache
def words(language: Language) -> Words:
    """Give the words of a language."""
    return Words(language, catalogue(language))


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
