"""Small rule packs for tests: the shapes that real ones have, and nothing that anybody may take for law."""

PACK = """\
id = "TEST"
version = "1"
title = "A pack for tests"
authority = "Nobody"
related = "either"
effective_from = 2010-01-01
sources = ["none"]
[define]
susar = "minimum_criteria and exposed and serious and related and unexpected"
worst = "fatal or life_threatening"
[[rule]]
id = "T-SITE"
from = "investigator"
to = ["sponsor"]
when = "serious"
limit = 24
unit = "hour"
citation = "none 1"
confidence = "high"
basis = "law"
[[rule]]
id = "T-7UP"
from = "sponsor"
to = ["Authority"]
when = "susar and worst"
trigger = "upgrade"
of = ["T-15"]
limit = 7
unit = "calendar_day"
supersedes = ["T-15", "T-7"]
citation = "none 2"
confidence = "high"
basis = "law"
[[rule]]
id = "T-7"
from = "sponsor"
to = ["Authority"]
when = "susar and worst"
limit = 7
unit = "calendar_day"
supersedes = ["T-15"]
citation = "none 3"
confidence = "high"
basis = "law"
[[rule]]
id = "T-15"
from = "sponsor"
to = ["Authority"]
when = "susar and not worst"
since = "susar"
limit = 15
unit = "calendar_day"
citation = "none 4"
confidence = "UNSURE"
basis = "law"
[[rule]]
id = "T-7F"
from = "sponsor"
to = ["Authority"]
trigger = "submission"
of = ["T-7", "T-7UP"]
limit = 8
unit = "calendar_day"
citation = "none 5"
confidence = "high"
basis = "law"
[[rule]]
id = "T-FU"
from = "sponsor"
to = ["Authority"]
trigger = "new_information"
of = ["T-7", "T-7UP", "T-15"]
limit = 15
unit = "calendar_day"
citation = "none 6"
confidence = "high"
basis = "law"
"""
LONGER = PACK.replace('version = "1"', 'version = "2"').replace("limit = 15", "limit = 20")
OTHER = PACK.replace('id = "TEST"', 'id = "OTHER"').replace('"T-', '"O-').replace('["Authority"]', '["Ministry"]')
