"""The fields of the record as a person reads them."""

from safety.web.words import N_

FIELDS = {
    "site": N_("site"),
    "country": N_("country"),
    "age": N_("age"),
    "birth_year": N_("year of birth"),
    "sex": N_("sex"),
    "weight_kg": N_("weight, kg"),
    "arm": N_("planned arm"),
    "actual_arm": N_("actual arm"),
    "enrolled_on": N_("enrolled on"),
    "died": N_("died"),
    "died_on": N_("died on"),
    "completed": N_("completed"),
    "withdrawn": N_("withdrawn from"),
    "vanished": N_("row no longer in the data"),
    "treatment": N_("treatment"),
    "amount": N_("amount"),
    "unit": N_("unit"),
    "route": N_("route"),
    "visit": N_("visit"),
    "lot": N_("lot"),
    "total_cells": N_("total cells"),
    "withheld": N_("withheld"),
    "started_on": N_("began on"),
    "ended_on": N_("ended on"),
    "source_id": N_("number in the source"),
    "term": N_("term as reported"),
    "preferred_term": N_("preferred term"),
    "body_system": N_("body system"),
    "system_organ_class": N_("system organ class"),
    "dictionary_version": N_("version of the dictionary"),
    "severity": N_("severity"),
    "grade": N_("grade"),
    "serious": N_("seriousness"),
    "results_in_death": N_("results in death"),
    "life_threatening": N_("life-threatening"),
    "hospitalisation": N_("hospitalisation"),
    "disability": N_("disability"),
    "congenital_anomaly": N_("congenital anomaly"),
    "medically_important": N_("medically important"),
    "involves_cancer": N_("involves cancer"),
    "occurred_with_overdose": N_("occurred with overdose"),
    "outcome": N_("outcome"),
    "action_taken": N_("action taken with the treatment"),
    "after_dose": N_("after dose"),
    "serious_for_sponsor": N_("seriousness in the sponsor's view"),
    "expected": N_("expected"),
    "aware_on": N_("aware on"),
    "aware_party": N_("who was aware"),
    "merged_into": N_("merged into"),
    "nullified": N_("nullified"),
    "causality": N_("causality"),
}
"""The name of each field that a change of the record may be of."""
TEXTS = frozenset({"term"})
"""Fields that hold what somebody wrote freely."""
MARKS = frozenset({"died", "completed", "withheld", "vanished", "nullified"})
"""Fields that are 1 where it is so."""
DATES = frozenset({"started_on", "ended_on", "enrolled_on", "died_on", "aware_on"})
"""Fields that hold a date, which may be partial."""
