"""The directory of people: written down, changed, and read also where it was begun before anybody was asked for a language."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from safety.directory import Directory, Person
from safety.home import dialect_url
from tests.command_line import TRIAL, CommandLine, with_trial

CHEN = Person("CHEN", "陈伟", "chen@hospital.org", ("safety_officer",), (TRIAL,))
BEFORE = (
    "CREATE TABLE person (account TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, email TEXT, roles TEXT NOT NULL, trials TEXT NOT NULL)",
    f"INSERT INTO person VALUES ('CHEN', '陈伟', 'chen@hospital.org', 'safety_officer', '{TRIAL}')",
)
"""A directory as it was begun before."""
ADD = ("account", "add", "CHEN", "--role", "safety_officer", "--trial", TRIAL, "--name", "陈伟")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'directory.db'}"
    return dialect_url(str(request.getfixturevalue("fresh_postgres_url")))


@pytest.fixture
def older(url: str) -> Iterator[sa.Engine]:
    """A directory that was begun, and written, by a program that knew no languages."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in BEFORE:
            connection.exec_driver_sql(statement)
    yield engine
    engine.dispose()


def test_one_that_was_begun_before_there_were_languages_goes_on(older: sa.Engine, url: str) -> None:
    with closing(Directory(url)) as directory:
        assert directory.people() == [CHEN]
        assert directory.find("CHEN") == CHEN
        assert directory.language("CHEN") == "en"
        directory.put(CHEN._replace(language="zh"))
    with closing(Directory(url)) as directory:
        assert directory.people() == directory.holders("safety_officer", TRIAL) == [CHEN._replace(language="zh")]
        directory.put(CHEN._replace(language="en"))
        assert directory.people() == [CHEN]
    with older.begin() as connection:
        held = connection.exec_driver_sql("SELECT * FROM person").one()
    assert tuple(held) == (*CHEN[:3], "safety_officer", TRIAL), "the program from before goes on with it too"


def test_a_language_that_only_a_later_program_speaks_is_read_as_english(older: sa.Engine, url: str) -> None:
    with closing(Directory(url)) as directory, older.begin() as connection:
        connection.exec_driver_sql("INSERT INTO preferred_language VALUES ('CHEN', 'tlh')")
        assert directory.language("NOBODY") == "en"
    with closing(Directory(url)) as directory:
        assert directory.find("CHEN") == CHEN


def test_a_person_with_a_language_that_there_is_not_is_not_written_down() -> None:
    wrong = CHEN._replace(language="fr")  # type: ignore[arg-type]  # what a door might hand on
    assert wrong.fault() == "the language must be one of: en, zh"
    assert CHEN._replace(language="zh").fault() is None


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    return with_trial(tmp_path)


def listed(cli: CommandLine) -> dict[str, str]:
    return {one["account"]: one["language"] for one in cli.json("account", "list")["accounts"]}


def test_the_language_is_said_with_the_name_and_stays_until_another_is_said(cli: CommandLine) -> None:
    cli(*ADD, "--language", "zh")
    assert listed(cli) == {"OPERATOR": None, "CHEN": "zh"}
    cli(*ADD, "--email", "chen@hospital.org")
    assert listed(cli)["CHEN"] == "zh"
    assert "chen@hospital.org, mails in zh" in " ".join(cli("account", "list").out.split())
    head = cli.head
    cli(*ADD, "--language", "en")
    assert (listed(cli)["CHEN"], cli.head) == ("en", head)
    cli("account", "add", "XU", "--role", "auditor", "--name", "Xu")
    assert listed(cli)["XU"] == "en"


def test_another_language_is_refused_in_one_sentence_and_nobody_is_let_in(cli: CommandLine) -> None:
    head = cli.head
    assert cli.refused(*ADD, "--language", "fr") == (2, "the language must be one of: en, zh")
    assert cli.head == head
    assert "CHEN" not in listed(cli)
