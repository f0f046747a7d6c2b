"""What a monitor outside Airflow is told: each check alone, a store that is gone, and the measures."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, update

from include.__main__ import cli
from include.connections import read_registry
from include.house import SETTINGS_FILE, House, Opened, open_house
from include.office import health as module
from include.office.health import Finding, health
from include.office.mailroom.access import note_trouble
from include.office.measures import measures
from include.periods import MINUTE
from include.post.local_server import local_mailbox
from include.sources.config import SourceConfig
from include.store import tables
from include.store.engine import open_engine, writing
from include.store.rounds import POST_ROUND, mark_round
from include.workflows import daily_dispatch, post_round
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


def checked(house: House, now: datetime | None = None) -> dict[str, Finding]:
    """The findings by name, of an installation whose settings can all be used."""
    return {one.name: one for one in health(Opened(house, {}), now or run_of(house).now)}


def failed(house: House, now: datetime | None = None) -> set[str]:
    return {name for name, one in checked(house, now).items() if not one.is_ok}


def test_an_installation_that_works(house_with_mailbox: House) -> None:
    found = checked(house_with_mailbox)
    assert [one.name for one in found.values() if one.is_ok] == [
        "settings",
        "store",
        "post_round_age_seconds",
        "outbox_oldest_seconds",
        "windows_missing",
        "mailbox.demo_mailbox",
        "archive",
        "disk_free_share",
        "mail_server",
        "source.region",
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
    found = checked(replace(house, sources=(source,)))["certificate.plat"]
    assert not found.is_ok
    assert found.said.startswith("127.0.0.1:1: ")
    assert "connection plat" in found.said


def test_a_source_that_no_pull_could_begin_with_is_named(house: House, tmp_path: Path) -> None:
    gone = SourceConfig("gone", "files", str(tmp_path / "not_mounted"))
    unmapped = SourceConfig("unmapped", "database", "sqlite://", mapping="/etc/none.yaml")
    misspelt = SourceConfig("misspelt", "database", "postgressql://u:geheim@h/d")
    stations = SourceConfig("stations", "files", str(tmp_path), mapping="/etc/none.yaml")
    found = checked(replace(house, sources=(gone, unmapped, misspelt), station_sources=(stations,)))
    said = {name: one.said for name, one in found.items() if name.startswith("source.") and not one.is_ok}
    assert list(said) == ["source.gone", "source.unmapped", "source.misspelt", "source.stations"]
    assert "cannot be listed" in said["source.gone"]
    assert "/etc/none.yaml" in said["source.unmapped"]
    assert "no driver for this database" in said["source.misspelt"]
    assert "geheim" not in "".join(said.values())


def test_a_store_that_is_away_or_cannot_be_written_is_no_empty_one(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = checked(replace(house, engine=open_engine(f"sqlite:///{tmp_path / 'none.db'}")))["store"]
    assert "see that its disk is mounted" in away.said
    assert not (tmp_path / "none.db").exists()
    if house.engine.dialect.name == "sqlite":
        may = module.os.access
        monkeypatch.setattr(
            module.os, "access", lambda path, mode: Path(path).suffix != ".db" and may(path, mode)
        )
        closed = checked(house)["store"].said
        assert "give this account the right to write it" in closed


def test_a_variable_is_told_without_what_is_secret_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIANLIYAN_VAR", str(tmp_path))
    monkeypatch.setenv("AIRFLOW_VAR_MAP", '{"tiles": "https://u:T1LEpw@h/{z}.png"}')
    monkeypatch.setenv("AIRFLOW_VAR_OFFICE", '{"phone": "S3CRETpw", ')
    said = CliRunner().invoke(cli, ["health"]).output
    assert "FAILED settings.variable.map" in said
    assert "FAILED settings.variable.office" in said
    assert "T1LEpw" not in said
    assert "S3CRETpw" not in said


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
    (line,) = [line for line in text.splitlines() if "mail_server" in line]
    assert line.startswith("FAILED mail_server: 127.0.0.1:1")
    assert line.endswith("or correct connection mail_server")
    assert line.isascii()  # the office is Chinese, the engineer's output is in one language


BROKEN = {
    "AIRFLOW_VAR_MAP": '{"tiels": "x"}',
    "AIRFLOW_VAR_LEAST_COMPLETENESS": "nan",
    "AIRFLOW_VAR_SOURCES": "demo_region,box",
    "AIRFLOW_CONN_BOX": '{"conn_type": "imap", "login": "u", "password": "p", "extra": {"kind": "mail"}}',
    "AIRFLOW_VAR_CHANNELS": '{"groups": "chat"}',
    "AIRFLOW_CONN_CHAT": '{"conn_type": "http", "password": "key-12345", "extra": {"kind": "slack"}}',
    "AIRFLOW_CONN_IDLE": '{"conn_type": ',
}


def test_each_setting_that_cannot_be_used_is_one_line_and_every_other_check_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIANLIYAN_VAR", str(tmp_path))
    (tmp_path / "demo_region").mkdir()
    assert CliRunner().invoke(cli, ["migrate"]).exit_code == 0
    for name, value in BROKEN.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(cli, ["health"])
    assert done.exit_code == 1
    lines = {line[7:].partition(": ")[0]: line for line in done.output.splitlines()}
    assert [name for name in lines if name.startswith("settings")] == [
        "settings.connection.box",
        "settings.variable.least_completeness",
        "settings.variable.map",
        "settings.connection.chat",
        "settings.connection.idle",
    ]
    assert lines["settings.variable.map"] == (
        "FAILED settings.variable.map: variable map: unknown setting; expected settings of these names: tiles, attribution; "
        "got tiels; correct it where it is set: the environment or airflow_settings.yaml, which runs and the command line read, "
        "or the Airflow UI, which only runs read"
    )
    assert all("correct it" in line for name, line in lines.items() if name.startswith("settings"))
    assert {name for name, line in lines.items() if line.startswith("ok")} == {
        "store",
        "post_round_age_seconds",
        "outbox_oldest_seconds",
        "windows_missing",
        "archive",
        "disk_free_share",
        "source.demo_region",
    }
    told = json.loads(CliRunner().invoke(cli, ["health", "--json"]).output)
    assert list(told["checks"]) == list(lines)
    assert told["measures"]["windows_missing.day"] == 0


@pytest.mark.parametrize(
    ("name", "value", "unchecked"),
    [
        ("AIRFLOW_CONN_MAIL_SERVER", '{"conn_type": "smtp"}', {"mail_server"}),
        ("AIRFLOW_CONN_SUPERVISION_DB", '{"conn_type": "mysql"}', {"store"}),
        ("AIRFLOW_VAR_PROFILE", "nowhere", {"windows_missing"}),
        ("AIRFLOW_VAR_OFFICE", '{"number_words": ["a"], "operators": "a@b.example"}', set()),
    ],
)
def test_what_a_broken_setting_leaves_unchecked_fails_and_says_of_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, unchecked: set[str]
) -> None:
    monkeypatch.setenv("QIANLIYAN_VAR", str(tmp_path))
    (tmp_path / "demo_region").mkdir()
    assert CliRunner().invoke(cli, ["migrate"]).exit_code == 0
    monkeypatch.setenv(name, value)
    told = json.loads(CliRunner().invoke(cli, ["health", "--json"]).output)["checks"]
    told.pop("mail_server") if "mail_server" not in unchecked else None
    bad = {name: one["said"] for name, one in told.items() if not one["ok"]}
    (setting,) = [each for each in bad if each.startswith("settings.")]
    assert set(bad) == {setting, *unchecked}
    assert {bad[each] for each in unchecked} <= {bad[setting]}


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
    said = checked(house_with_mailbox)["mailbox.demo_mailbox"].said
    assert said.startswith(
        "imap 127.0.0.1:8143: never read, cannot be read since 2020-03-12 08:35:00 (Asia/Shanghai): 连接被拒绝; "
    )
    note_trouble(house_with_mailbox.engine, "demo_mailbox", "", now=now + MINUTE, actor="test")
    assert failed(house_with_mailbox) == set()
    note_trouble(house_with_mailbox.engine, "demo_mailbox", "连接被拒绝", now=now + 6 * MINUTE, actor="test")
    said = checked(house_with_mailbox)["mailbox.demo_mailbox"].said
    assert (
        "last read at 2020-03-12 08:36:00 (Asia/Shanghai), cannot be read since 2020-03-12 08:41:00" in said
    )


def test_a_mailbox_is_told_with_its_last_reading_and_missed_while_the_schedule_lives(
    house_with_mailbox: House,
) -> None:
    house, now, name = house_with_mailbox, run_of(house_with_mailbox).now, "mailbox.demo_mailbox"
    assert checked(house)[name].said == "imap 127.0.0.1:8143: never read"
    with writing(house.engine) as connection:
        mark_round(connection, POST_ROUND, now)
    assert checked(house, now + 30 * MINUTE)[name].is_ok
    late = checked(house, now + 31 * MINUTE)[name]
    assert (late.is_ok, "never read" in late.said, "DAG answer_round" in late.said) == (False, True, True)
    note_trouble(house.engine, "demo_mailbox", "", now=now + 5 * MINUTE, actor="test")
    read = checked(house, now + 31 * MINUTE)[name]
    assert (read.is_ok, read.said) == (
        True,
        "imap 127.0.0.1:8143: last read at 2020-03-12 08:40:00 (Asia/Shanghai)",
    )
    assert not checked(house, now + 36 * MINUTE)[name].is_ok


def test_rounds_of_the_post_that_stay_away(house: House) -> None:
    now = run_of(house).now
    post_round.account(house, now, "dag post_round")
    assert checked(house, now + 100 * MINUTE)["post_round_age_seconds"].value is None  # by hand
    post_round.account(house, now, "dag post_round", is_scheduled=True)
    assert checked(house, now + 45 * MINUTE)["post_round_age_seconds"].is_ok
    late = checked(house, now + 46 * MINUTE)["post_round_age_seconds"]
    assert (late.is_ok, late.value, "DAG post_round" in late.said) == (False, 2760, True)


def test_windows_that_never_began_are_told_with_day_dag_and_what_to_do(house: House) -> None:
    now = run_of(house).now  # Thursday 12 March 2020, 08:35
    with writing(house.engine) as connection:
        mark_round(connection, POST_ROUND, now + MINUTE)
    assert failed(house, now + 40 * MINUTE) == set()  # the morning's window was due before the schedule began
    found = checked(house, now + timedelta(days=5))["windows_missing"]
    assert found.value == 5
    day, weekend = found.said.split("; DAG ")
    assert day == (
        "DAG daily_dispatch accounted for no window day ending 2020-03-13, 2020-03-14, 2020-03-15 and 1 more "
        "(due since 2020-03-13 09:00:00 (Asia/Shanghai)): see in Airflow that it is on and not paused and at what its run failed, "
        "then trigger it with period_end 2020-03-13"
    )
    assert weekend.startswith("weekly_summary accounted for no window weekend ending 2020-03-15 (due")
