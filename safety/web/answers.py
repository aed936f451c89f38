"""What may be answered about an adverse event, as a person reads it."""

from safety.web.words import N_

GRADES = (
    (
        "1",
        N_("Grade 1, mild"),
        N_("Asymptomatic or mild symptoms; clinical or diagnostic observations only; intervention not indicated."),
    ),
    (
        "2",
        N_("Grade 2, moderate"),
        N_("Minimal, local or noninvasive intervention indicated; limiting age-appropriate instrumental ADL."),
    ),
    (
        "3",
        N_("Grade 3, severe"),
        N_(
            "Severe or medically significant but not immediately life-threatening; hospitalization or prolongation of "
            "hospitalization indicated; disabling; limiting self care ADL."
        ),
    ),
    ("4", N_("Grade 4, life-threatening"), N_("Life-threatening consequences; urgent intervention indicated.")),
    ("5", N_("Grade 5, death"), N_("Death related to AE.")),
)
"""The general text of each grade, word for word from NCI CTCAE (4.03 and 5.0; a work of the US government, free of licence).

A term's own text, where CTCAE has one, goes before it; those texts are not here, since their MedDRA codes are licensed.
"""
SEVERITIES = ("MILD", "MODERATE", "SEVERE")
CRITERIA = (
    ("results_in_death", N_("Results in death"), ""),
    ("life_threatening", N_("Life-threatening"), N_("At risk of death at the time, not in theory")),
    ("hospitalisation", N_("Admission to hospital, or a longer stay"), N_("Not a stay planned before consent")),
    ("disability", N_("Lasting or significant disability"), ""),
    ("congenital_anomaly", N_("Congenital anomaly or birth defect"), ""),
    ("medically_important", N_("Other medically important condition"), N_("Say why in the narrative")),
)
OUTCOMES = (
    "NOT RECOVERED/NOT RESOLVED",
    "RECOVERING/RESOLVING",
    "RECOVERED/RESOLVED",
    "RECOVERED/RESOLVED WITH SEQUELAE",
    "FATAL",
    "UNKNOWN",
)
ACTIONS = (
    "DOSE NOT CHANGED",
    "DRUG INTERRUPTED",
    "DRUG WITHDRAWN",
    "DOSE REDUCED",
    "DOSE RATE REDUCED",
    "DOSE INCREASED",
    "NOT APPLICABLE",
    "UNKNOWN",
)
CHOICES = {
    "grades": GRADES,
    "severities": SEVERITIES,
    "criteria": CRITERIA,
    "outcomes": OUTCOMES,
    "actions": ACTIONS,
}
"""What the form's own template offers."""
