"""A test from the browser really goes out by the channel's own code, to one's own address, and no secret is ever shown."""

import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from notifications.outward import outward_of, place_of
from safety.home import Home
from safety.web.access import AccessLog
from safety.web.door import door
from tests.builders import append, composed, failed, sent
from tests.mail_server import MailServer
from tests.web_homes import Homes, signed_in, token, with_a_trial, with_people
from tests.web_homes import sent as posted
from tests.web_receiver import WebReceiver

MINE = "oper@hospital.example"
SECRET, PASSWORD = "s3cret-of-the-webhook", "pa55word-of-the-server"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


@pytest.fixture
def receiver() -> Iterator[WebReceiver]:
    with WebReceiver().running() as found:
        yield found


def reaching(homes: Homes, **settings: str) -> Home:
    """A home with channels, and OPER who has an address."""
    home = with_people(with_a_trial(homes.open()), OPER={"roles": ["operator"]}, OTHER={"roles": ["operator"]})
    home.settings = home.settings.model_copy(update=settings)
    person = home.directory.find("OPER")
    assert person is not None
    home.directory.put(person._replace(email=MINE))
    return home


def browsing(home: Home, account: str = "OPER") -> TestClient:
    """A browser at a desk that was started with its channels."""
    cookies = signed_in(home, account).cookies
    return TestClient(door(home, outward=outward_of(home)), base_url="http://localhost", cookies=cookies)


def noted(home: Home) -> list[str | None]:
    return [entry.thing for entry in AccessLog(home).entries(50) if entry.kind == "channel_tested"]


def test_a_mail_is_really_sent_to_ones_own_address(homes: Homes, mail: MailServer) -> None:
    home = reaching(homes, smtp_url=mail.url)
    browser = browsing(home)
    before = home.journal.head()
    page = posted(browser, "/admin/channels/smtp/test", page="/admin/channels")
    assert page.status_code == 200
    assert f"The server took the mail to {MINE} (code 250)" in page.text
    (taken,) = mail.mails
    assert (taken["To"], taken["Subject"]) == (MINE, "[Vigilog] Test of the channel smtp")
    assert "OPER asked for this test" in taken.get_content()
    assert noted(home) == ["smtp: 250"]
    assert home.journal.head() == before
    assert "sent a test over a channel" in browser.get("/admin/access").text


def test_a_test_of_who_reads_chinese_is_in_chinese(homes: Homes, mail: MailServer) -> None:
    home = reaching(homes, smtp_url=mail.url)
    person = home.directory.find("OPER")
    assert person is not None
    home.directory.put(person._replace(language="zh"))
    assert outward_of(home).test("smtp", "OPER", MINE).error is None
    (taken,) = mail.mails
    assert taken["Subject"] == "[Vigilog] 渠道 smtp 测试"
    assert taken.get_content().startswith("OPER 发起了渠道 smtp 的测试。")
    assert taken.as_bytes().isascii()


@pytest.mark.parametrize(
    ("answer", "says"),
    [("550 no such user", "relay to it (SMTP-550)"), ("451 later", "Refused: SMTP-451")],
)
def test_a_refusal_is_told_with_its_code_and_never_with_the_servers_words(
    homes: Homes, mail: MailServer, answer: str, says: str
) -> None:
    mail.rcpt = answer
    home = reaching(homes, smtp_url=mail.url)
    page = posted(browsing(home), "/admin/channels/smtp/test", page="/admin/channels").text
    assert says in page
    assert answer not in page
    assert mail.mails == []
    assert noted(home)[0] in {"smtp: SMTP-550", "smtp: SMTP-451"}


def test_nothing_answers_where_no_server_is(homes: Homes) -> None:
    home = reaching(homes, smtp_url="smtp://127.0.0.1:1")
    page = posted(browsing(home), "/admin/channels/smtp/test", page="/admin/channels").text
    assert "nothing answers at that host and port (CONNECTIONREFUSEDERROR)" in page


def test_who_has_no_address_is_told_to_write_one_down(homes: Homes, mail: MailServer) -> None:
    home = reaching(homes, smtp_url=mail.url)
    page = posted(browsing(home, "OTHER"), "/admin/channels/smtp/test", page="/admin/channels")
    assert (page.status_code, "no e-mail address of yours" in page.text) == (422, True)
    assert mail.mails == []
    assert noted(home) == []


def test_the_webhook_is_tested_with_its_signature_and_shown_without_its_secrets(
    homes: Homes, receiver: WebReceiver
) -> None:
    home = reaching(
        homes,
        webhook_url=receiver.url.replace("http://", f"http://robot:{PASSWORD}@"),
        webhook_secret=SECRET,
        smtp_url=f"smtp://robot:{PASSWORD}@mail.hospital.example:2525",
    )
    browser = browsing(home)
    page = browser.get("/admin/channels").text
    assert "mail.hospital.example:2525" in page
    assert f"127.0.0.1:{receiver.port}" in page
    page += posted(browser, "/admin/channels/webhook/test", page="/admin/channels").text
    assert "The receiver took it (code 204)" in page
    (post,) = receiver.posts
    assert json.loads(post.body)["test"] == "webhook"
    assert post.headers["X-Vigilog-Signature"].startswith("sha256=")
    assert SECRET not in page
    assert PASSWORD not in page
    assert "from=vigilog" not in page
    receiver.status = 500
    assert "Refused: HTTP-500" in posted(browser, "/admin/channels/webhook/test", page="/admin/channels").text


def test_the_mail_folder_is_always_there_and_can_be_tested(homes: Homes) -> None:
    home = reaching(homes)
    browser = browsing(home)
    page = browser.get("/admin/channels").text
    assert "Messages lie in the mail folder of this machine only" in page
    assert "Name it in VIGILOG_SMTP_URL" in page
    assert "The mail lies in the folder" in posted(browser, "/admin/channels/maildir/test").text
    (lies,) = (home.settings.home / "mail" / "new").iterdir()
    assert b"Test of the channel maildir" in lies.read_bytes()
    assert posted(browser, "/admin/channels/smtp/test").status_code == 404
    assert posted(browser, "/admin/channels/pigeon/test").status_code == 404


def test_the_last_receipt_of_each_channel_stands_beside_it(homes: Homes) -> None:
    home = reaching(homes, smtp_url="smtp://127.0.0.1:1")
    append(home.journal, composed(to="CHEN"), sent(), failed(error="SMTP-451"))
    page = browsing(home).get("/admin/channels").text
    assert "taken" in page
    assert "SMTP-451" in page
    assert "1 message is tried again" in page
    assert "Channels whose last message was not taken: smtp" in browsing(home).get("/admin").text


def test_a_demonstration_says_so_in_its_test(homes: Homes) -> None:
    home = with_people(homes.open("demo"), OPER={"roles": ["operator"]})
    outward_of(home).test("maildir", "OPER", None)
    (lies,) = (home.settings.home / "mail" / "new").iterdir()
    assert b"*** DEMO ***" in lies.read_bytes()


def test_a_desk_without_channels_says_so(homes: Homes) -> None:
    home = reaching(homes)
    browser = signed_in(home, "OPER")
    assert "started without channels" in browser.get("/admin/channels").text
    assert posted(browser, "/admin/channels/maildir/test").status_code == 404
    assert token(browser.get("/admin/channels"))


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (None, ""),
        ("smtps://u:p@h.example", "h.example:465"),
        ("https://h.example/secret/path?token=1", "h.example:443"),
        ("nonsense", "?"),
        ("smtp://h:port", "?"),
    ],
)
def test_a_place_is_host_and_port_alone(url: str | None, place: str) -> None:
    assert place_of(url) == place
