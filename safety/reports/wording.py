"""The sentences of a report that are the same in each form: what the numbers mean, and what an empty table says."""

NOTES: dict[str, str] = {
    "numbers": (
        "All numbers are those that the log held at this position. What was recorded later is in a later report. "
        "The same position gives the same report, byte by byte."
    ),
    "provisional": (
        "PROVISIONAL: the lock point had not passed when this was rendered; the log may still grow until then."
    ),
    "unscheduled": "No rule asks for a report with this lock point, so it has no limit.",
    "unsure": "UNSURE: the dates that the period was computed from are not confirmed:",
    "reactions": (
        "Serious adverse reactions that this log first held as such in the period, whatever their dates: each stands in "
        "one report, and none that was filed late is lost. Serious: AESER = Y, any seriousness criterion (suspected "
        "transmission of an infectious agent is one), or the sponsor's view. Reaction: called related by the investigator or by the sponsor; an investigator's silence counts as related."
    ),
    "no_reactions": "No serious adverse reaction came on record in the period.",
    "events": (
        "All serious adverse events on record, related or not, before and after the first dose: subjects (events). "
        "Serious in the reading of duties: AESER = Y, any criterion (suspected transmission "
        "of an infectious agent is one), or the sponsor's view. A subject counts once a term."
    ),
    "no_events": "No serious adverse event is on record.",
    "no_cumulative_reactions": "No serious adverse reaction is on record.",
    "exposure": (
        "Amounts are added up as recorded, one a dose record; a record may stand for one infusion or for many days of use."
    ),
    "no_demographics": "No dosed subject is on record.",
    "race": "Race is not recorded.",
    "deaths": (
        "All deaths on record: recorded as dead, or an adverse event that results in death or whose outcome is fatal."
    ),
    "no_deaths": "No death is on record.",
    "drop_outs": (
        "Withdrawals that name an adverse event as their cause, and treatment withdrawn for one (AEACN = DRUG WITHDRAWN)."
    ),
    "no_drop_outs": (
        "No withdrawal for an adverse event is on record; where the data state no action taken (AEACN), this says no more."
    ),
    "incidence": "Subjects with at least one treatment-emergent adverse event, and exact 95 % intervals (Clopper-Pearson).",
    "reference": (
        "The version in force on the first day of the period is the one to judge by in this report (ICH E2F); expedited "
        "reports judge by the version in force at onset."
    ),
    "no_reference": "No reference safety information was in force on the first day of the period: nothing counts as expected.",
    "no_reference_changes": "No version came into force during the period.",
    "no_amendments": "The trial file did not change during the period.",
    "no_clocks": "No clocks are recorded for this trial.",
    "china": "CDE No. 7/2020, region-specific information; the line listing above may stay in English (Art. 11).",
    "no_china_deaths": "No subject in China died in the period.",
    "no_china_drop_outs": "No subject in China withdrew for an adverse event in the period.",
    "not_held": (
        "Not held in this log, to be written by the sponsor: non-clinical and pharmaceutical changes and findings, and the "
        "outline of the next period's plan."
    ),
    "dsmb": "Laboratory results, protocol deviations and the state of stopping rules are not held in this log.",
}
