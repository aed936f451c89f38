"""What the API tells in place of each screen, and who is told it."""

import pytest
from starlette.testclient import TestClient

from safety.home import Home
from safety.web import outward
from safety.web.door import door
from tests.api_programs import API, Asks, program, read, told, two_sites, with_passphrase
from tests.rule_packs import PACK
from tests.web_homes import Homes, signed_in


@pytest.fixture
def home(homes: Homes) -> Home:
    return two_sites(homes.open())


def test_the_rota_says_who_hears_and_a_drill_is_raised_once(home: Home) -> None:
    operator = program(home, "OPS")
    key = {"Idempotency-Key": "the-drill-of-march"}
    first, again = (told(operator.post(f"{API}/trials/T1/drill", headers=key), 200) for _ in range(2))
    assert first == again
    later = told(operator.post(f"{API}/trials/T1/drill", headers={"Idempotency-Key": "another-drill"}), 200)
    assert later != first
    rota = read(program(home, "LIN"), "/trials/T1/rota")
    assert [one["account"] for one in rota["urgent"][0]["who"]] == ["CHEN", "WANG"]
    assert [one["alert"] for one in rota["drills"]] == [later["alert"], first["alert"]]
    assert {one["role"] for one in rota["roles"]} >= {"safety_officer", "operator"}
    assert operator.post(f"{API}/trials/T1/drill").status_code == 422


def test_a_key_of_something_else_raises_no_drill(home: Home) -> None:
    asks = Asks(home, "OPS")
    told(asks("account.add", {"account": "XU", "roles": ["auditor"], "name": "Dr Xu"}, "one-key-for-two"), 201)
    answer = asks.client.post(f"{API}/trials/T1/drill", headers={"Idempotency-Key": "one-key-for-two"})
    assert answer.status_code == 409


def test_absences_are_told_on_the_rota(home: Home) -> None:
    away = {
        "account": "CHEN",
        "from_at": "2026-03-02T09:00:00Z",
        "until_at": "2026-03-03T09:00:00Z",
        "covered_by": "WANG",
    }
    told(Asks(home, "OPS")("account.set_absence", away), 201)
    (one,) = read(program(home, "ZHAO"), "/trials/T1/rota")["away"]
    assert (one["account"], one["covered_by"], one["from_at"]) == ("CHEN", "WANG", "2026-03-02T09:00:00Z")


class Outside:
    """One channel, which takes everything."""

    def ways(self) -> list[outward.Way]:
        return [outward.Way("maildir", "mail")]

    def test(self, channel: str, account: str, address: str | None) -> outward.Tested:
        assert (channel, account, address) == ("maildir", "OPS", None)
        return outward.Tested(None, None)


def test_channels_are_read_and_tested_by_who_runs_the_desk(home: Home) -> None:
    asked = TestClient(door(home, outward=Outside()), base_url="http://localhost")
    program(home, "OPS", asked=asked)
    rows = {row["channel"]: row["set_up"] for row in read(asked, "/channels")["channels"]}
    assert rows == {"maildir": True, "smtp": False, "webhook": False}
    assert told(asked.post(f"{API}/channels/maildir/test"), 200)["taken"]
    assert asked.post(f"{API}/channels/smtp/test").status_code == 404
    assert program(home, "CHEN").get(f"{API}/channels").status_code == 404


def test_packs_are_read_whole_and_asked_what_they_would_change(home: Home) -> None:
    with_passphrase(home, "CHEN")
    officer = Asks(home, "CHEN")
    adoption = {"STUDYID": "T1", "packs": [{"file": PACK}]}
    come = told(officer("trial.adopt_rule_pack/preview", adoption), 200)
    assert come["obligations"] == []
    assert read(officer.client, "/trials/T1/rule-packs")["adoptions"] == []
    told(officer.signed("trial.adopt_rule_pack", adoption, "approval"), 201)
    (adopted,) = read(officer.client, "/trials/T1/rule-packs")["adoptions"]
    assert adopted["signature"]["account"] == "CHEN"
    (pack,) = adopted["packs"]
    whole = read(officer.client, f"/trials/T1/rule-packs/{pack['sha256']}")
    assert (whole["text"], len(whole["rules"])) == (PACK, pack["rules"])
    offered = read(officer.client, "/rule-packs")
    named = offered["packs"][0]["id"]
    assert read(officer.client, f"/rule-packs/{named}")["sha256"] == offered["packs"][0]["sha256"]
    profile = read(officer.client, f"/rule-packs/{offered['profiles'][0]['id']}")
    assert profile["packs"] == offered["profiles"][0]["packs"]
    assert read(officer.client, "/trials/T1/what-if", pack=named)["packs"] == [named]
    for path, query, status in (("/rule-packs/NONE", {}, 404), ("/trials/T1/rule-packs/0", {}, 404),
                                ("/trials/T1/what-if", {"pack": "NONE"}, 400), ("/trials/T1/what-if", {}, 422)):  # fmt: skip
        assert officer.client.get(f"{API}{path}", params=query).status_code == status, path


