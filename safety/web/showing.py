"""How numbers, dates and times are written for a person, in the words of the reader and the zone of the trial."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from safety.values import moment
from safety.web.words import N_, Language, Words

DAY, HOUR, MINUTE = 86_400, 3_600, 60

FULL: dict[Language, str] = {"en": "EEE d MMM y, HH:mm", "zh": "y-MM-dd EEE HH:mm"}
SECOND: dict[Language, str] = {"en": "EEE d MMM y, HH:mm:ss", "zh": "y-MM-dd EEE HH:mm:ss"}
DATE: dict[Language, str] = {"en": "d MMM y", "zh": "y-MM-dd"}
MONTH: dict[Language, str] = {"en": "MMM y", "zh": "y-MM"}
LOCALE: dict[Language, str] = {"en": "en_GB", "zh": "zh_CN"}
YEAR_CHARACTERS, MONTH_CHARACTERS, DAY_CHARACTERS = 4, 7, 10

CODED = {
    "RECOVERED/RESOLVED": N_("recovered"),
    "RECOVERING/RESOLVING": N_("recovering"),
    "NOT RECOVERED/NOT RESOLVED": N_("not recovered"),
    "RECOVERED/RESOLVED WITH SEQUELAE": N_("recovered with sequelae"),
    "FATAL": N_("fatal"),
    "UNKNOWN": N_("unknown"),
    "DRUG WITHDRAWN": N_("withdrawn for good"),
    "DOSE REDUCED": N_("dose reduced"),
    "DOSE INCREASED": N_("dose increased"),
    "DOSE NOT CHANGED": N_("dose not changed"),
    "DRUG INTERRUPTED": N_("interrupted"),
    "DOSE RATE REDUCED": N_("rate reduced"),
    "NOT APPLICABLE": N_("not applicable"),
    "MILD": N_("mild"),
    "MODERATE": N_("moderate"),
    "SEVERE": N_("severe"),
    "Y": N_("yes"),
    "N": N_("no"),
    "NOT RELATED": N_("Not related"),
    "NONE": N_("Not related at all"),
    "REMOTE": N_("Remotely related"),
    "UNLIKELY": N_("Unlikely related"),
    "UNLIKELY RELATED": N_("Unlikely related"),
    "POSSIBLE": N_("Possibly related"),
    "POSSIBLY RELATED": N_("Possibly related"),
    "PROBABLE": N_("Probably related"),
    "PROBABLY RELATED": N_("Probably related"),
    "DEFINITE": N_("Definitely related"),
    "DEFINITELY RELATED": N_("Definitely related"),
    "RELATED": N_("Related"),
}
"""The coded values of CDISC and ICH and those of common scales of causality as a person reads them.

