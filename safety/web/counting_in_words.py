"""What a trial counts and how, in the reader's words; in English they are the words that the rules print themselves in."""

from safety.aggregates.trial import Definition
from safety.regulation.counting import Causality, Population, PrimaryWindow, Serious, TreatmentEmergent
from safety.web.words import N_, Words

POPULATIONS = {
    ("assigned", "planned"): N_("subjects assigned to a treatment arm, by planned arm (ARM)"),
    ("assigned", "actual"): N_("subjects assigned to a treatment arm, by actual arm (ACTARM)"),
    ("dosed", "planned"): N_("subjects dosed at least once, by planned arm (ARM)"),
    ("dosed", "actual"): N_("subjects dosed at least once, by actual arm (ACTARM)"),
}
NAMES = {"safety": N_("safety")}
READ = {
    "first": N_("read as the first of its span"),
    "span": N_("compared as a span"),
    "unknown": N_("taken as unknown"),
}
COUNTED = {"emergent": N_("counted"), "not_emergent": N_("not counted")}
BY = {
    "investigator": N_("the investigator"),
    "sponsor": N_("the sponsor"),
    "either": N_("the investigator or the sponsor"),
}
MISSING = {"related": N_("related"), "not_related": N_("not related")}
SERIOUS = {
    "stated": N_("AESER = Y as stated"),
    "any_criterion": N_("AESER = Y or any seriousness criterion = Y"),
}
ANCHORS = {"first_dose": N_("first dose"), "last_dose": N_("last dose")}
SIDES = {"inside": N_("inside"), "outside": N_("outside")}


def name_of_population(words: Words, of: Population) -> str:
    """Name the population; a name of the trial's own stays as it is."""
    return words(NAMES[of.name]) if of.name in NAMES else of.name


def population(words: Words, of: Population) -> str:
    """Say who is in the denominator, and by which arm."""
    return words(POPULATIONS[of.members, of.arm])


def treatment_emergent(words: Words, of: TreatmentEmergent) -> str:
    """Say which adverse events count at all."""
    days = of.until_days_after_last_dose
    limit = "" if days is None else words(" and up to %(n)d days after the last dose", n=days)
    rest = words(
        "; onset without a day %(day)s, without a month %(month)s; same day in unknown order %(same)s, "
        "undecidable %(undecidable)s, unknown %(unknown)s; no dose: not counted",
        day=words(READ[of.missing_day]),
        month=words(READ[of.missing_month]),
        same=words(COUNTED[of.same_day]),
        undecidable=words(COUNTED[of.undecidable]),
        unknown=words(COUNTED[of.unknown]),
    )
    return words("onset on or after the first dose") + limit + rest


def causality(words: Words, of: Causality) -> str:
    """Say which answers mean related, whose, and what a missing one counts as; the values of the scale stay as they are."""
    said = {"who": words(BY[of.by]), "values": ", ".join(of.related), "missing": words(MISSING[of.missing])}
    return words("AEREL by %(who)s in %(values)s; missing counts as %(missing)s", **said)


def serious(words: Words, of: Serious) -> str:
    """Say which adverse events the tables call serious."""
    return words(SERIOUS[of.reading])


def window(words: Words, of: PrimaryWindow | None) -> str:
    """Say which span is counted; None is the whole record. The source of an anchor that is UNSURE stays as it is given."""
    if of is None:
        return words("the whole record")
    said = words(
        "onset from the %(anchor)s to %(weeks)d weeks + %(days)d days after it; undecidable onset %(side)s",
        anchor=words(ANCHORS[of.anchor]),
        weeks=of.weeks,
        days=of.tolerance_days,
        side=words(SIDES[of.undecidable]),
    )
    return said if of.confidence == "stated" else said + words(" (anchor UNSURE: %(source)s)", source=of.source)


def counting(words: Words, governs: Definition, span: str) -> dict[str, str]:
    """Say every rule behind the numbers of a trial; `span` is the window that they are counted in: primary or all."""
    of = governs.counting
    return {
        "name": name_of_population(words, of.population),
        "population": population(words, of.population),
        "window": window(words, of.primary_window if span == "primary" else None),
        "treatment_emergent": treatment_emergent(words, of.treatment_emergent),
        "related": causality(words, governs.causality),
        "serious": serious(words, of.serious),
    }