def test_a_judgement_says_what_it_would_set_off_and_writes_nothing(home: Home) -> None:
    officer, before = Asks(home, "CHEN"), home.journal.head().position
    form = {"STUDYID": "T1", "USUBJID": "A1", "AESEQ": 1, "assessor": "sponsor", "AEREL": "POSSIBLE"}
    assert set(told(officer("adverse_event.assess_causality/preview", form), 200)) == {
        "number",
        "obligations",
        "ended",
        "alerts",
    }
    assert home.journal.head().position == before
    other = Asks(home, "LIN")("adverse_event.assess_causality/preview", form | {"USUBJID": "B1"})
    assert other.status_code == 404


def test_people_are_told_with_how_they_get_in_and_what_became_of_them(home: Home) -> None:
    with_passphrase(home, "CHEN")
    operator = program(home, "OPS")
    person = read(operator, "/people/CHEN")
    assert person["person"]["way_in"]["state"] == "passphrase"
    assert person["person"]["way_in"]["passkeys"] == 0
    assert [step["by"] for step in person["history"]] == ["OPERATOR"]
    contact = {"name": "Dr Chen", "email": "chen@hospital.example"}
    said = told(operator.post(f"{API}/people/CHEN/contact", json=contact), 200)
    assert (said["name"], said["email"], said["language"]) == ("Dr Chen", "chen@hospital.example", "en")
    for named, language in (({"language": "zh"}, "zh"), ({}, "zh"), ({"language": "en"}, "en")):
        said = told(operator.post(f"{API}/people/CHEN/contact", json=contact | named), 200)
        assert said["language"] == read(operator, "/people/CHEN")["person"]["language"] == language
    for wrong, status in (
        ({"name": "Dr Chen", "email": "no address"}, 400),
        ({"name": ""}, 422),
        ({"named": "x"}, 422),
        ({"name": "Dr Chen", "language": "fr"}, 422),
    ):
        answer = operator.post(f"{API}/people/CHEN/contact", json=wrong)
        assert answer.status_code == status, answer.text
        assert "no address" not in answer.text
    assert told(operator.post(f"{API}/people/CHEN/sign-out"), 200) == {"account": "CHEN", "sessions": 1}
    assert operator.get(f"{API}/people/NOBODY").status_code == 404


def test_administration_tells_faults_and_what_trials_need(home: Home) -> None:
    told_to = {who: read(program(home, who), "/administration") for who in ("OPS", "CHEN")}
    assert [trial["trial"] for trial in told_to["OPS"]["trials"]] == ["T1", "T2"]
    assert [trial["trial"] for trial in told_to["CHEN"]["trials"]] == ["T1"]
    assert {fault["trial"] for fault in told_to["CHEN"]["faults"]} == {"T1"}
    assert "vacant" in {fault["kind"] for fault in told_to["OPS"]["faults"]}


