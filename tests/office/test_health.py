"""What a monitor outside Airflow is told: each check alone, a store that is gone, and the measures."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, update

from include.__main__ import cli
from include.connections import read_registry
from include.house import SETTINGS_FILE, House, open_house
from include.office import health as module
from include.office.health import health
from include.office.mailroom.access import note_trouble
from include.office.measures import measures
from include.post.mailbox import local_mailbox
from include.sources.config import SourceConfig
from include.store import tables
from include.store.engine import open_engine, writing
from include.workflows import daily_dispatch
from tests.workflows.region import open_region, run_of


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Iterator[House]:
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        house = open_region(engine, tmp_path / "var", mailbox)
        house.archive.root.mkdir(parents=True)
        yield house


@pytest.fixture
def house_with_mailbox(house: House) -> House:
    """The same with the office's mailbox, which nobody reads in these tests."""
    return replace(house, mailboxes=open_house(read_registry(SETTINGS_FILE, {}), house.var).mailboxes)


def failed(house: House, now=None) -> set[str]:
    return {one.name for one in health(house, now or run_of(house).now) if not one.is_ok}


def test_an_installation_that_works(house_with_mailbox: House) -> None:
    found = health(house_with_mailbox, run_of(house_with_mailbox).now)
    assert [one.name for one in found if one.is_ok] == [
        "store",
        "outbox_oldest_seconds",
        "windows_missing",
        "mailbox.demo_mailbox",
        "archive",
        "disk_free_share",
        "mail_server",
    ]


def test_what_is_broken_is_named_and_stops_no_other_check(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.archive.root.rmdir()
    full = type("Usage", (), {"free": 1 << 20, "total": 1 << 40, "used": 0})
    monkeypatch.setattr(module.shutil, "disk_usage", lambda path: full)
    away = replace(house, mail_server=replace(house.mail_server, port=1))
    assert failed(away) == {"archive", "disk_free_share", "mail_server"}
    lost = replace(away, engine=open_engine(f"sqlite:///{tmp_path / 'none.db'}"))
    assert failed(lost) == {"store", "archive", "disk_free_share", "mail_server"}


def test_a_platform_that_does_not_answer_is_named_with_its_port_and_connection(house: House) -> None:
    source = SourceConfig("plat", "platform", "https://127.0.0.1:1")
    found = health(replace(house, sources=(source,)), run_of(house).now)[-1]
    assert (found.name, found.is_ok) == ("certificate.plat", False)
    assert found.said.startswith("127.0.0.1:1: ")
    assert "connection plat" in found.said


def test_mail_that_waits_too_long(house: House) -> None:
    run = run_of(house)
    daily_dispatch.pull(run)
    daily_dispatch.compose(run, daily_dispatch.figures(run))
    daily_dispatch.release(run)
    assert failed(house, run.now + timedelta(minutes=50)) == set()
    assert failed(house, run.now + timedelta(minutes=70)) == {"outbox_oldest_seconds"}
    with writing(house.engine) as connection:
        connection.execute(update(tables.delivery).values(state="sent"))
    assert failed(house, run.now + timedelta(minutes=70)) == set()


def test_measures_are_numbers_under_stable_names(house: House) -> None:
    run = run_of(house)
    daily_dispatch.pull(run)
    daily_dispatch.compose(run, daily_dispatch.figures(run))
    daily_dispatch.release(run)
    found = measures(house, run.now + timedelta(minutes=10))
    assert found["letters_1d.notice.released"] == 2
    assert found["letters_1d.reminder.released"] == 1
    assert found["letters_1d.bulletin.released"] == 0
    assert found["outbox_oldest_seconds"] == 600
    assert found["waiting.withheld"] == 1
    assert found["windows_missing.day"] == 0
    assert found["pulled_rows_1d.region"] > 5
    assert found["pull_age_seconds.region"] == 600
    assert all(isinstance(value, float) for value in found.values())


def test_the_verb_ends_with_1_and_says_what_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIANLIYAN_VAR", str(tmp_path))
    monkeypatch.setenv("AIRFLOW_CONN_MAIL_SERVER", json.dumps(UNREACHABLE))
    assert CliRunner().invoke(cli, ["migrate"]).exit_code == 0
    done = CliRunner().invoke(cli, ["health", "--json"])
    assert done.exit_code == 1
    told = json.loads(done.output)
    assert (told["ok"], told["checks"]["store"]["ok"], told["checks"]["mail_server"]["ok"]) == (
        False,
        True,
        False,
    )
    assert told["measures"]["windows_missing.hour"] == 0
    text = CliRunner().invoke(cli, ["health"]).output
    assert "FAILED mail_server: 127.0.0.1:1" in text


UNREACHABLE = {
    "conn_type": "smtp",
    "host": "127.0.0.1",
    "port": 1,
    "extra": {"security": "none", "sender": "dudu@supervision.example", "sender_name": "test"},
}


def test_a_mailbox_that_cannot_be_read_or_is_not_the_one_that_letters_name(house_with_mailbox: House) -> None:
    other = replace(
        house_with_mailbox,
        issuer=replace(house_with_mailbox.issuer, reply_to="elsewhere@supervision.example"),
    )
    assert failed(other) == {"mailbox.demo_mailbox"}
    now = run_of(house_with_mailbox).now
    note_trouble(house_with_mailbox.engine, "demo_mailbox", "连接被拒绝", now=now, actor="test")
    assert failed(house_with_mailbox) == {"mailbox.demo_mailbox"}
    note_trouble(house_with_mailbox.engine, "demo_mailbox", "", now=now, actor="test")
    assert failed(house_with_mailbox) == set()
