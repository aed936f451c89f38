"""The rows of the rule tables: a clause, what a party states on which day, and what is owed.

Days are counted from Day 0 of the case. `EU-7 open 0->7`: Day 0 on day 0, the last day in time is day 7.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from safety.regulation.facts import Fact
from tests.clocks import FATAL, SAE, SUSAR, VALID, on, site

BOTH_SAY_NO = {"related_investigator": False, "related_sponsor": False}
OURS = {**SAE, "related_sponsor": True, "unexpected": True}
"""A SUSAR by the sponsor's own judgement, as FDA asks for."""


class Row(NamedTuple):
    """A row: its clause, the packs, the facts, and what is owed."""

    clause: str
    packs: str
    facts: tuple[Fact, ...]
    owed: set[str]
    options: Mapping[str, Any]


def row(clause: str, packs: str, *facts: Fact, owes: str = "", **options: Any) -> Row:  # noqa: ANN401, what evaluate takes
    """A row; what is owed is parted by commas."""
    return Row(clause, packs, facts, {one.strip() for one in owes.split(",") if one.strip()}, options)


CN_GCP = "CN-REC-26 open 0 promptly"
CN = "CN-NMPA-DRUG"

# fmt: off
# --- the rule table --------------------------------------------------------------------------------------------------

RULES = [
    row("E2A III.B.1: E2A-7, fatal", "ICH-E2A", on(0, FATAL), owes="E2A-7 open 0->7"),
    row("E2A III.B.1: E2A-7, life-threatening", "ICH-E2A", on(0, SUSAR, life_threatening=True), owes="E2A-7 open 0->7"),
    row(
        "E2A III.B.1: E2A-7F, 8 days from the report sent", "ICH-E2A", on(0, FATAL), on(3, submitted="E2A-7"),
        owes="E2A-7 submitted 0->7, E2A-7F open 3->11",
    ),
    row("E2A III.B.2: E2A-15", "ICH-E2A", on(0, SUSAR), owes="E2A-15 open 0->15"),
    row(
        "E2A III.B.2: E2A-15 from the minimum criteria", "ICH-E2A", on(0, serious=True), on(4, VALID), owes="E2A-15 open 4->19"
    ),
    row("312.32(c)(2): US-7, and US-15 to the investigators", "US-FDA-IND", on(0, OURS, fatal=True),
        owes="US-7 open 0->7, US-15 open 0->15"),
    row("312.32(c)(2): US-7 counts from receipt, US-15 from determination", "US-FDA-IND",
        on(0, OURS, fatal=True), on(3, determined=True), owes="US-7 open 0->7, US-15 open 3->18"),
    row("312.32(c)(1)(i): US-15", "US-FDA-IND", on(0, OURS), owes="US-15 open 0->15"),
    row("312.32(c)(1)(i): US-15 is not determined to qualify", "US-FDA-IND", on(0, OURS), on(3, determined=False)),
    row("312.32(d)(2): US-FU has no number, US-FU-P is policy", "US-FDA-IND", on(0, OURS), on(10, submitted="US-15"),
        on(12, new_information=True), owes="US-15 submitted 0->15, US-FU open 12 promptly, US-FU-P open 12->27"),
    row("312.32(d)(3): US-LATE", "US-FDA-IND", on(0, SAE, related_sponsor=False), on(20, related_sponsor=True),
        owes="US-LATE open 20->35"),
    row("312.32(d)(3): US-LATE from the determination", "US-FDA-IND", on(0, SAE, related_sponsor=False),
        on(20, related_sponsor=True), on(22, determined=True), owes="US-LATE open 22->37"),
    row("312.32(d)(3): not stated is not judged, so US-15", "US-FDA-IND", on(0, VALID, related_sponsor=True),
        on(20, serious=True), owes="US-15 open 20->35"),
    row("312.64(b): US-INV, related or not", "US-FDA-IND", site(0, serious=True, related_investigator=False),
        owes="US-INV open 0 immediately"),
    row("Art. 41(2): EU-INV, 24 h", "EU-CTR", site(0, serious=True), owes="EU-INV open 0->24h"),
    row("Art. 41(2): EU-INV, exempt by the protocol and agreed", "EU-CTR",
        site(0, serious=True, protocol_exempt=True, exemption_agreed=True)),
    row("Art. 42(2)(a): EU-7", "EU-CTR", on(0, FATAL), owes="EU-7 open 0->7"),
    row("Art. 42(2)(b): EU-15", "EU-CTR", on(0, SUSAR), owes="EU-15 open 0->15"),
    row("Art. 42(2)(c): EU-7UP after the report was sent", "EU-CTR", on(0, SUSAR), on(6, submitted="EU-15"), on(9, fatal=True),
        owes="EU-15 submitted 0->15, EU-7UP open 9->16"),
    row("Annex III 2.4: EU-7F", "EU-CTR", on(0, FATAL), on(5, submitted="EU-7"), owes="EU-7 submitted 0->7, EU-7F open 5->13"),
    row("Annex III 2.4: EU-FU", "EU-CTR", on(0, SUSAR), on(5, submitted="EU-15"), on(8, new_information=True),
        owes="EU-15 submitted 0->15, EU-FU open 8->23"),
    row("Art. 54(2): EU-USM", "EU-CTR", on(2, urgent_measure=True), owes="EU-USM open 2->9"),
    row("GCP 2026: CN-INV-26", CN, site(0, serious=True), owes="CN-INV-26 open 0 immediately"),
    row("CDE 2018: CN-7", CN, on(0, FATAL), owes=f"CN-7 open 0->7, {CN_GCP}"),
    row("CDE 2018: CN-7F", CN, on(0, FATAL), on(2, submitted="CN-7"), owes=f"CN-7 submitted 0->7, CN-7F open 2->10, {CN_GCP}"),
    row("CDE 2018: CN-15", CN, on(0, SUSAR), owes=f"CN-15 open 0->15, {CN_GCP}"),
    row("CDE 2018: CN-FU for every piece of information", CN, on(0, SUSAR), on(3, submitted="CN-15"),
        on(5, new_information=True), on(7, new_information=True),
        owes=f"CN-15 submitted 0->15, CN-FU open 5->20, CN-FU open 7->22, {CN_GCP}"),
    row("GCP 2026: CN-EC-26, the investigator tells the ethics committee", CN, site(0, SUSAR),
        owes="CN-INV-26 open 0 immediately, CN-EC-26 open 0 promptly"),
    row("CDE 2018: CN-WIN, CN-POST after the window", CN, site(0, serious=True, after_trial=True),
        owes="CN-POST open 0 promptly"),
    row("CDE 2018: CN-POST, a SUSAR after the window is expedited", CN, on(0, SUSAR, after_trial=True),
        owes=f"CN-15 open 0->15, {CN_GCP}"),
    row("[2015] No. 48: CN-SC-24H and the halt", "CN-STEMCELL-2015", site(0, serious=True),
        owes="CN-SC-HALT open 0 immediately, CN-SC-24H open 0->24h, CN-SC-24H-AUTH open 0->24h"),
    row("[2015] No. 48 para 2: CN-SC-15F after the handling", "CN-STEMCELL-2015", site(0, serious=True), site(9, handled=True),
        owes="CN-SC-HALT open 0 immediately, CN-SC-24H open 0->24h, CN-SC-24H-AUTH open 0->24h, CN-SC-15F open 9->24"),
    row("[2015] No. 48, error report: CN-SC-ERR", "CN-STEMCELL-2015", site(0, infection_transmission=True),
        owes="CN-SC-HALT open 0 immediately, CN-SC-24H open 0->24h, CN-SC-24H-AUTH open 0->24h, CN-SC-ERR open 0 immediately"),
    row("site SOP: CN-EC-SITE", "SITE-EC", site(0, serious=True), owes="CN-EC-SITE open 0->24h"),
    row("reg. 33(1): UK-7", "UK-MHRA-2026", on(0, FATAL), owes="UK-7 open 0->7"),
    row("reg. 33(3): UK-15", "UK-MHRA-2026", on(0, SUSAR), owes="UK-15 open 0->15"),
    row("reg. 33(2): UK-7F", "UK-MHRA-2026", on(0, FATAL), on(4, submitted="UK-7"), owes="UK-7 submitted 0->7, UK-7F open 4->12"),
    row("reg. 33(4A)-(4B): UK-EX", "UK-MHRA-2026", on(0, FATAL, protocol_exempt=True, exemption_agreed=True)),
    row("reg. 32: UK-INV", "UK-MHRA-2026", site(0, serious=True), owes="UK-INV open 0 immediately"),
    row("HRA guidance: UK-USM, 7 days", "UK-MHRA-2026", on(1, urgent_measure=True), owes="UK-USM open 1->8"),
    row("Art. 273: JP-7", "JP-PMDA", on(0, FATAL), owes="JP-7 open 0->7"),
    row("Art. 273: JP-15", "JP-PMDA", on(0, SUSAR), owes="JP-15 open 0->15"),
    row("Art. 273: JP-15E, an expected death", "JP-PMDA", on(0, FATAL, unexpected=False), owes="JP-15E open 0->15"),
    row("Art. 273: expected and not fatal", "JP-PMDA", on(0, SUSAR, unexpected=False)),
    row("C.05.014(1)(b): CA-7", "CA-HC", on(0, FATAL), owes="CA-7 open 0->7"),
    row("C.05.014(1)(a): CA-15", "CA-HC", on(0, SUSAR), owes="CA-15 open 0->15"),
    row("C.05.014(2): CA-7F", "CA-HC", on(0, FATAL), on(1, submitted="CA-7"), owes="CA-7 submitted 0->7, CA-7F open 1->9"),
    # the addendum's further packs
    row("Order 818: CN-818-STOP, working days UNSURE", "CN-818", site(0, urgent_measure=True), owes="CN-818-STOP open 0 UNSURE"),
    row("IIT Art. 36: CN-IIT-SITE; [2024] No. 32 UNSURE", "CN-IIT-2021", site(0, serious=True),
        owes="CN-IIT-SITE open 0->24h, CN-IIT-24 open 0 UNSURE"),
    row("ClinO as revised: numbers UNSURE", "CH-SWISSMEDIC", on(0, FATAL), owes="CH-SM-24 open 0 UNSURE"),
    row("Annex 4 item 8: KR-7", "KR-MFDS", on(0, FATAL), on(1, submitted="KR-7"), owes="KR-7 submitted 0->7, KR-7F open 1->9"),
    row("Annex 4 item 8: KR-15", "KR-MFDS", on(0, SUSAR), owes="KR-15 open 0->15"),
    row("NHMRC 2016: AU-INV", "AU-TGA", site(0, serious=True), owes="AU-INV open 0->24h"),
    row("NHMRC 2016: AU-INV-USM", "AU-TGA", site(1, urgent_measure=True), owes="AU-INV-USM open 1->24h"),
    row("NHMRC 2016: AU-7", "AU-TGA", on(0, FATAL), on(1, submitted="AU-7"), owes="AU-7 submitted 0->7, AU-7F open 1->9"),
    row("NHMRC 2016: AU-15", "AU-TGA", on(0, SUSAR), owes="AU-15 open 0->15"),
    row("NHMRC 2016: AU-USM", "AU-TGA", on(1, urgent_measure=True), owes="AU-USM open 1->72h"),
    row("RDC 506/2021: BR-ATMP, serious events, not only reactions", "BR-ANVISA", on(0, {**SAE, **BOTH_SAY_NO}),
        owes="BR-ATMP-15 open 0->15"),
    row("RDC 506/2021: BR-ATMP, death", "BR-ANVISA", on(0, SAE, fatal=True, unexpected=False), owes="BR-ATMP-7 open 0->7"),
]

