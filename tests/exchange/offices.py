"""Two offices in one process, the ministry and a city, and a link between them that fails as networks do."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, select

from include.bounded_http import Answer, Lost, NotSent
from include.exchange.site import Exchange, Turnstile
from include.exchange.tokens import make_token
from include.exchange.upward import UpwardRound, report_upward
from include.house import House
from include.periods import DAY, midnight, office_date
from include.profile.current import load, using
from include.profile.values import Profile
from include.sources.config import SourceConfig
from include.sources.kinds import platform
from include.sources.ledger import ensure_covered
from include.sources.own_facts import tell_problem, tell_step
from include.store import tables
from include.store.engine import open_engine, reading, writing
from include.store.facts import alarm_states, problems_found
from include.store.migrate import migrate
from include.supervision.feedback import judge
from tests.desk.facts import house_of

START = datetime.fromisoformat("2020-03-10T08:00+08:00")
CITY = "370100"
COUNTY = "历下区"


@dataclass
class Clock:
    """Each office has its own; both move together."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, span: timedelta) -> None:
        self.now += span


@dataclass
class Office:
    """One office: its profile, store and clock, `ahead` of the true time."""

    profile: Profile
    house: House
    true: Clock
    ahead: timedelta = timedelta(0)

    def clock(self) -> datetime:
        return self.true() + self.ahead

    @property
    def engine(self) -> Engine:
        return self.house.engine


def office_of(
    profile: Profile,
    folder: Path,
    true: Clock,
    ahead: timedelta = timedelta(0),
    engine: Engine | None = None,
) -> Office:
    """`engine`: a store that is there already; else one of SQLite in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with using(profile):
        if engine is not None:
            return Office(profile, house_of(engine, folder), true, ahead)
        shutil.copy(migrated(profile.name), folder / "supervision.db")
        engine = open_engine(f"sqlite:///{folder / 'supervision.db'}")
        return Office(profile, house_of(engine, folder), true, ahead)


@cache
def migrated(name: str) -> Path:
    """An empty store of a profile, made once a process."""
    path = Path(tempfile.mkdtemp()) / "supervision.db"
    with using(load(name)):
        engine = open_engine(f"sqlite:///{path}")
        migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    engine.dispose()
    return path


def city_profile(reports: str = "auto") -> Profile:
    return replace(load("jinan"), reports_upward=reports)


@dataclass
class Link(httpx.BaseTransport):
    """The way from the city to the ministry. `faults`: shares of requests that find it down, lose the answer, come twice or come
    again later; `is_down`: cut."""

    upper: Office
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    faults: dict[str, float] = field(default_factory=dict)
    is_down: bool = False
    past: list[httpx.Request] = field(default_factory=list)
    answered: list[tuple[str, str, int]] = field(default_factory=list)
    exchange: Exchange | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_down or self._strikes("down"):
            raise httpx.ConnectError("no route", request=request)
        if self.past and self._strikes("late"):
            self._served(self.chance.choice(self.past))
        answer = self._served(request)
        if request.method == "POST":
            self.past.append(request)
        if self._strikes("twice"):
            answer = self._served(request)
        if self._strikes("lost"):
            raise httpx.ReadError("reset", request=request)
        return answer

    def ask(self, request: httpx.Request) -> Answer:
        try:
            answer = self.handle_request(request)
        except httpx.ConnectError as error:
            raise NotSent(str(error)) from None
        except httpx.ReadError as error:
            raise Lost(str(error)) from None
        return Answer(answer.status_code, answer.headers, answer.read())

    def _served(self, request: httpx.Request) -> httpx.Response:
        with using(self.upper.profile):
            exchange = Exchange(self.upper.house, self.upper.clock, Turnstile(1 << 30), Turnstile(1 << 30))
            told = exchange.answer(
                request.method,
                request.url.path,
                dict(request.url.params),
                {name.lower(): value for name, value in request.headers.items()},
                request.content if request.method == "POST" else b"",
            )
        self.answered.append((request.method, request.url.path, told.status))
        content = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
        headers = {"content-type": "application/json", **told.headers}
        return httpx.Response(told.status, stream=httpx.ByteStream(content), headers=headers)

    def _strikes(self, fault: str) -> bool:
        return self.chance.random() < self.faults.get(fault, 0.0)


@dataclass
class Pair:
    """The ministry, the city and the link; the city's source `ministry` is the office above."""

    upper: Office
    lower: Office
    link: Link
    source: SourceConfig

    def pull(self) -> None:
        """What two rounds do: the alarms and decisions of the office above. The first may be what it notices its changes by."""
        for _ in range(2):
            now = self.lower.clock()
            with using(self.lower.profile), patched(self.link):
                ensure_covered(self.lower.engine, [self.source], START - DAY, now, now=now)
            self.upper.true.pass_time(timedelta(minutes=1))

    def report(self) -> UpwardRound:
        with using(self.lower.profile):
            house = replace(self.lower.house, sources=(self.source,))
            return report_upward(
                house, self.source, now=self.lower.clock(), actor="round", asking=self.link.ask
            )


