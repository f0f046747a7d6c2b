"""A store of the revision before windows of instants is carried over whole, on both databases."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, text

from include.errors import InputError
from include.former_names import present
from include.periods import period_ending
from include.post import numbers
from include.post.drafts import find, find_by_key
from include.store import migrate as module
from include.store.engine import open_engine, reading, remaking, writing
from include.store.migrate import migrate
from include.supervision.figures import FeedbackCounts, ListedAlarm, OverdueRow, from_json

KEY = "reminder_140300_day_2020-03-12_2020-03-13_1"
BULLETIN = "bulletin_140300_half_month_2020-03-01_2020-03-16_1"
TABLES = ("letter_alarm", "letter_file", "letter_number", "delivery", "audit")
LETTER = (
    "insert into letter (letter_id, kind, addressee, city_code, period_kind, period_start, period_end, as_of, revision, letter_key, "
    "state, state_reason, state_at, is_stuck, is_simulated, figures_json, subject, number, message_id, composed_at, released_at) "
    "values (:letter_id, :kind, '140300', '140300', :window, :start, :end, :at, 1, :key, "
    "'released', '', :at, false, true, :figures, 'subject', :number, :message_id, :at, :at)"
)
FIGURES = (
    '{"period":{"start":"2020-03-12","end":"2020-03-13","kind":"day","as_of":"2020-03-13T08:30:00+08:00"}}'
)


@pytest.fixture(params=["sqlite", "postgresql"])
def old_store(request: pytest.FixtureRequest, tmp_path) -> Iterator[Engine]:
    """A store at revision 0005 with two letters that left, and all that belongs to them."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path / 'old.db'}")
    else:
        server = open_engine(request.getfixturevalue("postgresql_url"))
        name = f"old_{uuid4().hex}"
        with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"create database {name}"))
        engine = open_engine(server.url.set(database=name).render_as_string(hide_password=False))
        server.dispose()
    at = "2020-03-13T00:30:00.000000Z"
    config = module._config()
    with writing(engine, lock="migrate") as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        run = _runner(connection)
        run("insert into city values ('140300', '阳泉市', '140000', '山西省')")
        for letter_id, kind, window, start, end, key in (
            (1, "reminder", "day", "2020-03-12", "2020-03-13", KEY),
            (2, "bulletin", "half_month", "2020-03-01", "2020-03-16", BULLETIN),
        ):
            run(
                LETTER,
                letter_id=letter_id,
                kind=kind,
                window=window,
                start=date.fromisoformat(start) if engine.dialect.name == "postgresql" else start,
                end=date.fromisoformat(end) if engine.dialect.name == "postgresql" else end,
                at=at,
                key=key,
                figures=FIGURES,
                number=f"环督〔2020〕{letter_id}号",
                message_id=f"<{key}.1@mee.example>",
            )
            run("insert into letter_alarm values (:id, 'A1', true)", id=letter_id)
            run(
                "insert into letter_file values (:id, 'pdf', 'f.pdf', 'f.pdf', 'application/pdf', 'abc', 3)",
                id=letter_id,
            )
            run(
                "insert into letter_number values (:kind, 2020, 1, :id, :number, :at, null)",
                kind=kind,
                id=letter_id,
                number=f"环督〔2020〕{letter_id}号",
                at=at,
            )
            run(
                "insert into delivery (delivery_id, letter_id, copy_no, is_rehearsal, address, name, header, message_id, eml_sha256, state, "
                "state_reason, attempts, next_attempt_at, expires_at, updated_at) values (:id, :id, 1, false, 'to@city.example', '', 'to', "
                ":message_id, 'abc', 'sent', '', 1, :at, :at, :at)",
                id=letter_id,
                message_id=f"<{key}.1@mee.example>",
                at=at,
            )
        run(
            "insert into audit values (1, :at, 'run', 'letter', :key, 'release', 'drafted', 'released', 'r')",
            at=at,
            key=KEY,
        )
    yield engine
    engine.dispose()


def _runner(connection: Connection):
    return lambda statement, **values: connection.execute(text(statement), values)


def rows(engine: Engine, table: str) -> list[tuple]:
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(text(f"select * from {table} order by 1, 2"))]


