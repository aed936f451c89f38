"""Delivery to machines: JSON in codes only, signed where a secret is set, and failures by their class."""

import hmac
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import TRIAL, CommandLine, with_trial, write
from tests.nats_server import free_port
from tests.web_receiver import WebReceiver

SAE = {
    "STUDYID": TRIAL,
    "USUBJID": "S01",
    "AETERM": 'CANARY "quoted" </script>',
    "AESER": "Y",
    "narrative": "CANARY too",
}
SECRET = "between us"


@pytest.fixture
def receiver() -> Iterator[WebReceiver]:
    with WebReceiver().running() as running:
        yield running


def home(tmp_path: Path, **settings: str) -> CommandLine:
    found = with_trial(tmp_path, **settings)
    found("import", write(tmp_path / "data", ae=()), "--trial", TRIAL)
    found("account", "add", "CHEN", "--role", "safety_officer", "--name", "陈伟", "--email", "chen@hospital.org")
    return found


def receipts(cli: CommandLine) -> list[dict[str, Any]]:
    (alert,) = [one for one in cli.json("alerts", "--trial", TRIAL)["alerts"] if one["rule"] == "SAE-REPORTED"]
    return [
        event for message in alert["messages"] for event in cli.json("history", f"{TRIAL}/message/{message}")["events"]
    ]


def test_a_message_is_posted_in_codes_only_and_signed(tmp_path: Path, receiver: WebReceiver) -> None:
    cli = home(tmp_path, VIGILOG_WEBHOOK_URL=receiver.url, VIGILOG_WEBHOOK_SECRET=SECRET)
    assert cli("do", "adverse_event.report", stdin=json.dumps(SAE)).err == ""
    (post,) = receiver.posts
    (alert,) = cli.json("alerts", "--trial", TRIAL)["alerts"]
    said = json.loads(post.body)
    (told,) = said["alerts"]
    assert (said["message"], said["to"], said["trial"]) == (alert["messages"][0], "CHEN", TRIAL)
    assert (told["id"], told["rule"], told["concerning"]) == (alert["id"], "SAE-REPORTED", ["S01/1"])
    assert told["due_at"] is None
    assert b"CANARY" not in post.body
    assert "陈伟" not in post.body.decode()
    assert post.path == "/alerts?from=vigilog"
    assert post.headers["Content-Type"] == "application/json"
    assert post.headers["X-Vigilog-Attempt"] == "1"
    signed = "sha256=" + hmac.digest(SECRET.encode(), post.body, sha256).hex()
    assert post.headers["X-Vigilog-Signature"] == signed
    assert any("204" in str(event) or event["topic"] == "message.sent.v1" for event in receipts(cli))


def test_without_a_secret_nothing_is_signed(tmp_path: Path, receiver: WebReceiver) -> None:
    cli = home(tmp_path, VIGILOG_WEBHOOK_URL=receiver.url)
    cli("do", "adverse_event.report", stdin=json.dumps(SAE))
    assert "X-Vigilog-Signature" not in receiver.posts[0].headers


@pytest.mark.parametrize(
    ("status", "permanent"), [(500, False), (503, False), (429, False), (404, True), (410, True), (302, False)]
)
def test_what_the_receiver_refuses_is_kept_as_its_code_and_tried_again(
    tmp_path: Path, receiver: WebReceiver, status: int, *, permanent: bool
) -> None:
    cli = home(tmp_path, VIGILOG_WEBHOOK_URL=receiver.url)
    receiver.status = status
    said = cli("do", "adverse_event.report", stdin=json.dumps(SAE)).err
    assert f"webhook did not take the message to CHEN: HTTP-{status}; it is tried again.\n" in said
    rules = {alert["rule"] for alert in cli.json("alerts", "--trial", TRIAL)["alerts"]}
    assert ("UNDELIVERABLE" in rules) is permanent
    receiver.status = 200
    cli("deliver")
    assert len([post for post in receiver.posts if b"SAE-REPORTED" in post.body]) == 1
    assert receipts(cli)[-1]["topic"] == "message.sent.v1"
    assert cli("deliver").out == "Messages delivered: 0.\n"


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://127.0.0.1:{port}/", "CONNECTIONREFUSEDERROR"),
        ("https://127.0.0.1:{receiver}/", "SSLERROR"),
        ("ftp://127.0.0.1/", "WEBHOOK-URL-UNUSABLE"),
        ("http://127.0.0.1:port/", "WEBHOOK-URL-UNUSABLE"),
        ("hook.hospital.org", "WEBHOOK-URL-UNUSABLE"),
    ],
    ids=["nobody listens", "no TLS", "another scheme", "no port", "a name alone"],
)
def test_a_receiver_that_cannot_be_reached_as_said_leaves_the_message_owed(
    tmp_path: Path, receiver: WebReceiver, url: str, error: str
) -> None:
    cli = home(tmp_path, VIGILOG_WEBHOOK_URL=url.format(port=free_port(), receiver=receiver.port))
    said = cli("do", "adverse_event.report", stdin=json.dumps(SAE)).err
    assert said == f"webhook did not take the message to CHEN: {error}; it is tried again.\n"