@contextmanager
def patched(link: Link) -> Iterator[None]:
    """Pulls go over the link."""
    before = platform.client

    def client(url: httpx.URL, headers: dict[str, str], *_: Any) -> httpx.Client:
        return httpx.Client(base_url=url, headers=headers, transport=link)

    platform.client = client
    try:
        yield
    finally:
        platform.client = before


def pair_in(
    folder: Path,
    *,
    reports: str = "auto",
    upper_ahead: timedelta = timedelta(0),
    unit: str = CITY,
    upper_engine: Engine | None = None,
) -> Pair:
    true = Clock()
    upper = office_of(load("ministry"), folder / "ministry", true, upper_ahead, upper_engine)
    lower = office_of(city_profile(reports), folder / "city", true)
    with using(upper.profile):
        token = make_token(upper.engine, unit, "济南", timedelta(days=365), now=upper.clock(), actor="test")
    return Pair(upper, lower, Link(upper), source_of(token))


def source_of(token: str) -> SourceConfig:
    """The city's source that is the ministry."""
    return SourceConfig(
        "ministry",
        "platform",
        "http://127.0.0.1:1",
        token=token,
        mapping="level_below",
        options={"reports": True, "attempts": 1, "first_wait_seconds": 0},
    )


def add_alarm(
    office: Office, alarm_id: str, revision: int = 1, unit_code: str = CITY, **changes: Any
) -> None:
    """An alarm that the ministry's own platform told it now."""
    now = office.clock()
    values = {
        "alarm_id": alarm_id,
        "revision": revision,
        "revised_at": now,
        "grid_id": "T1",
        "unit_code": unit_code,
        "county": COUNTY,
        "point_name": "一号",
        "started_at": now - timedelta(hours=2),
        "last_at": now - timedelta(hours=1),
        "alarm_count": 2,
        "peak_pm25_ug_m3": 180.0,
        "pushed_at": now,
        "deadline_at": now + DAY,
        "rules_version": "2026-11",
        "is_outside_city": False,
        "source": "platform",
        "is_simulated": False,
        "received_at": now,
        "content_hash": f"{alarm_id}{revision}".ljust(64, "0"),
        **changes,
    }
    with writing(office.engine) as connection:
        connection.execute(tables.alarm.insert().values(**values))


def answer(office: Office, alarm_id: str, *, problem: bool = False) -> None:
    """The city's own chain has passed a report."""
    now = office.clock()
    with using(office.profile), writing(office.engine, lock="intake") as connection:
        tell_step(
            connection,
            alarm_id,
            "submitted",
            now,
            unit="历下区分局",
            inspector="张三",
            problem_found=problem,
            note="已查",
            is_simulated=False,
            now=now,
        )
        if problem:
            tell_problem(
                connection,
                f"{alarm_id}-C1",
                alarm_id,
                category="其他",
                description="裸土未覆盖",
                found_at=now,
                is_simulated=False,
                now=now,
            )


def acknowledge(office: Office, alarm_id: str) -> None:
    """A step that says nothing of problems."""
    now = office.clock()
    with using(office.profile), writing(office.engine, lock="intake") as connection:
        tell_step(connection, alarm_id, "acknowledged", now, is_simulated=False, now=now)


def decide(office: Office, alarm_id: str, event: str) -> None:
    """The ministry's own decision about an answer or a dispute."""
    now = office.clock()
    with using(office.profile), writing(office.engine, lock="intake") as connection:
        tell_step(connection, alarm_id, event, now, note="部里", is_simulated=False, now=now)


def figures(office: Office, at: datetime) -> list[tuple[Any, ...]]:
    """What both must agree about, by alarm: pushed, answered, withdrawn, its problems."""
    with using(office.profile), reading(office.engine) as connection:
        start = midnight(office_date(START)) - DAY
        states = judge(alarm_states(connection, start, at, at), at)
        found = problems_found(connection, start, at, at)
    problems = found.groupby("alarm_id").size().to_dict() if len(found) else {}
    rows = states.sort_values("alarm_id")
    return [
        (
            str(row.alarm_id),
            bool(row.is_pushed),
            bool(row.is_answered),
            bool(row.is_upheld),
            int(problems.get(row.alarm_id, 0)),
        )
        for row in rows.itertuples()
    ]


def steps(office: Office, alarm_id: str) -> list[tuple[str, str]]:
    event = tables.feedback_event.c
    with reading(office.engine) as connection:
        rows = connection.execute(
            select(event.event, event.source).where(event.alarm_id == alarm_id).order_by(event.event_at)
        )
        return [(row.event, row.source) for row in rows]


def backup(office: Office, to: Path) -> None:
    """A copy of the store, as `backup` of SQLite makes it."""
    office.engine.dispose()
    shutil.copy(Path(office.engine.url.database or ""), to)


def restore(office: Office, copy: Path) -> None:
    office.engine.dispose()
    path = Path(office.engine.url.database or "")
    for name in (path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)
    shutil.copy(copy, path)
