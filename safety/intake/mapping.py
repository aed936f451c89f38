"""The import map: how a folder that does not speak SDTM is read as if it did.

It stands in the [import] table of a trial file, or of a file of its own:

    [import.exposures]
    file = "subjects.csv"
    columns = { USUBJID = "subject" }               # SDTM variable <- column of the file; one may feed several
    constants = { EXTRT = "AD-MSC" }                # SDTM variable <- the same text in every row
    values.EXROUTE = { "iv" = "INTRAVENOUS" }       # a text of the file -> the text it stands for; others stay
    repeat = [                                      # wide to long: one row an entry that has any of its columns
        { EXSTDTC = "infusion_wk0", constants = { EXSEQ = "1" } },
        { EXSTDTC = "infusion_wk4", constants = { EXSEQ = "2" } },
    ]

A column of the file that is named as an SDTM variable stands for itself, unless the map uses the column or gives the
variable otherwise: nothing that can be understood is dropped.
"""

import tomllib
from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from safety.intake.faults import first_fault
from safety.intake.rows import Table, Unreadable

# A variable's name: SAS transport version 5, upper case as SDTM writes it.
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,7}$")]
Text = Annotated[str, StringConstraints(min_length=1)]
# A name, not a path: an import reads nothing outside its folder.
FileName = Annotated[str, StringConstraints(pattern=r"(?i)^[^/\\]+\.(csv|xpt|json|ndjson)$")]


def _refuse_twice(variables: Iterable[str]) -> None:
    seen: set[str] = set()
    for variable in variables:
        if variable in seen:
            raise ValueError(f"{variable} is given twice; give it in one of columns, constants and repeat")
        seen.add(variable)


class _Part(BaseModel):
    """A table of the map: unknown keys are refused, so a misspelt one is not silently without effect."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Repeat(_Part):
    """One entry of `repeat`: the columns it reads, written as keys of the entry itself, and its constants."""

    columns: Annotated[Mapping[Variable, Text], Field(min_length=1)]
    constants: Mapping[Variable, Text] = {}

    @model_validator(mode="before")
    @classmethod
    def _columns_are_keys(cls, entry: object) -> object:
        if not isinstance(entry, dict):
            return entry
        columns = {key: value for key, value in entry.items() if key != "constants"}
        return {"columns": columns, "constants": entry.get("constants", {})}

    @model_validator(mode="after")
    def _given_once(self) -> Self:
        _refuse_twice([*self.columns, *self.constants])
        return self


class TableMap(_Part):
    """How one of the three tables is read; an empty one reads the file of the usual name by its SDTM columns."""

    file: FileName | None = None
    columns: Mapping[Variable, Text] = {}
    constants: Mapping[Variable, Text] = {}
    values: Mapping[Variable, Mapping[Text, str]] = {}
    repeat: tuple[Repeat, ...] = ()

    @model_validator(mode="after")
    def _given_once(self) -> Self:
        always = [*self.columns, *self.constants]
        _refuse_twice(always)
        for entry in self.repeat:
            _refuse_twice([*always, *entry.columns, *entry.constants])
        return self


class FolderMap(_Part):
    """The whole [import] table; a table that is left out is read as without a map."""

    subjects: TableMap = TableMap()
    exposures: TableMap = TableMap()
    adverse_events: TableMap = TableMap()

    def table(self, table: Table) -> TableMap:
        """The map of one table."""
        return {"subjects": self.subjects, "exposures": self.exposures, "adverse_events": self.adverse_events}[table]

    @classmethod
    def from_toml(cls, text: str, where: str, *, required: bool = True) -> Self:
        """The map in a TOML text's [import] table; raises Unreadable, which calls the text `where`.

        A trial file may have none (`required=False`): then folders are read as they stand.
        """
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise Unreadable(f"{where} is not valid TOML: {error}") from None
        if "import" not in document and not required:
            return cls()
        if "import" not in document:
            raise Unreadable(f"{where} has no [import] table; the map stands in [import.subjects] and the like")
        try:
            return cls.model_validate(document["import"])
        except ValidationError as error:
            raise Unreadable(f"{where}, {first_fault(error, under='import')}") from None
