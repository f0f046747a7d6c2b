"""Stores of any size: the demo season (模拟数据), and copies of it spread over the ten years before.

    python -m tests.bench.stores URL ALARMS

The season itself is the same in every size, so what it costs to read a day of it shows what the rest of the store costs.
Facts are copied by the database itself; what the season left open is closed (结案) in the copies, so that a day has the same open
alarms in every size. The letters that named them are added, one notice a city and day and a reminder of every tenth alarm, each
with one delivery.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from math import ceil
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, Engine, Table, func, select, text

from include.periods import midnight
from include.rules import SEASON_END, SEASON_START
from include.simulator.region import write_region
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.store import tables
from include.store.columns import Instant
from include.store.engine import open_engine, reading
from include.store.migrate import migrate

FACTS: Final = (tables.alarm, tables.feedback_event, tables.problem, tables.pull, tables.lingering_alarm)
_LEARNT: Final = {"alarm": "revised_at", "feedback_event": "event_at", "problem": "found_at"}
_COPIED_KEYS: Final = ("alarm_id", "problem_id")
_FIRST_DAYS, _SPREAD_DAYS = 365, 3285  # the copies begin between one and ten years before the season
_CLOSED_AFTER_DAYS: Final = 60  # since the push, of what the season left open, in the copies
_ROWS_A_COMMIT: Final = 100_000  # alarms
_READ_FROM: Final = date(2020, 1, 1)  # the ledger covers what the season's first figures look back on


def region_source(folder: Path, start: date = SEASON_START, end: date = SEASON_END) -> SourceConfig:
    """The demo region's files of alarms pushed in [start, end), written into `folder`, as a source."""
    write_region(start, end, folder)
    return SourceConfig("demo_region", "files", str(folder))


def make_store(engine: Engine, alarms: int, source: SourceConfig, until: date = SEASON_END) -> int:
    """Fills an empty database with at least `alarms` alarms, those of the season up to `until`; returns how many."""
    migrate(engine)
    now = datetime(2020, 7, 1, tzinfo=UTC)
    pull(engine, source, midnight(_READ_FROM), midnight(until), now=now)
    with _hurried(engine) as connection:
        for table, moment in _LEARNT.items():  # as if it had been pulled every day
            _run(connection, f"update {table} set received_at = {moment}")
        season = _count(connection)
        copies = max(0, ceil(alarms / season) - 1)
        for table in FACTS:
            _run(connection, f"create temporary table season_{table.name} as select * from {table.name}")
        for statement in _closing(connection.dialect.name):
            _run(connection, statement)
        indexes = [index for table in FACTS for index in table.indexes]
        for index in indexes:  # made again at the end, by sorting
            index.drop(connection)
        step = max(1, _ROWS_A_COMMIT // season)
        for first in range(1, copies + 1, step):
            last = min(first + step - 1, copies)
            for table in FACTS:
                _run(connection, _copy(table, connection.dialect.name), first=first, last=last, copies=copies)
            connection.commit()
        for index in indexes:
            index.create(connection)
        for statement in _letters(connection.dialect.name):
            _run(connection, statement, figures="{" + " " * 2000 + "}")
            connection.commit()
        made = _count(connection)
    if engine.dialect.name == "postgresql":  # what autovacuum does in time
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            _run(connection, "vacuum analyze")
    return made


def rows(engine: Engine) -> dict[str, int]:
    """Rows of the large tables."""
    large = (
        *(tables.alarm, tables.feedback_event, tables.problem),
        *(tables.lingering_alarm, tables.letter, tables.letter_alarm),
    )
    with reading(engine) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in large
        }


@contextmanager
def _hurried(engine: Engine) -> Iterator[Connection]:
    """A connection that does not wait for the disk: a store for measurements may be lost."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("set synchronous_commit = off")
            connection.exec_driver_sql(
                "set session_replication_role = replica"
            )  # no foreign keys are checked
        else:
            driver: Any = connection.connection.driver_connection
            driver.execute("pragma synchronous = off")
            driver.execute("pragma foreign_keys = off")
            driver.execute("pragma cache_size = -200000")
        yield connection
        connection.commit()
        connection.invalidate()  # its settings go with it


def _count(connection: Connection) -> int:
    counted = select(func.count()).select_from(tables.alarm).where(tables.alarm.c.revision == 1)
    return int(connection.execute(counted).scalar_one())


def _copy(table: Table, dialect: str) -> str:
    """Copies `first` to `last` of the season's rows, in the order of their keys."""
    columns = [column for column in table.c if column.autoincrement is not True and column.name != "pull_id"]
    names = ", ".join(column.name for column in columns)
    values = ", ".join(_copied(column, dialect) for column in columns)
    return (
        "with recursive copy (n) as (select cast(:first as integer) union all select n + 1 from copy where n < :last) "
        f"insert into {table.name} ({names}) select {values} from copy cross join season_{table.name} as s "
        f"order by n, {', '.join(column.name for column in table.primary_key if column.name != 'pull_id') or 's.start_at'}"
    )


def _copied(column: Column[Any], dialect: str) -> str:
    name = f"s.{column.name}"
    if column.name in _COPIED_KEYS:
        return f"{_padded('n', dialect)} || '-' || {name}"
    if not isinstance(column.type, Instant):
        return name
    return _shifted(name, "-", f"({_FIRST_DAYS} + n * {_SPREAD_DAYS} / :copies)", dialect)