def test_views_are_kept_for_oneself_and_what_was_seen_is_said(home: Home) -> None:
    mine, another = program(home, "CHEN"), program(home, "WANG")
    view = {"page": "worklist", "name": "soon", "query": "due=soon&evil=1"}
    kept = told(mine.post(f"{API}/trials/T1/views", json=view), 200)
    assert kept["views"] == [{"page": "worklist", "name": "soon", "query": "due=soon"}]
    assert read(another, "/trials/T1/views")["views"] == []
    assert (
        told(mine.post(f"{API}/trials/T1/seen", json={"position": 2**40}), 200)["seen"] == home.journal.head().position
    )
    gone = told(mine.post(f"{API}/trials/T1/views/forget", json={"page": "worklist", "name": "soon"}), 200)
    assert gone["views"] == []
    for wrong in ({"page": "elsewhere", "name": "x"}, {"page": "cases", "name": "a\nb"}, {"page": "cases", "name": ""}):
        assert mine.post(f"{API}/trials/T1/views", json=wrong).status_code == 422, wrong


def test_ones_tokens_are_told_without_their_secret_and_revoked(home: Home) -> None:
    mine = program(home, "CHEN")
    (token,) = read(mine, "/me/tokens")["tokens"]
    assert set(token) == {"id", "name", "scopes", "made_at", "ends_at", "used_at", "revoked_at"}
    assert program(home, "WANG").post(f"{API}/me/tokens/{token['id']}/revoke").status_code == 404
    assert told(mine.post(f"{API}/me/tokens/{token['id']}/revoke"), 200)["tokens"][0]["revoked_at"]
    assert mine.get(f"{API}/me").status_code == 401


def test_the_definition_is_told_as_it_governed(home: Home) -> None:
    found = read(program(home, "LIN"), "/trials/T1/definition")
    assert found["definition"]["zone"]
    assert [step["reason"] for step in found["history"]] == [None]
    assert found["reference_safety_information"] == []


def test_each_number_of_the_incidence_table_opens_the_events_behind_it(home: Home) -> None:
    officer = program(home, "CHEN")
    table = read(officer, "/trials/T1/incidence")
    arm = table["groups"][0]
    for measure, said in arm["measures"].items():
        found = read(officer, "/trials/T1/incidence/events", arm=arm["arm"], measure=measure)
        assert (found["cases"], found["subjects"]) == (said["events"], said["subjects"]), measure
    days = read(officer, "/trials/T1/incidence/over-time")["arms"][0]["days"]
    assert sum(day["events"] for day in days) == arm["measures"]["teae"]["events"]
    assert (
        officer.get(f"{API}/trials/T1/incidence/events", params={"arm": arm["arm"], "measure": "x"}).status_code == 422
    )
    assert program(home, "LIN").get(f"{API}/trials/T1/incidence/events", params={"arm": arm["arm"]}).status_code == 404


def test_knowledge_is_told_of_ones_own_sites(home: Home) -> None:
    whole, mine = (read(program(home, who), "/trials/T1/knowledge") for who in ("CHEN", "LIN"))
    assert (whole["happened"], mine["happened"]) == (2, 1)
    assert [count["measure"] for count in whole["counts"]][:1] == ["teae"]
    assert mine["counts"] == []


def test_the_worklist_is_narrowed_as_the_page_narrows_it(home: Home) -> None:
    with_passphrase(home, "CHEN")
    officer = Asks(home, "CHEN")
    told(officer.signed("trial.adopt_rule_pack", {"STUDYID": "T1", "packs": [{"file": PACK}]}, "approval"), 201)
    filed = {"STUDYID": "T1", "USUBJID": "A1", "AETERM": "fever", "AESER": "Y"}
    told(Asks(home, "LIN")("adverse_event.report", filed), 201)
    duties = read(officer.client, "/trials/T1/worklist")["duties"]
    assert duties
    first = duties[0]
    assert read(officer.client, "/trials/T1/worklist", hand="mine")["duties"] == []
    taken = {"STUDYID": "T1", "USUBJID": first["subject"], "AESEQ": first["number"], "obligation": first["obligation"]}
    told(officer("obligation.take", taken), 201)
    (mine,) = read(officer.client, "/trials/T1/worklist", hand="mine")["duties"]
    assert mine["obligation"] == first["obligation"]
    assert read(officer.client, "/trials/T1/worklist", site="02")["duties"] == []
    assert officer.client.get(f"{API}/trials/T1/worklist", params={"due": "whenever"}).status_code == 422


def test_a_browser_that_is_signed_in_writes_with_the_token_of_its_forms_alone(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    assert browser.post(f"{API}/trials/T1/seen", json={"position": 1}).status_code == 403
