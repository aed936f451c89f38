"""Where a page of the desk can be asked for, made of the routes that it declares: with everything filled in, and with what is typed."""

import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import chain
from urllib.parse import quote

from fastapi.routing import APIRoute

from safety.web.api.routes import GROUPS
from safety.web.declaring import action_of
from safety.web.pages import groups
from tests.hostile_record import ALL, GOES, PERIOD, STAYS, hostile_pack
from tests.web_homes import SUBJECT

READ = [
    route
    for group in chain(groups(), GROUPS)
    for route in group.routes
    if isinstance(route, APIRoute) and "GET" in (route.methods or ())
]
"""Every route that is asked with GET, the API's too."""
NAMED = {
    "trial": "T1",
    "subject": ALL,
    "number": "1",
    "alert": "A-1",
    "position": "60",
    "pack": "CN-NMPA-DRUG",
    "sha256": sha256(hostile_pack().encode()).hexdigest(),
    "account": "CHEN",
    "kind": "dsur",
    "period": PERIOD,
}
"""What a name in a route's path is filled in with."""
WHOLE = {
    "/trials/{trial}/packs/adopt": "?pack=CN-ADMSC-DEMO",
    "/trials/{trial}/packs/what-if": "?pack=CN-ADMSC-DEMO",
    "/trials/{trial}/cases/{subject}/{number}/merge": "?with=2",
    "/trials/{trial}/history/export": f"?subject={ALL}&number=1",
    "/api/v1/trials/{trial}/comparison": "?a=10&b=2000",
    "/api/v1/trials/{trial}/incidence/events": "?arm=A",
    "/api/v1/trials/{trial}/what-if": "?pack=CN-ADMSC-DEMO",
    **dict.fromkeys(
        (
            f"/trials/{{trial}}/cases/{{subject}}/{{number}}/{step}"
            for step in ("take", "submit", "acknowledgement", "rejection", "cancel")
        ),
        f"?obligation={quote('GOLD-2/1', safe='')}",
    ),
}
"""What a page must be asked besides."""
ELSEWHERE = {
    "/trials/{trial}/live": "never ends; test_web_live",
    "/kept": "shows a form that was kept; test_web_kept_forms",
    "/first/{link}": "a link works once; below with what is typed",
    "/sign-in": "sends on who is signed in; below with what is typed",
    "/sign-in/elsewhere": "needs a provider that signs in; test_web_identity",
    "/sign-in/elsewhere/back": "needs a provider that signs in; test_web_identity",
}
"""What is not asked for here, and why."""


def filled(path: str, **named: str) -> str:
    """A route's path with its names filled in."""
    return re.sub(r"\{(\w+)\}", lambda name: {**NAMED, **named}[name[1]], path)


def every_page() -> Iterator[str]:
    """An address of every route, with all payloads on it as far as it shows text at all, and more of some."""
    for route in READ:
        if route.path.endswith("/unmerge"):
            yield filled(route.path, number=str(GOES))
        elif route.path not in ELSEWHERE:
            yield filled(route.path) + WHOLE.get(route.path, "")
    yield "/trials/T1/subjects/S-7"
    yield "/trials/T1/incidence?by=pt"
    yield f"/trials/T1/cases/{ALL}/{STAYS}"
    yield f"/trials/T1/history?subject={ALL}&number=1"
    yield f"/trials/T1/history?subject={ALL}&number=1&field=term"
    yield f"/trials/T1/history?subject={ALL}"
    yield "/trials/T1/history?a=10&b=2000"
    yield f"/trials/T1/file?subject={ALL}"
    yield "/trials/T1/worklist?alerts=all"
    yield "/trials/T-1/definition"
    yield from (f"/log/{position}" for position in (*range(61, 70), *range(640, 670)))


def taken() -> Iterator[str]:
    """Addresses that take what somebody types, at each `@`: in every place of a route, and wherever a query is read."""
    for route in READ:
        if action_of(route) == "live.follow":
            continue
        for name in re.findall(r"\{(\w+)\}", route.path):
            yield filled(route.path, **{"subject": SUBJECT, name: "@"})
        if asked := [str(name.alias) for name in route.dependant.query_params]:
            yield filled(route.path, subject=SUBJECT) + "?" + "&".join(f"{name}=@" for name in asked)
    yield from READ_BY_HAND


READ_BY_HAND = (
    "/sign-in?next=@",
    "/sign-in/elsewhere/back?state=@&code=@&error=@",
    "/trials/T1/cases?subject=@",
    "/trials/T1/cases?serious=@&related=@&page=@",
    "/trials/T1/cases?as_of=@",
    "/trials/T1/worklist?serious=@&due=@&alerts=@",
    "/trials/T1/worklist/export?due=@&format=@",
    f"/trials/T1/subjects/{SUBJECT}?filed=@",
    f"/trials/T1/cases/{SUBJECT}/1?only=@",
    f"/trials/T1/cases/{SUBJECT}/1/merge?with=@",
    "/trials/T1/packs/adopt?pack=@",
    "/trials/T1/packs/what-if?pack=@",
    "/trials/T1/listing?arm=@&measure=teae&of=@&soc=@&pt=@&window=@",
    "/trials/T1/listing?arm=@&measure=@",
    "/trials/T1/listing?arm=A&scale=@&of=grade&grade=@",
    "/trials/T1/incidence?by=@&window=@&page=@",
    "/trials/T1/history?a=@&b=1",
    "/trials/T1/history?subject=@&number=@&field=@",
    f"/trials/T1/history?subject={SUBJECT}&number=1&field=@",
    "/trials/T1/file?subject=@",
    "/@",
)
"""Queries that pages read from the request themselves."""
EVERY_PAGE, TAKEN = tuple(every_page()), tuple(dict.fromkeys(taken()))