# --- who says what ---------------------------------------------------------------------------------------------------

EU_15 = "EU-15 open 0->15"
CONDITIONS = [
    row("312.32(a), E2A: serious by either; the sponsor upgrades", "EU-CTR", on(0, VALID, serious=False), on(3, serious=True),
        owes="EU-15 open 3->18"),
    row("E2A II.B: a criterion is serious, whatever the flag says", "EU-CTR", on(0, VALID, serious=False, life_threatening=True),
        owes="EU-7 open 0->7"),
    row("Annex III 2.1 para 4: related by the investigator", "EU-CTR", on(0, SUSAR, related_sponsor=False), owes=EU_15),
    row("Annex III 2.1 para 4: related by the sponsor", "EU-CTR", on(0, SAE, related_investigator=False, related_sponsor=True),
        owes=EU_15),
    row("Annex III 2.1 para 4: neither", "EU-CTR", on(0, {**SAE, **BOTH_SAY_NO})),
    row("CDE 2018: either party cannot exclude", CN, on(0, SUSAR, related_sponsor=False), owes=f"CN-15 open 0->15, {CN_GCP}"),
    row("312.32(c)(1)(i): the sponsor finds no evidence", "US-FDA-IND", on(0, SUSAR, related_sponsor=False)),
    row("312.32(c)(1)(i): the sponsor does, the investigator does not", "US-FDA-IND", on(0, OURS, related_investigator=False),
        owes="US-15 open 0->15"),
    row("Annex III para 4: missing causality is related", "EU-CTR", on(0, SAE), owes=EU_15),
    row("Annex III para 4: missing causality, and the sponsor's no", "EU-CTR", on(0, SAE, related_sponsor=False), owes=EU_15),
    row("Annex III para 4: missing causality, FDA", "US-FDA-IND", on(0, SAE, related_investigator=False), owes="US-15 open 0->15"),
    row("E2F: expected", "EU-CTR", on(0, SUSAR, unexpected=False)),
    row("no RSI: every related SAE is a SUSAR", "EU-CTR", on(0, {n: v for n, v in SUSAR.items() if n != "unexpected"}), owes=EU_15),
    row("E2A II.C, CTFG, 312.32(a): more specific or severe, class effect: unexpected", "EU-CTR", on(0, SUSAR), owes=EU_15),
    row("CDE 2018: not serious", CN, on(0, VALID, serious=False, related_investigator=True)),
    row("CDE 2018: serious and unrelated", CN, on(0, {**SAE, **BOTH_SAY_NO})),
    row("CDE 2018: serious and expected", CN, on(0, SUSAR, unexpected=False)),
    row("before the first dose: no SUSAR", "EU-CTR", on(0, FATAL, exposed=False)),
    row("before the first dose: still an SAE", "EU-CTR", site(0, SAE, exposed=False), owes="EU-INV open 0->24h"),
    row("EU GVP VI: transmission of an infectious agent is serious", "EU-CTR", on(0, VALID, infection_transmission=True), owes=EU_15),
    row("1.3: a case without minimum criteria has no clock", "EU-CTR", on(0, {**FATAL, "minimum_criteria": False})),
    row("1.3: valid when the fourth element arrives", "EU-CTR", on(0, {**SUSAR, "minimum_criteria": False}), on(5, VALID),
        owes="EU-15 open 5->20"),
    row("312.3: a sponsor-investigator has no extra 24 h", "EU-CTR", site(0, SUSAR), on(1, SUSAR),
        owes=f"EU-INV open 0->24h, {EU_15}", sponsor_investigator=True),
    row("each party counts from its own knowledge", "EU-CTR", site(0, SUSAR), on(1, SUSAR),
        owes="EU-INV open 0->24h, EU-15 open 1->16"),
]