def test_letters_numbers_and_deliveries_are_carried_over(old_store: Engine) -> None:
    before = {table: rows(old_store, table) for table in TABLES}
    with reading(old_store) as connection:
        letters = connection.execute(text("select * from letter order by letter_id")).mappings().all()
    migrate(old_store)
    after = {table: rows(old_store, table) for table in TABLES}  # later versions add columns at the end
    widths = {table: len(told[0]) for table, told in before.items() if told}
    assert {table: [row[: widths.get(table)] for row in told] for table, told in after.items()} == before
    assert len(before["delivery"]) == len(before["letter_file"]) == 2
    with reading(old_store) as connection:
        again = connection.execute(text("select * from letter order by letter_id")).mappings().all()
        told_then = [{name: row[present(name)] for name in letters[0]} for row in again]
        assert told_then == [dict(row) for row in letters]
        told = find(connection, 1)
        assert numbers.gaps(connection) == []
        bulletin = find_by_key(connection, BULLETIN)
    day = period_ending("day", date(2020, 3, 13))
    assert (told.period, told.letter_key) == (day, KEY)
    assert told.period.letter_key("reminder", "140300") == KEY
    assert told.message_id == f"<{KEY}.1@mee.example>"
    assert bulletin is not None
    assert (bulletin.period.start_at, bulletin.period.end_at) == (
        datetime(2020, 2, 29, 16, tzinfo=UTC),
        datetime(2020, 3, 15, 16, tzinfo=UTC),
    )


def test_a_carried_over_store_keeps_its_rules(old_store: Engine) -> None:
    """Letters still go with what belongs to them, one window has one letter, open letters have their index."""
    migrate(old_store)
    broken = (sqlite3.IntegrityError, Exception)
    with pytest.raises(broken, match=r"(?i)unique"), writing(old_store) as connection:
        connection.execute(
            text(
                "insert into letter select 9, kind, addressee, unit_code, period_kind, period_start, period_end, as_of, revision, 'other', "
                "state, state_reason, state_at, is_stuck, held_by, is_simulated, figures_json, subject, null, issued_on, message_id, "
                "composed_at, released_at, run_id, start_at, end_at from letter where letter_id = 1"
            )
        )
    with pytest.raises(broken, match=r"(?i)check"), writing(old_store) as connection:
        connection.execute(text("update letter set state = 'nowhere' where letter_id = 1"))
    with pytest.raises(broken, match=r"(?i)foreign key"), writing(old_store) as connection:
        connection.execute(text("delete from letter where letter_id = 1"))
    with writing(old_store) as connection:
        connection.execute(text("update letter set kind = 'later_kind' where letter_id = 1"))
    with reading(old_store) as connection:
        indexes = {
            str(row[0]): str(row[1])
            for row in connection.execute(
                text(
                    "select name, sql from sqlite_master where type = 'index' and tbl_name = 'letter'"
                    if old_store.dialect.name == "sqlite"
                    else "select indexname, indexdef from pg_indexes where tablename = 'letter'"
                )
            )
        }
    assert "where" in indexes["ix_letter_open"].lower()
    assert {"ix_letter_period_end_kind", "ix_letter_unit_code_kind_period_end"} <= set(indexes)


def test_frozen_figures_of_a_carried_over_letter_load() -> None:
    alarm = OverdueRow("A1", "G1", "郊区", "点位", *[datetime(2020, 3, 11, tzinfo=UTC)] * 2, 1.0)
    assert alarm.alarm_id == "A1"
    assert FeedbackCounts().pushed == 0
    assert (
        from_json(
            ListedAlarm,
            '{"city_code":"1","city_name":"2","urged":1,"alarm":{"alarm_id":"A1","grid_id":"G1","county":"郊区","point_name":"点位","pushed_at":"2020-03-11T00:00:00Z","deadline_at":"2020-03-11T00:00:00Z","overdue_hours":1.0}}',
        ).alarm
        == alarm
    )


def test_a_change_of_tables_that_leaves_rows_without_their_letter_is_taken_back(tmp_path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'store.db'}")
    migrate(engine)
    with (
        pytest.raises(InputError, match="rows refer to rows that are not there"),
        remaking(engine, "x") as connection,
    ):
        connection.execute(text("insert into letter_alarm values (7, 'A1', true)"))
    with reading(engine) as connection:
        assert connection.execute(text("select count(*) from letter_alarm")).scalar_one() == 0
        assert connection.exec_driver_sql("pragma foreign_keys").scalar_one() == 1
    engine.dispose()


def test_a_store_goes_back_to_the_revision_before_while_it_may(old_store: Engine) -> None:
    before = {table: rows(old_store, table) for table in TABLES}
    migrate(old_store)
    config = module._config()
    with remaking(old_store, lock="migrate") as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0005")
    assert {table: rows(old_store, table) for table in TABLES} == before
    migrate(old_store)
    with writing(old_store) as connection:
        connection.execute(text("update letter set kind = 'alarm' where letter_id = 1"))
    with remaking(old_store, lock="migrate") as connection:
        config.attributes["connection"] = connection
        with pytest.raises(RuntimeError, match="windows or kinds that the revision before does not know"):
            command.downgrade(config, "0005")
