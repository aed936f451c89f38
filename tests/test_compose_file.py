"""The services that docker-compose.yml starts are commands of the program, under names that its settings have, from files that are sent."""

import json
import re
from pathlib import Path

import pytest
from typer.main import get_command

from notifications.main import app
from safety.settings import Settings

ROOT = Path(__file__).parents[1]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
SENT = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}


def test_each_service_is_a_command_that_the_program_has() -> None:
    commands = [json.loads(found) for found in re.findall(r"^    command: (\[.*\])$", COMPOSE, re.MULTILINE)]
    ours = [words for words in commands if not words[0].startswith("--")]
    assert [words[0] for words in ours] == ["serve", "work", "work", "work"]
    program = get_command(app)
    for name, *said in ours:
        command = program.get_command(None, name)  # type: ignore[attr-defined]  # of a group, which needs no context here
        assert command.make_context(name, list(said), resilient_parsing=False).params, (name, said)
    assert {words[2] for words in ours[1:]} == {"dispatcher", "worker", "ticks"}


def test_each_setting_is_one_of_the_programs_own_and_no_password_is_known_beforehand() -> None:
    names = set(re.findall(r"^    (VIGILOG_\w+):", COMPOSE, re.MULTILINE))
    assert len(names) == 5
    assert {name.removeprefix("VIGILOG_").lower() for name in names} <= set(Settings.model_fields)
    asked_for = set(re.findall(r"\$\{(\w+)(:.)", COMPOSE))
    stands_before = {("VIGILOG_PUBLIC_URL", ":-"), ("VIGILOG_TRUSTED_PROXIES", ":-")}
    assert asked_for == {("VIGILOG_DATABASE_PASSWORD", ":?")} | stands_before


def test_no_proxy_is_believed_until_somebody_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    (unsaid,) = re.findall(r"VIGILOG_TRUSTED_PROXIES:-(.*)\}", COMPOSE)
    monkeypatch.setenv("VIGILOG_TRUSTED_PROXIES", unsaid)
    assert Settings().trusted_proxies == ""


def test_without_a_word_links_lead_to_the_port_that_is_published_on_this_machine() -> None:
    (stated,) = re.findall(r"VIGILOG_PUBLIC_URL:-(\S+)\}", COMPOSE)
    (published,) = re.findall(r'^      - "127\.0\.0\.1:(\d+):\d+"$', COMPOSE, re.MULTILINE)
    assert stated == f"http://localhost:{published}"


def test_what_the_image_is_made_of_is_sent_to_whoever_makes_it() -> None:
    sources = re.findall(r"^ +COPY (\w+) ", COMPOSE, re.MULTILINE)
    installed = re.findall(r"-r (\w+)/\w+\.txt", COMPOSE)
    assert {*sources, *installed} <= SENT
    assert {"safety", "notifications", "pyproject.toml", "LICENSE"} <= SENT
    assert all((ROOT / name).exists() for name in SENT)