What is not here (a scale's own words) is shown as the trial states it.
"""
SEXES = {"F": N_("female"), "M": N_("male"), "UNDIFFERENTIATED": N_("undifferentiated"), "U": N_("unknown")}
OF_FIELDS = {
    "sex": SEXES,
    "aware_party": {"site": N_("the site"), "sponsor": N_("the sponsor")},
    "assessor": {"investigator": N_("investigator"), "sponsor": N_("sponsor")},
    "withdrawn": {
        "treatment": N_("the treatment"),
        "follow_up": N_("the visits"),
        "data_collection": N_("the collection of data"),
        "further_use": N_("further use of what was collected"),
    },
}
"""Values of fields whose codes mean something else, or nothing, in any other field."""

ROLES = {
    "operator": N_("Operator"),
    "investigator": N_("Investigator"),
    "safety_officer": N_("Safety officer"),
    "deputy_safety_officer": N_("Deputy safety officer"),
    "auditor": N_("Auditor, reads only"),
}


class Show:
    """Writes for one reader."""

    def __init__(self, words: Words, zone: str = "UTC") -> None:
        """Hold the reader's words and the zone that times are told in."""
        self._words = words
        self._zone = ZoneInfo(zone)

    def moment(self, microseconds: int, *, seconds: bool = False) -> str:
        """Write a time of the log as `Sat 22 Sep 2018, 02:14`, in the trial's zone."""
        return self.at(moment(microseconds), seconds=seconds)

    def at(self, when: datetime, *, seconds: bool = False) -> str:
        """Write an instant."""
        form, locale = (SECOND if seconds else FULL)[self._words.language], LOCALE[self._words.language]
        return format_datetime(when, form, tzinfo=self._zone, locale=locale).replace("Sept", "Sep")

    def day(self, microseconds: int) -> str:
        """Write the day of a time of the log as `22 Sep 2018`, in the trial's zone."""
        return self.date(moment(microseconds).astimezone(self._zone).date().isoformat())

    def due(self, when: datetime) -> str:
        """Write the first instant that is too late: midnight is the day before, 24:00."""
        local = when.astimezone(self._zone)
        if (local.hour, local.minute) != (0, 0):
            return self.at(when)
        return self.at(when - timedelta(days=1))[:-5] + "24:00"

    def zone(self, microseconds: int) -> str:
        """Name the zone at a moment as `UTC+8`."""
        offset = moment(microseconds).astimezone(self._zone).utcoffset() or timedelta()
        minutes = int(offset.total_seconds()) // MINUTE
        hours, rest = divmod(abs(minutes), MINUTE)
        return "UTC" if not minutes else f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")

    def date(self, text: str | None) -> str:
        """Write a partial date as far as it is known: `21 Sep 2018`, `Sep 2018`, `2018`; a time of day goes behind."""
        if not text:
            return self._words("not recorded")
        if len(text) <= YEAR_CHARACTERS:
            return text
        language = self._words.language
        day = datetime.fromisoformat(text[:DAY_CHARACTERS] if len(text) > MONTH_CHARACTERS else f"{text}-01").date()
        form = (DATE if len(text) > MONTH_CHARACTERS else MONTH)[language]
        written = format_date(day, form, locale=LOCALE[language]).replace("Sept", "Sep")
        clock = text[DAY_CHARACTERS + 1 :]
        return f"{written}, {clock}" if clock and language == "en" else f"{written} {clock}".rstrip()

    def coded(self, value: str | None) -> str:
        """Write a coded value in words."""
        if value is None:
            return self._words("not recorded")
        return self._words(CODED[value]) if value in CODED else value

    def of_field(self, field: str, value: str) -> str:
        """Write what a field of the record holds in words; several values stand with commas between them."""
        said = OF_FIELDS.get(field)
        if said is None:
            return self.coded(value)
        return self._words(", ").join(self._words(said[one]) if one in said else one for one in value.split(","))

    def whose(self, parts: Iterable[str]) -> str:
        """Say whose judgement it is: the party, and of which product by which method where that is said."""
        return self._words(", ").join(self.of_field("assessor", part) for part in parts if part)

    def role(self, role: str) -> str:
        """Write a role of the log in words."""
        return self._words(ROLES.get(role, role))

    def lasted(self, seconds: float) -> str:
        """Say how long something lasts, in two units at most, minutes only under a day."""
        if seconds < MINUTE:
            return self._words("less than a minute")
        days, rest = divmod(int(seconds), DAY)
        hours, minutes = rest // HOUR, rest % HOUR // MINUTE
        parts = []
        if days:
            parts.append(self._words.ngettext("%(n)d day", "%(n)d days", days) % {"n": days})
        if hours:
            parts.append(self._words("%(n)d h", n=hours))
        if minutes and not days:
            parts.append(self._words("%(n)d min", n=minutes))
        return " ".join(parts)

    @property
    def durations(self) -> dict[str, str]:
        """Give the words of `lasted` as patterns, by which a page counts on by itself."""
        said = self._words
        return {
            "less": said("less than a minute"),
            "day": said.ngettext("%(n)d day", "%(n)d days", 1),
            "days": said.ngettext("%(n)d day", "%(n)d days", 2),
            "hours": said("%(n)d h"),
            "minutes": said("%(n)d min"),
        }

    def number(self, count: int) -> str:
        """Write a whole number with its thousands apart."""
        return f"{count:,}"
