"""`make levels`: three offices on this machine, each with profile, store, server and mailbox of its own; one alarm goes down to a town, the
letters about it leave, and its answer comes up to the ministry's weekly figures, until the alarm is closed. Simulated (模拟数据), under a played clock, over HTTP on the loopback."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from include.chain.values import Move
from include.connections import Registry
from include.demo import demo_registry, tell
from include.exchange.site import Answer, Exchange, exchange_app
from include.exchange.tokens import make_token
from include.house import House, Run, default_var, open_house
from include.office.chain import chain_at, take
from include.office.feedback import feedback_table
from include.office.profiles import found_store
from include.periods import Period, moment_label, office_date, period_ending
from include.post.local_server import local_mailbox, received
from include.profile.current import load, using
from include.profile.values import Profile
from include.rules import SIMULATED_LABEL
from include.simulator.level_offices import CITY, DISTRICT_NAME, PROVINCE, TOWN, TOWN_NAME, write_offices
from include.simulator.platform_server import serving
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.workflows import chain_round, daily_dispatch, weekly_summary
from include.workflows.levels import exchange_levels
from include.workflows.steps import one_round

_START: Final = datetime.fromisoformat("2020-03-11T10:00+08:00")
_MORNING: Final = date(2020, 3, 12)  # the day's letters: of the day before
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
    mailbox: Path
    shown: set[Path] = field(default_factory=set)

    def say(self, words: str) -> None:
        """One line of the timeline."""
        tell(f"{moment_label(self.clock())}  {self.name:<10}{words}")

    def say_mails(self) -> None:
        """One line a mail that came to its mailbox since."""
        for mail in sorted(received(self.mailbox), key=lambda one: (one.letter_key, one.recipients)):
            if mail.path not in self.shown:
                self.shown.add(mail.path)
                self.say(f"mails {', '.join(mail.recipients)}: {mail.subject}")


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
        ministry = _office(stack, "ministry", profiles["ministry"], var, clock)
        province = _office(
            stack, "province", profiles["province"], var, clock, _served_by(stack, ministry, PROVINCE)
        )
        city = _office(stack, "city", profiles["city"], var, clock, _served_by(stack, province, CITY))
        _alarm(ministry)
        _down(province)
        _down(city)
        _chain(city, _ANSWERED)
        _send(city)
        _send(province)
        for office in (ministry, province, city):
            _letters(office, daily_dispatch, period_ending("day", _MORNING))
        _chain(city, _ENDED)
        _written_off(city)
        for office in (city, province, city):
            _round(office)
        for office in (ministry, province):
            _letters(office, weekly_summary, period_ending("weekend", _WEEK))
        return _figures(ministry, province, city)


def _office(
    stack: ExitStack,
    name: str,
    profile: str,
    var: Path,
    clock: PlayedClock,
    upper: SourceConfig | None = None,
) -> Office:
    folder = var / name
    folder.mkdir(parents=True)
    read = load(profile)
    shutil.copytree(read.folder, folder / "profile")
    read = load(str(folder / "profile"))
    mailbox = stack.enter_context(local_mailbox(folder / "mailbox"))
    registry = demo_registry(mailbox.port)
    registry = Registry(
        registry.connections, {**registry.variables, "sources": "", "profile": str(folder / "profile")}
    )
    with using(read):
        house = replace(open_house(registry, folder), sources=(upper,) if upper else ())
        found_store(house.engine, clock())
    return Office(name, read, house, clock, folder / "mailbox")


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


_Step = tuple[str, timedelta, str, dict[str, Any]]
# The city's own chain: to the town, its report, the review by another person; what was mended, and the acceptance on site.
_ANSWERED: Final[tuple[_Step, ...]] = (
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
)
_ENDED: Final[tuple[_Step, ...]] = (
    ("rectify", 2 * _HOUR, "the town has mended it", {"unit_code": TOWN, "person": "张三", "note": "已覆盖"}),
    ("accept", 3 * _HOUR, "accepted on site by another person", {"person": "李四", "note": "已全部覆盖"}),
)


def _chain(city: Office, steps: tuple[_Step, ...]) -> None:
    for step, wait, words, more in steps:
        city.clock.now += wait
        now = city.clock()
        with using(city.profile):
            told = more if step == "assign" else {**more, "task_no": 1}
            take(city.house, _ALARM, Move(step, now, now, more["person"], **told))
        city.say(words)
        _sheets(city)


def _sheets(city: Office) -> None:
    """The letters of the chain whose minute is over, as the round makes and mails them."""
    city.clock.now += 2 * _MINUTE
    with using(city.profile):
        done = chain_round.take(city.house, city.clock(), "demo")
        if done.get("trouble"):
            raise SystemExit(f"{city.name}: {done['trouble']}")
        one_round(city.house, city.clock(), "demo")
    city.say_mails()


def _written_off(city: Office) -> None:
    """销号, after a spot check where the task was drawn for one, and 结案."""
    with using(city.profile):
        _, chain = chain_at(city.house, _ALARM, city.clock())
    drawn: tuple[_Step, ...] = (
        ("check", _HOUR, "spot-checked by a third person", {"person": "王五", "note": "属实"}),
    )
    _chain(city, drawn if chain.tasks[0].is_drawn else ())
    _chain(city, (("write_off", _HOUR, "written off", {"person": "李四"}),))
    city.clock.now += _HOUR
    now = city.clock()
    with using(city.profile):
        take(city.house, _ALARM, Move("close", now, now, "李四", note="办结"))
    city.say("the alarm is closed")


def _letters(office: Office, steps: ModuleType, period: Period) -> None:
    """One beat of an office: pulled, computed, composed, released and mailed."""
    office.clock.now = max(office.clock.now, period.as_of) + 5 * _MINUTE
    with using(office.profile):
        run = Run(office.house, period, f"levels/{period.key}", "demo", "send", False, office.clock())
        steps.pull(run)
        computed = steps.figures(run)
        steps.compose(run, computed)
        steps.release(run, None)
        steps.post(run)
        steps.account(run, computed)
    office.say_mails()


def _send(office: Office) -> None:
    done = _round(office)
    office.say(f"reports to the office above: {done['sent']} received there")


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
