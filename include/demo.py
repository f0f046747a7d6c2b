"""`make demo`: days of March 2020, played through the same steps as the DAGs, into a mailbox on this machine.

A mid-week summary, a working day's dispatch, a weekend summary, and the bulletin of the second half of March, which the demo
approves by itself and says so. The clock is played too: every step believes that it is
the morning of its day, so the letters bear that date. All of it is 模拟数据 and below var/demo/, made afresh each time.
"""

import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection

from include.configured import ROOT
from include.connections import Registry
from include.field_demo import DEMO_PAGE, play_phone
from include.house import Decision, House, Run, default_registry, default_var, open_house
from include.language import say
from include.letter_kinds import letter_label
from include.letters.words.flag_words import mark_words
from include.mail_demo import play_mail
from include.office.letter_acts import letters_of_period
from include.office.profiles import found_store
from include.openness.publishing import publish
from include.periods import DAY, Period, midnight, moment_label, period_ending
from include.post.local_server import local_mailbox, received
from include.post.reconciliation import reconcile
from include.profile.current import office
from include.rules import SEASON_END, SEASON_START, SIMULATED_LABEL
from include.simulator.air import AirMonths, months_read, write_air
from include.simulator.habits import plays_the_season
from include.simulator.imap_server import HOST, MAILBOX_OPTIONS, PASSWORD, USER, imap_server
from include.simulator.office_region import write_office_region
from include.simulator.region import write_region
from include.simulator.season import DEFAULT_SEED
from include.sources.air.quality import import_air_quality
from include.sources.enterprises import import_enterprises
from include.sources.ledger import ensure_covered
from include.store.air_days import imported_days
from include.store.engine import reading
from include.store.enterprises import key_enterprises
from include.store.hourly import Dataset
from include.verbs.tables import print_table
from include.watch_demo import play_day
from include.workflows import daily_dispatch, half_monthly_bulletin, weekly_summary

DEMO_SOURCE: Final = "demo_region"
DEMO_MAILBOX: Final = "demo_mailbox"
DEMO_DAY: Final = date(
    2020, 3, 12
)  # a Thursday: the letters of this morning report 11 March, with 督办 and a silent city
MIDWEEK_DAY: Final = date(2020, 3, 11)  # Wednesday: Sunday to Tuesday
WEEKEND_DAY: Final = date(2020, 3, 15)  # Sunday: Wednesday to Saturday
BULLETIN_DAY: Final = date(2020, 4, 1)  # 16 to 31 March, with the warning grids of March
DAYS: Final = (MIDWEEK_DAY, DEMO_DAY, WEEKEND_DAY, BULLETIN_DAY)
PLAYED_DELAY: Final = timedelta(
    minutes=5
)  # the run starts when the window is due; its letters leave a little later


def prepare(
    house: House,
    *,
    now: datetime,
    start: date = SEASON_START,
    end: date = SEASON_END,
    warning_months: int = 12,
) -> None:
    """Creates or upgrades the store, writes the demo region's files where the source `demo_region` looks for them, and imports its
    enterprises and the air that the bulletins of [start, end) read, their warning grids with so many months of history.

    What is there already stays. An installation without that source gets no demo data.
    """
    found_store(house.engine, now)
    for source in house.sources:
        folder = Path(source.location)
        if source.name == DEMO_SOURCE:
            if not (folder / "alarms.csv").exists():
                _write_region(folder, house.season[0])
            with reading(house.engine) as connection:
                has_enterprises = DEMO_SOURCE in set(key_enterprises(connection)["source"])
            if not has_enterprises and (folder / "enterprises.csv").exists():
                import_enterprises(
                    house.engine, folder / "enterprises.csv", datum="WGS84", now=now, source=DEMO_SOURCE
                )
            if has_simulated_air(start) and set(half_monthly_bulletin.KINDS) & set(office().letters):
                _import_air(house, folder, months_read(start, end, warning_months), end, now)


def pull_region(house: House, now: datetime) -> int:
    """Pulls what the store lacks of the demo region's season; returns the rows read. A source of another name is left to the runs."""
    sources = [one for one in house.sources if one.name == DEMO_SOURCE]
    first, end = (midnight(day) for day in house.season)
    return sum(one.read for one in ensure_covered(house.engine, sources, first, end, now=now))


def has_simulated_air(day: date) -> bool:
    """Whether the simulator has air of that time: it is of the published season's year and those before."""
    return day.year == SEASON_START.year


def _write_region(folder: Path, start: date) -> None:
    """The season that reproduces the published totals, where the office addresses the units that they are of; else a month from
    `start` on, made up from the office's profile."""
    profile = office()
    if plays_the_season(profile):
        write_region(SEASON_START, SEASON_END, folder)
    else:
        write_office_region(profile, start, start + 31 * DAY, folder, DEFAULT_SEED)