# --- what a change does ----------------------------------------------------------------------------------------------

CHANGES = [
    row("1.5: the first complete set opens the initial, once", "EU-CTR", on(0, SUSAR), on(1, SUSAR), on(2, new_information=True),
        owes=EU_15),
    row("1.5: new significant information on a reported case, FDA", "US-FDA-IND", on(0, OURS), on(1, submitted="US-15"),
        on(4, new_information=True), owes="US-15 submitted 0->15, US-FU open 4 promptly, US-FU-P open 4->19"),
    row("1.5, Art. 42(2)(c): upgrade after sending, +8", "EU-CTR", on(0, SUSAR), on(6, submitted="EU-15"), on(9, fatal=True),
        on(12, submitted="EU-7UP"), owes="EU-15 submitted 0->15, EU-7UP submitted 9->16, EU-7F open 12->20"),
    row("1.5: upgrade before sending, one combined report", "EU-CTR", on(0, SUSAR), on(4, fatal=True),
        owes="EU-15 superseded 0->15, EU-7UP open 4->11"),
    row("1.5: an upgrade never postpones the first clock", "EU-CTR", on(0, SUSAR), on(12, fatal=True),
        owes="EU-15 superseded 0->15, EU-7UP open 12->15"),
    row("1.5: the same under E2A", "ICH-E2A", on(0, SUSAR), on(12, fatal=True), owes="E2A-15 superseded 0->15, E2A-7 open 12->15"),
    row("1.5: the same in China, with its cap", CN, on(0, SUSAR), on(12, fatal=True), on(15, submitted="CN-7"),
        owes=f"CN-15 superseded 0->15, CN-7 submitted 12->15, CN-7F open 15->23, {CN_GCP}"),
    row("312.32(d)(3): not reportable becomes reportable", "EU-CTR", on(0, SUSAR, unexpected=False), on(8, unexpected=True),
        owes="EU-15 open 8->23"),
    row("1.5: downgrade before sending", "EU-CTR", on(0, SUSAR), on(3, downgraded=True, unexpected=False),
        owes="EU-15 cancelled 0->15"),
    row("1.5: a sponsor cannot downgrade the investigator", "EU-CTR", on(0, SUSAR), on(3, downgraded=True, related_sponsor=False),
        owes=EU_15),
    row("1.5: a bare downgrade cannot either", "EU-CTR", on(0, SUSAR), on(3, downgraded=True), owes=EU_15),
    row("1.5: the sponsor's no over a silent investigator cancels nothing", "EU-CTR", on(0, SAE),
        on(3, downgraded=True, related_sponsor=False), owes=EU_15),
    row("1.5: a signed downgrade of what rests on no investigator's yes", "EU-CTR", on(0, SAE), on(3, downgraded=True),
        owes="EU-15 cancelled 0->15"),
    row("1.5: a value that changed without a downgrade cancels nothing", "EU-CTR", on(0, SUSAR), on(3, unexpected=False), owes=EU_15),
    row("1.5: no longer fatal: the first knowledge counts", "EU-CTR", on(0, FATAL), on(3, downgraded=True, fatal=False),
        owes="EU-7 cancelled 0->7, EU-15 open 0->15"),
    row("1.5: what was cancelled opens again with the next change", "EU-CTR", on(0, SUSAR),
        on(3, downgraded=True, unexpected=False), on(9, unexpected=True), owes="EU-15 cancelled 0->15, EU-15 open 9->24"),
    row("1.5: downgrade after sending is a follow-up", "EU-CTR", on(0, FATAL), on(2, submitted="EU-7"),
        on(5, downgraded=True, fatal=False), owes="EU-7 submitted 0->7, EU-7F open 2->10, EU-FU open 5->20"),
    row("1.5: an internal correction starts nothing", "EU-CTR", on(0, SUSAR), on(2, submitted="EU-15"), on(5, SUSAR),
        owes="EU-15 submitted 0->15"),
    row("1.5: nullification before sending", "EU-CTR", on(0, FATAL), on(2, nullified=True), on(3, FATAL, new_information=True),
        owes="EU-7 cancelled 0->7"),
    row("1.5: nullification after sending is told, and ends the rest", "EU-CTR", on(0, FATAL), on(2, submitted="EU-7"),
        on(4, new_information=True), on(6, nullified=True),
        owes="EU-7 submitted 0->7, EU-7F cancelled 2->10, EU-FU cancelled 4->19, EU-FU open 6->21"),
    row("1.5: an RSI updated later changes nothing", "EU-CTR", on(0, SUSAR), on(30, new_information=True), owes=EU_15),
    row("1.5: non-significant information", "EU-CTR", on(0, SUSAR), on(2, submitted="EU-15"), on(9, SUSAR),
        owes="EU-15 submitted 0->15"),
    row("Art. 273: an expected death that turns out unexpected", "JP-PMDA", on(0, FATAL, unexpected=False), on(4, unexpected=True),
        owes="JP-15E superseded 0->15, JP-7 open 4->11"),
]