def _shifted(name: str, sign: str, days: str, dialect: str) -> str:
    if dialect == "postgresql":
        return f"{name} {sign} {days} * interval '24 hours'"
    return f"date(substr({name}, 1, 10), '{sign}' || {days} || ' days') || substr({name}, 11)"


def _closing(dialect: str) -> list[str]:
    """Statements that close in the copied season what it left open: a step more, and since when the alarm is settled."""
    closed_at = _shifted("l.pushed_at", "+", str(_CLOSED_AFTER_DAYS), dialect)
    told = {"alarm_id": "l.alarm_id", "event": "'closed'", "event_at": closed_at, "received_at": closed_at}
    columns = [column.name for column in tables.feedback_event.c]
    own = ("unit", "inspector", "problem_found", "note", "inspected_at")
    values = (told.get(name) or ("null" if name in own else f"a.{name}") for name in columns)
    return [
        f"insert into season_feedback_event ({', '.join(columns)}) select {', '.join(values)} from season_lingering_alarm as l "
        "join season_alarm as a on a.alarm_id = l.alarm_id and a.revision = 1 where l.open_until_at is null",
        f"update season_lingering_alarm as l set open_until_at = {closed_at} where l.open_until_at is null",
    ]


def _padded(number: str, dialect: str) -> str:
    return (
        f"lpad(cast({number} as varchar), 5, '0')" if dialect == "postgresql" else f"printf('%05d', {number})"
    )


def _letters(dialect: str) -> list[str]:
    """Statements that write the letters of all alarms: notices of the next morning, reminders of the one after."""
    if dialect == "postgresql":
        day = "cast(pushed_at at time zone 'Asia/Shanghai' as date)"
        after = "day + {days}"
        morning = "(day + {days} + time '08:30') at time zone 'Asia/Shanghai'"
        midnight = "(day + {days} + time '00:00') at time zone 'Asia/Shanghai'"
    else:
        day = "date(substr(pushed_at, 1, 19), '+8 hours')"
        after = "date(day, '+{days} days')"
        morning = "date(day, '+{days} days') || 'T00:30:00.000000Z'"
        midnight = "date(day, '+{days} days', '-1 day') || 'T16:00:00.000000Z'"
    statements = [
        f"create temporary table pushed as select distinct alarm_id, unit_code, {day} as day, "
        "substr(alarm_id, length(alarm_id), 1) = '7' as is_urged from alarm",
        "analyze pushed",
    ]
    for kind, days, which in (("notice", 1, "1 = 1"), ("reminder", 2, "is_urged")):
        ends, at = after.format(days=days), morning.format(days=days)
        year = f"substr(cast({ends} as varchar), 1, 4)"
        statements += [
            "insert into letter (kind, addressee, unit_code, period_kind, period_start, period_end, start_at, end_at, "
            "as_of, revision, letter_key, "
            "state, state_reason, state_at, is_stuck, is_simulated, figures_json, subject, number, composed_at, released_at) "
            f"select '{kind}', unit_code, unit_code, 'day', {after.format(days=days - 1)}, {ends}, "
            f"{midnight.format(days=days - 1)}, {midnight.format(days=days)}, {at}, 1, "
            f"'{kind}_' || unit_code || '_day_' || {after.format(days=days - 1)} || '_' || {ends} || '_1', 'released', '', {at}, "
            f"false, true, :figures, '', '{kind}' || '〔' || {year} || '〕' || row_number() over (partition by {year} "
            f"order by {ends}, unit_code) || '号', {at}, {at} from (select distinct unit_code, day from pushed where {which}) as days",
            "insert into letter_alarm (letter_id, alarm_id, is_urged) "
            f"select l.letter_id, p.alarm_id, {str(kind == 'reminder').lower()} from pushed as p cross join letter as l "
            f"where l.unit_code = p.unit_code and l.period_end = {ends} and l.kind = '{kind}' and {which}",
        ]
    return [
        *statements,
        "insert into letter_number (series, year, seq, letter_id, number, allocated_at) select kind, cast(year as integer), "
        "row_number() over (partition by kind, year order by period_end, unit_code), letter_id, number, as_of from ("
        "select letter_id, kind, unit_code, period_end, number, as_of, substr(cast(period_end as varchar), 1, 4) as year "
        "from letter) as numbered",
        "insert into delivery (letter_id, copy_no, is_rehearsal, address, name, header, message_id, eml_sha256, state, "
        "state_reason, attempts, next_attempt_at, expires_at, updated_at) select letter_id, 1, false, "
        "addressee || '@bench.example', '', 'to', letter_key, '', 'sent', '', 1, as_of, as_of, as_of from letter",
        "insert into audit (at, actor, subject, subject_id, action, from_state, to_state, reason) "
        "select as_of, 'dag daily_dispatch', 'letter', letter_key, 'release', 'drafted', 'released', '' from letter",
        "insert into audit (at, actor, subject, subject_id, action, from_state, to_state, reason) "
        "select updated_at, 'post_round', 'delivery', cast(delivery_id as varchar(255)), 'settle', 'sending', 'sent', '' from delivery",
    ]


def _run(connection: Connection, statement: str, **parameters: Any) -> None:
    used = {name: value for name, value in parameters.items() if f":{name}" in statement}
    connection.execute(text(statement), used)


def main(arguments: list[str]) -> None:
    """Makes one store and prints what is in it."""
    engine = open_engine(arguments[0])
    with tempfile.TemporaryDirectory() as name:
        make_store(engine, int(arguments[1]), region_source(Path(name)))
    print(rows(engine))


if __name__ == "__main__":
    main(sys.argv[1:])