def _import_air(house: House, region: Path, months: AirMonths, end: date, now: datetime) -> None:
    """Imports the air that agrees with the files in `region`, of those months of which the ledger lacks a day before `end`."""
    with reading(house.engine) as connection:
        cities = _lacking(connection, "city", months.cities, end)
        grids = _lacking(connection, "grid", months.grids, end)
    if cities or grids:
        with tempfile.TemporaryDirectory(dir=house.var, prefix=".demo-air-") as folder:
            alarms = pd.read_csv(region / "alarms.csv", dtype=str)
            places = pd.read_csv(region / "grids.csv", dtype=str)
            write_air(alarms, places, AirMonths(cities, grids), end, Path(folder))
            import_air_quality(
                house.engine, house.hourly_dir, [Path(folder)], now=now, source=DEMO_SOURCE, is_played=True
            )


def _lacking(
    connection: Connection, dataset: Dataset, months: Sequence[pd.Period], end: date
) -> tuple[pd.Period, ...]:
    """The months of which a day before `end` was never imported. One with air of another source is left alone."""
    found = []
    for month in months:
        first = month.start_time.date()
        stop = min((month + 1).start_time.date(), end)
        known = imported_days(connection, dataset, first, stop)
        if len(known) < (stop - first).days and (known["source"] == DEMO_SOURCE).all():
            found.append(month)
    return tuple(found)


def play() -> int:
    """Plays the day, shows what came of it, and returns the exit code (1 when a letter failed)."""
    started = time.monotonic()
    var = default_var() / "demo"
    shutil.rmtree(var, ignore_errors=True)
    with local_mailbox(var / "mailbox") as mailbox, imap_server() as imap_port:
        house = replace(open_house(demo_registry(mailbox.port, imap_port), var), field=DEMO_PAGE)
        tell(f"demo region（{SIMULATED_LABEL}）: writing alarms, answers and problems of the season …")
        bulletin = period_ending("half_month", BULLETIN_DAY)
        prepare(house, now=bulletin.ends_at, start=bulletin.start, end=bulletin.end, warning_months=3)
        failed = play_run(
            house, weekly_summary, "周汇总 weekly_summary", period_ending("midweek", MIDWEEK_DAY)
        )
        morning = period_ending("day", DEMO_DAY)
        failed += play_run(house, daily_dispatch, "日调度 daily_dispatch", morning)
        came_back = play_mail(house, var / "mailbox", imap_port, morning, tell)
        play_phone(house, morning, tell)
        failed += play_run(
            house, weekly_summary, "周汇总 weekly_summary", period_ending("weekend", WEEKEND_DAY)
        )
        failed += play_run(
            house,
            half_monthly_bulletin,
            "半月通报 half_monthly_bulletin",
            bulletin,
            Decision("make demo", say("演示时无人在场，由演示程序自动签发")),
        )
    failed += play_day(demo_registry)
    _publish(house)
    mails = received(var / "mailbox")
    tell(
        f"\nletters to open: {shown(var / 'mailbox' / 'letters')} ({len(mails)} mails; PDF, Word and workbook attached)"
    )
    states = _states(house)
    withheld = states["withheld"] + states["rejected"]
    failed -= came_back  # the bounce that was played: a letter that left, and is for a person now
    failed += sum(
        states[state]
        for state in ("refused", "unknown", "expired", "unaccounted", "drafted", "queued", "sending")
    )
    tell(f"{time.monotonic() - started:.0f} s")
    tell(f"demo: {states['sent']} letters sent, {withheld} withheld, {failed} failed")
    return 1 if failed else 0


def play_run(
    house: House, steps: ModuleType, title: str, period: Period, decision: Decision | None = None
) -> int:
    """One run, step by step; returns how many letters could not be composed. `decision`: where a person would be asked."""
    run = Run(
        house=house,
        period=period,
        run_id=f"demo/{period.key}",
        actor="make demo",
        deliver="send",
        is_backfill=False,
        now=period.as_of + PLAYED_DELAY,
        approve=decision is not None,
    )
    tell(f"{title}: window {period.label}, played clock {moment_label(run.now, year=True)}")
    pulled = steps.pull(run)
    _step(
        "pull",
        f"{pulled['rows_new']} new rows, {pulled['rows_quarantined']} quarantined; {pulled['completeness']}",
    )
    computed = steps.figures(run)
    found = (
        f"{len(computed['flagged'])} units flagged"
        if "flagged" in computed
        else f"{computed.get('grids', 0)} grids judged, {computed.get('warning_grids', 0)} warning grids"
    )
    _step("figures", f"{computed['letters_due']} letters due, {found}")
    composed = steps.compose(run, computed)
    _step("compose", f"{composed['created']} drafted, {len(composed['failed'])} failed")
    if decision is not None:
        _step(
            "approve",
            f"{len(composed['waiting'])} letters waited; approved by the demo itself ({decision.reason})",
        )
    released = steps.release(run, decision)
    _step("release", _words(released["counts"]))
    posted = steps.post(run)
    _step("post", _words(posted["results"]) + (f"; {posted['trouble']}" if posted["trouble"] else ""))
    steps.account(run, computed)
    _step("account", "every letter accounted for, the mailbox agrees with the outbox")
    if steps is daily_dispatch:
        _show(run, computed)
    return len(composed["failed"])


