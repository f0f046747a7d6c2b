"""`make levels`: three offices on this machine, each with profile, store and server of its own; one alarm goes down to a town and its answer
up to the ministry's weekly figures. Simulated (模拟数据), under a played clock, over HTTP on the loopback."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from include.chain.values import Move
from include.connections import Registry
from include.demo import demo_registry, tell
from include.exchange.site import Answer, Exchange, exchange_app
from include.exchange.tokens import make_token
from include.house import House, default_var, open_house
from include.office.chain import take
from include.office.feedback import feedback_table
from include.periods import moment_label, office_date, period_ending
from include.profile.current import load, using
from include.profile.values import Profile
from include.rules import SIMULATED_LABEL
from include.simulator.level_offices import CITY, DISTRICT_NAME, PROVINCE, TOWN, TOWN_NAME, write_offices
from include.simulator.platform_server import serving
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.store.migrate import migrate
from include.workflows.levels import exchange_levels

_START: Final = datetime.fromisoformat("2020-03-11T10:00+08:00")
_WEEK: Final = date(2020, 3, 15)  # the weekend summary: Wednesday to Saturday
_ALARM: Final = "SIM-A1"
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


class PlayedClock:
    """The one clock of the three offices."""

    def __init__(self) -> None:
        self.now = _START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Office:
    """One office of the demo."""

    name: str
    profile: Profile
    house: House
    clock: PlayedClock

    def say(self, words: str) -> None:
        """One line of the timeline."""
        tell(f"{moment_label(self.clock())}  {self.name:<10}{words}")


class _Served(Exchange):
    """A served office of several in one process: each request is answered under its own profile."""

    def answer(
        self, method: str, path: str, query: dict[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        with using(load(str(self.house.var / "profile"))):
            return super().answer(method, path, query, headers, body)


def play_levels() -> int:
    """Plays it and prints the timeline; returns the exit code (1 where the figures do not say what was played)."""
    var = default_var() / "levels"
    shutil.rmtree(var, ignore_errors=True)
    clock = PlayedClock()
    profiles = write_offices(var / "profiles")
    tell(f"{SIMULATED_LABEL}: three offices, one alarm; the clock is played")
    with ExitStack() as stack:
        ministry = _office("ministry", profiles["ministry"], var, clock)
        province = _office(
            "province", profiles["province"], var, clock, _served_by(stack, ministry, PROVINCE)
        )
        city = _office("city", profiles["city"], var, clock, _served_by(stack, province, CITY))
        _alarm(ministry)
        _down(province)
        _down(city)
        _chain(city)
        _up(city, province)
        clock.now = datetime.fromisoformat("2020-03-15T09:00+08:00")
        return _figures(ministry, province, city)


def _office(
    name: str, profile: str, var: Path, clock: PlayedClock, upper: SourceConfig | None = None
) -> Office:
    folder = var / name
    folder.mkdir(parents=True)
    read = load(profile)
    shutil.copytree(read.folder, folder / "profile")
    read = load(str(folder / "profile"))
    registry = demo_registry(1)
    registry = Registry(
        registry.connections, {**registry.variables, "sources": "", "profile": str(folder / "profile")}
    )
    with using(read):
        house = replace(open_house(registry, folder), sources=(upper,) if upper else ())
        migrate(house.engine)
    return Office(name, read, house, clock)


def _served_by(stack: ExitStack, above: Office, unit_code: str) -> SourceConfig:
    """The source by which a unit below reads from an office and reports to it."""
    with using(above.profile):
        token = make_token(
            above.house.engine, unit_code, "make levels", timedelta(days=30), now=above.clock(), actor="demo"
        )
    url = stack.enter_context(serving(exchange_app(_Served(above.house, above.clock))))
    above.say(f"serves {url} to the unit {unit_code}")
    return SourceConfig(
        f"above_{above.name}",
        "platform",
        url,
        token=token,
        mapping="level_below" if unit_code == CITY else None,
        options={"reports": True},
    )


def _alarm(ministry: Office) -> None:
    """The ministry's own platform tells it of an alarm."""
    folder = ministry.house.var / "exports"
    folder.mkdir()
    started, pushed = _START - 2 * _HOUR, _START
    header = "alarm_id,grid_id,unit_code,county,point_name,started_at,last_at,alarm_count,peak_pm25_ug_m3,pushed_at,data_origin"
    row = (
        f"{_ALARM},T1,{CITY},{DISTRICT_NAME},演示点位,{started.isoformat()},{pushed.isoformat()},2,186,"
        f"{pushed.isoformat()},{SIMULATED_LABEL}"
    )
    (folder / "alarms.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    ministry.clock.now += 5 * _MINUTE
    with using(ministry.profile):
        source = SourceConfig("exports", "files", str(folder))
        pull(
            ministry.house.engine,
            source,
            _START - 24 * _HOUR,
            ministry.clock(),
            now=ministry.clock(),
        )
    ministry.say(f"pushes alarm {_ALARM} at {DISTRICT_NAME}, 186 μg/m³")


def _round(office: Office) -> dict[str, Any]:
    """Two of the rounds that `answer_round` makes every five minutes, one minute apart."""
    found: dict[str, Any] = {}
    for _ in range(2):
        office.clock.now += _MINUTE
        with using(office.profile):
            (done,) = exchange_levels(office.house, office.clock(), "demo").values()
        if done["trouble"]:
            raise SystemExit(f"{office.name}: {done['trouble']}")
        found = {key: found.get(key, 0) + value for key, value in done.items() if isinstance(value, int)}
    return found


def _down(office: Office) -> None:
    done = _round(office)
    office.say(f"takes it from the office above ({done['rows_new']} new record)")


def _chain(city: Office) -> None:
    """The city's own chain: to the town, its report, the review by another person, what was mended, and the acceptance on site."""
    steps: list[tuple[str, timedelta, str, dict[str, Any]]] = [
        (
            "assign",
            20 * _MINUTE,
            f"assigned to {TOWN_NAME}",
            {"unit_code": TOWN, "role": "lead", "person": "值班员"},
        ),
        ("acknowledge", 30 * _MINUTE, "acknowledged by the town", {"unit_code": TOWN, "person": "张三"}),
        (
            "report",
            3 * _HOUR,
            "the town inspected and reports a problem",
            {
                "unit_code": TOWN,
                "person": "张三",
                "problem_found": True,
                "category": "其他",
                "note": "裸土未覆盖",
                "rectify_by": _START + timedelta(days=2),
            },
        ),
        ("pass", _HOUR, "reviewed by another person: passed", {"person": "李四"}),
        (
            "rectify",
            20 * _HOUR,
            "the town has mended it",
            {"unit_code": TOWN, "person": "张三", "note": "已覆盖"},
        ),
    ]
    for step, wait, words, more in steps:
        city.clock.now += wait
        now = city.clock()
        with using(city.profile):
            told = more if step == "assign" else {**more, "task_no": 1}
            move = Move(step, now, now, more["person"], **told)
            take(city.house, _ALARM, move)
        city.say(words)
        if step == "pass":
            _send(city)


def _send(office: Office) -> None:
    done = _round(office)
    office.say(f"reports to the office above: {done['sent']} received there")


def _up(city: Office, province: Office) -> None:
    _send(province)
    _round(city)


def _figures(ministry: Office, province: Office, city: Office) -> int:
    """The ministry's weekly figures, and whether all three agree about what was pushed, answered and found."""
    agreed = []
    for office in (ministry, province, city):
        with using(office.profile):
            period = period_ending("weekend", _WEEK)
            table = feedback_table(office.house.engine, period)
        total = table[table["unit_code"] == "total"].iloc[0]
        agreed.append((int(total["pushed"]), int(total["answered"]), int(total["problems"])))
        office.say(
            f"{period.label}: pushed {agreed[-1][0]}, answered {agreed[-1][1]}, problems {agreed[-1][2]}"
        )
    is_right = agreed == [(1, 1, 1)] * 3
    tell(
        f"levels: {'the three offices agree' if is_right else 'the figures differ'} ({office_date(_START)} on)"
    )
    return 0 if is_right else 1