# --- the golden cases of the addendum --------------------------------------------------------------------------------

GOLDEN = [
    row("CN-7F cap: sent on Day 7", CN, on(0, FATAL), on(7, submitted="CN-7"),
        owes=f"CN-7 submitted 0->7, CN-7F open 7->15, {CN_GCP}"),
    row("CN-7F cap: sent on Day 3", CN, on(0, FATAL), on(3, submitted="CN-7"),
        owes=f"CN-7 submitted 0->7, CN-7F open 3->11, {CN_GCP}"),
    row("CN-7F cap: sent late on Day 9", CN, on(0, FATAL), on(9, submitted="CN-7"),
        owes=f"CN-7 submitted 0->7, CN-7F open 9->15, {CN_GCP}"),
    row("UK-7F: made on Day 2", "UK-MHRA-2026", on(0, FATAL), on(2, submitted="UK-7"),
        owes="UK-7 submitted 0->7, UK-7F open 2->10"),
    row("CA-7F: made on Day 2", "CA-HC", on(0, FATAL), on(2, submitted="CA-7"), owes="CA-7 submitted 0->7, CA-7F open 2->10"),
    row("anticipated: FDA none, EU, CN and UK due", "US-FDA-IND EU-CTR CN-NMPA-DRUG UK-MHRA-2026",
        on(0, SUSAR, related_sponsor=True, anticipated=True), owes=f"EU-15 open 0->15, CN-15 open 0->15, UK-15 open 0->15, {CN_GCP}"),
    row("FDA and EU: investigator related, sponsor not", "US-FDA-IND EU-CTR CN-NMPA-DRUG UK-MHRA-2026",
        on(0, SUSAR, related_sponsor=False), owes=f"EU-15 open 0->15, CN-15 open 0->15, UK-15 open 0->15, {CN_GCP}"),
    row("RSI approved after onset: unexpected", "EU-CTR", on(0, SUSAR, unexpected=True), owes=EU_15),
    row("exemption without evidence", "EU-CTR", site(0, serious=True, protocol_exempt=True), owes="EU-INV open 0->24h"),
    row("exemption without evidence, UK", "UK-MHRA-2026", on(0, SUSAR, protocol_exempt=True, exemption_agreed=False),
        owes="UK-15 open 0->15"),
]
# fmt: on

ROWS = [*RULES, *CONDITIONS, *CHANGES, *GOLDEN]