def _show(run: Run, computed: dict[str, Any]) -> None:
    """The cities of the day as a table a person can read."""
    house, figures = run.house, daily_dispatch.frozen(run, computed)
    with reading(house.engine) as connection:
        letters = letters_of_period(connection, run.period, daily_dispatch.KINDS)
        states = {one.letter_key: one.state for one in reconcile(connection, run.period.end, due=()).letters}
    by_city: dict[str, list[str]] = {}
    for letter in letters:
        word = letter_label(letter.kind)
        by_city.setdefault(letter.addressee, []).append(
            f"{word} {letter.number or ''} {states.get(letter.letter_key, letter.state)}"
        )
    rows = [
        {
            say("城市"): city.unit_name,
            say("反馈/推送"): f"{city.window.answered}/{city.window.pushed}",
            say("近7日按期/到期"): f"{city.rolling.on_time}/{city.rolling.due}",
            say("近期超期"): city.flag.recent_overdue,
            say("问题"): city.window.problems,
            say("标记"): mark_words(city.flag),
            say("函件"): say("；").join(by_city.get(city.unit_code, ["—"])),
        }
        for city in figures.cities
    ]
    print_table(
        pd.DataFrame(rows),
        say(
            "{label}各城市反馈情况（{simulated}），截至{moment}",
            label=run.period.label,
            simulated=say(SIMULATED_LABEL),
            moment=moment_label(run.period.as_of),
        ),
    )
    for city, words in computed["flagged"].items():
        tell(say("  {city}　{words}", city=city, words=words))


def _publish(house: House) -> None:
    """What is open to the public of March, as it stood two weeks after."""
    until = BULLETIN_DAY + timedelta(days=house.openness.delay_days)
    done = publish(house, until, house.public_dir, now=midnight(until), actor="make demo")
    tell(
        f"公开发布 publish: {len(done.plan.editions)} month in {done.files} files（{SIMULATED_LABEL}）: "
        f"{shown(house.public_dir / 'index.html')}"
    )


def _states(house: House) -> Counter[str]:
    with reading(house.engine) as connection:
        days = [reconcile(connection, day, due=()).states for day in DAYS]
    return sum(days, Counter())


def demo_registry(port: int, imap_port: int = 0) -> Registry:
    """The installation of the settings file, with the demo's own store and mailboxes, whatever the environment says."""
    settings = default_registry()
    store = replace(settings.connections["supervision_db"], conn_type="sqlite", host="var/supervision.db")
    mail = replace(
        settings.connections["mail_server"],
        host="127.0.0.1",
        port=port,
        login="",
        password="",
        extra={
            "security": "none",
            "sender": "dudu@supervision.example",
            "sender_name": say("热点网格监管平台"),
            "mailbox": "var/mailbox",
        },
    )
    source = replace(
        settings.connections.get(DEMO_SOURCE, store),
        conn_id=DEMO_SOURCE,
        host="var/demo_region",
        extra={"kind": "files", "is_played": True},
    )
    answers = replace(
        store,
        conn_id=DEMO_MAILBOX,
        conn_type="imap",
        host=HOST,
        port=imap_port or None,
        login=USER,
        password=PASSWORD,
        extra={**MAILBOX_OPTIONS, "is_played": True},
    )
    own = {"supervision_db": store, "mail_server": mail, DEMO_SOURCE: source, DEMO_MAILBOX: answers}
    sources = f"{DEMO_SOURCE},{DEMO_MAILBOX}" if imap_port else DEMO_SOURCE
    return Registry({**settings.connections, **own}, {**settings.variables, "sources": sources})


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing"


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _step(name: str, words: str) -> None:
    tell(f"  {name:<8}{words}")


def tell(text: str) -> None:
    print(text, flush=True)
    sys.stdout.flush()
