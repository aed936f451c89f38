"""An SMTP server that misbehaves at any verb: nothing is lost, and what it took and did not own up to comes again as the same mail."""

import asyncio
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from notifications import channels
from notifications.channels import Smtp
from notifications.composition import dispatcher_of, record_of
from notifications.dispatcher import InProcess
from notifications.handler import Delivered, Handler
from tests.delivery_office import Office, open_office
from tests.scripted_smtp import VERBS, Misdeed, ScriptedSmtp


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(channels, "SMTP_TIMEOUT_SECONDS", 0.5)
    yield from open_office(tmp_path)


def sweep(office: Office, server: ScriptedSmtp) -> list[Delivered]:
    handler = Handler(record_of(office.home), [office.maildir, Smtp(server.url)], office.head)
    return asyncio.run(dispatcher_of(office.home, handler, InProcess(handler)).sweep())


@pytest.mark.parametrize("misdeed", ["hangs up", "is silent", "says nonsense"])
@pytest.mark.parametrize("verb", VERBS)
def test_trust_2_3_whatever_a_server_does_at_whichever_verb_the_mail_comes(
    office: Office, verb: str, misdeed: Misdeed
) -> None:
    office.file()
    with ScriptedSmtp(verb, misdeed).running() as server:
        receipts = {one.channel: one.error for one in sweep(office, server)}
        assert receipts["maildir"] is None
        assert receipts["smtp"] is not None
        assert "CANARY" not in str(office.events())
        office.later(seconds=4)
        assert sweep(office, server) == []  # not yet
        server.verb = None
        office.later(seconds=2)
        assert [(one.channel, one.error) for one in sweep(office, server)] == [("smtp", None)]
        office.later(days=2)
        assert sweep(office, server) == []
        mails = [message_from_bytes(body, policy=policy.default) for body in server.bodies]
    # After DATA the server had the mail and did not say so: it has it twice now, and can tell.
    assert [str(mail["X-Vigilog-Attempt"]) for mail in mails] == (["1", "2"] if verb == "body" else ["2"])
    assert len({str(mail["Message-ID"]) for mail in mails}) == 1
    assert record_of(office.home).standing().pending == []
    assert [said.get("attempt") for name, said in office.events() if name == "sent"] == [1, 2]
