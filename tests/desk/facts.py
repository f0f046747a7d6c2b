"""A few alarms of 11 March 2020 in a store, and the desk on it without Airflow."""

import asyncio
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from weakref import finalize

import httpx
from fastapi import FastAPI, HTTPException, Request
from sqlalchemy import Engine, insert

from include.desk.pages.access import Access, Visitor, form_token
from include.desk.pages.desk import Airflow, Desk
from include.desk.pages.site import create_site
from include.house import House, default_registry, open_house
from include.periods import office_zone
from include.store import tables
from include.store.archive import Archive
from include.store.engine import writing
from include.workflows.corrections import correct
from include.workflows.watch_cells import cells_of_hour

YANGQUAN, SHIJIAZHUANG = "140300", "130100"
NOW = datetime(2020, 3, 12, 8, 30, tzinfo=office_zone())
PEOPLE = {"duty": Visitor("duty", may_act=True), "guest": Visitor("guest", may_act=False)}


def moment(text: str) -> datetime:
    """`03-11 06:00` of 2020, Beijing time."""
    return datetime.strptime(f"2020-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=office_zone())


def provenance(is_simulated: bool = False) -> dict[str, Any]:
    return {"source": "test", "is_simulated": is_simulated, "received_at": NOW, "content_hash": "0" * 64}


def add_alarm(engine: Engine, alarm_id: str, pushed: str, unit_code: str = YANGQUAN, **changes: Any) -> None:
    at = moment(pushed)
    values = {
        "alarm_id": alarm_id,
        "revision": 1,
        "revised_at": at,
        "grid_id": "T85711",
        "unit_code": unit_code,
        "county": "郊区",
        "point_name": "荫营镇",
        "lon": 113.6,
        "lat": 37.9,
        "started_at": at,
        "last_at": at,
        "alarm_count": 2,
        "peak_pm25_ug_m3": 150.4,
        "pushed_at": at,
        "deadline_at": at.replace(day=at.day + 1),
        "rules_version": "2020-03",
        "is_outside_city": False,
        **provenance(),
        **changes,
    }
    with writing(engine) as connection:
        connection.execute(insert(tables.alarm).values(**values))


def add_event(engine: Engine, alarm_id: str, event: str, at: str, note: str = "", **changes: Any) -> None:
    with writing(engine) as connection:
        connection.execute(
            insert(tables.feedback_event).values(
                alarm_id=alarm_id,
                event=event,
                event_at=moment(at),
                revision=1,
                unit="阳泉市局",
                inspector="张三",
                note=note,
                **{**provenance(), **changes},
            )
        )


def add_problem(engine: Engine, problem_id: str, alarm_id: str, found: str) -> None:
    with writing(engine) as connection:
        connection.execute(
            insert(tables.problem).values(
                problem_id=problem_id,
                revision=1,
                alarm_id=alarm_id,
                category="其他",
                description="裸土未覆盖",
                found_at=moment(found),
                **provenance(),
            )
        )


def archive_in(folder: Path) -> Archive:
    """The archive of the installation in this folder."""
    return Archive(folder / "archive")


def house_of(engine: Engine, folder: Path) -> House:
    """The installation of airflow_settings.yaml with this engine as its store."""
    house = open_house(default_registry(), folder)
    house = replace(house, sources=(), mailbox=None)
    house.__dict__["engine"] = engine
    return house


def access() -> Access:
    """Logs in by the header `user`: duty may act, guest may look."""

    def reader(request: Request) -> Visitor:
        found = PEOPLE.get(request.headers.get("user", ""))
        if found is None:
            raise HTTPException(401, "Not authenticated")
        return found

    def operator(request: Request) -> Visitor:
        found = reader(request)
        if not found.may_act:
            raise HTTPException(403, "Forbidden")
        return found

    return Access(reader, operator)


@dataclass
class _Clock:
    now: datetime


@dataclass(frozen=True)
class _Seat:
    """A desk and its pages. To make the pages takes half a second, so a seat that nobody holds any more is taken again, by whoever comes
    next with a house, a clock, and memories of its own."""

    desk: Desk
    site: FastAPI
    app: FastAPI

    def taken(self, own: Desk) -> None:
        """The desk becomes this one; whom its pages let in stays, which is the same for all."""
        for one in fields(Desk):
            object.__setattr__(self.desk, one.name, getattr(own, one.name))


_FREE: Final[list[_Seat]] = []


def _empty_desk() -> Desk:
    return Desk(_no_house, access(), lambda: NOW, b"secret of the test", correct, cells_of_hour)


def _no_house() -> House:
    raise AssertionError("nobody sits at this desk")


def _made() -> _Seat:
    desk, app = _empty_desk(), FastAPI()
    app.mount("/desk", site := create_site(desk))
    return _Seat(desk, site, app)


def _left(seat: _Seat) -> None:
    seat.taken(_empty_desk())
    _FREE.append(seat)


class Browser:
    """Asks the desk, mounted under /desk, as one user."""

    def __init__(
        self,
        house: House,
        user: str = "duty",
        language: str = "zh-CN",
        *,
        now: datetime = NOW,
        airflow: Airflow | None = None,
    ) -> None:
        self._clock = clock = _Clock(now)
        seat = _FREE.pop() if _FREE else _made()
        own = replace(_empty_desk(), open_house=lambda: house, clock=lambda: clock.now)
        seat.taken(replace(own, airflow=airflow) if airflow else own)
        self.desk, self.site, self.app = seat.desk, seat.site, seat.app
        self._headers = {"user": user, "accept-language": language}
        finalize(self, _left, seat)

    @property
    def now(self) -> datetime:
        return self._clock.now

    @now.setter
    def now(self, now: datetime) -> None:
        self._clock.now = now

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {**self._headers, **options.pop("headers", {})}

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
                return await client.request(method, f"/desk{path}", headers=headers, **options)

        return asyncio.run(asked())

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, token: str | None = None, **options: Any
    ) -> httpx.Response:
        """A form of the desk's own pages (with its token)."""
        user = PEOPLE.get(self._headers["user"], PEOPLE["guest"])
        own = form_token(self.desk.secret, user, self.now) if token is None else token
        return self.ask("POST", path, data={"token": own, **(data or {})}, **options)
