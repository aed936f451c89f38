"""Looks up what the program says in the reader's language: English stands in the code, the rest in gettext catalogues."""

from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from io import BytesIO

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from safety.values import Language

Entry = str | tuple[str, ...]

LOCALES: Mapping[Language, str] = {"zh": "zh_CN"}
"""As the folders of the catalogues are named; English needs none."""


def N_(text: str) -> str:  # noqa: N802, gettext's own name for it
    """Mark a text that is shown later, where `_` is; Babel finds it by this name."""
    return text


class Words:
    """Looks texts up; one that the catalogue lacks is shown in English, and a test sees to it that none is."""

    def __init__(self, language: Language, catalogue: Mapping[str, Entry]) -> None:
        """Hold the catalogue of one language."""
        self.language = language
        self._catalogue = catalogue

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

    def spoken(self, name: str, value: object) -> object:
        """Give what is named by a code: a word of the trade in this language, anything else as it is."""
        found = self._catalogue.get(f"{name}={value}")
        return found if isinstance(found, str) else value

    def __call__(self, text: str, **named: object) -> str:
        """Give a text in this language with its names filled in, as `%(name)s`."""
        return self.gettext(text) % named if named else self.gettext(text)


IN_ENGLISH: Mapping[str, Entry] = {"study (halt)": "those who must halt the study"}
"""What released packs, whose text stands, do not say as a sentence takes it: English of English."""
ENGLISH = Words("en", IN_ENGLISH)
"""What the program says itself."""


def catalogue(language: Language, door: str) -> dict[str, Entry]:
    """Read the catalogue of a language: what all doors share, and what the package of one says, one file a group."""
    if language not in LOCALES:
        return dict(IN_ENGLISH)
    entries = (entry for package in ("safety", door) for _, entry in entries_of(language, package))
    return {key_of(one.id): entry_of(one.string) for one in entries if one.string}


def entries_of(language: Language, package: str) -> Iterator[tuple[str, Message]]:
    """Give every entry of a package's catalogue of a language, with the name of its file."""
    locale = LOCALES[language]
    for file in files(package).joinpath("catalogues", locale, "LC_MESSAGES").iterdir():
        if file.name.endswith(".po"):
            po = read_po(BytesIO(file.read_bytes()), locale=locale, abort_invalid=True)
            yield from ((file.name, entry) for entry in po if entry.id)


def key_of(found: str | list[str] | tuple[str, ...]) -> str:
    """Give the English by which a text is looked up: of two forms, the one for one."""
    return found if isinstance(found, str) else found[0]


def entry_of(found: str | list[str] | tuple[str, ...]) -> Entry:
    """Give what stands in the catalogue."""
    return found if isinstance(found, str) else tuple(found)
