"""The watch played: one city's day hour by hour with its push (`make demo`), and all units' week in one run (`make watch-demo`).

Each has a store and a mailbox of its own below `var/`; everything in them is 模拟数据 and nothing leaves this machine.
"""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import pandas as pd

from include.connections import Registry
from include.house import House, Run, default_registry, default_var, open_house
from include.office.watch_export import export, exported_alarms, exported_suspects
from include.office.watch_network import by_unit, last_day
from include.office.watch_scores import read_truth, scores
from include.periods import DAY, HOUR, midnight, moment_label, period_ending
from include.post.local_server import local_mailbox, received
from include.rules import SIMULATED_LABEL
from include.simulator.contacts import contacts
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.world import write_world
from include.sources.enterprises import import_enterprises
from include.sources.intake import pull
from include.sources.stations.intake import import_stations
from include.sources.stations.layouts import table_of
from include.store.engine import reading
from include.store.migrate import migrate
from include.verbs.tables import print_table
from include.workflows import alarm_push, hourly_watch
from include.workflows.watching import watch

# One city of fourteen grids: four days to learn, then the day that is played.
ONE_CITY: Final = WorldOptions(seed=8, start=date(2020, 3, 6), days=5, grids=14, hot_hour_share=0.03)
PLAYED_DAY: Final = date(2020, 3, 10)
# All units: three days to learn, then a week.
ALL_CITIES: Final = WorldOptions(seed=8, start=date(2020, 3, 6), days=10, grids=975)
PLAYED_DELAY: Final = timedelta(minutes=10)  # the beat is at :10


def play_day(
    registry: Callable[[int], Registry],
    var: Path | None = None,
    options: WorldOptions = ONE_CITY,
    day: date = PLAYED_DAY,
) -> int:
    """Plays a day of hourly runs in a store of its own; `registry` makes the connections for a mailbox's port. Returns how many
    pushes failed."""
    folder = var or default_var() / "demo_watch"
    shutil.rmtree(folder, ignore_errors=True)
    with local_mailbox(folder / "mailbox") as mailbox:
        house = open_house(registry(mailbox.port), folder)
        _say(
            f"小时监测 hourly_watch（{SIMULATED_LABEL}）: one city, {options.grids} grids, {options.days} days of stations' readings …"
        )
        first = midnight(day)
        _fill(house, options, first)
        _take_contacts(house, first)
        watch(house, midnight(options.start), first, now=first, actor="make demo")
        failed = sum(_play_hour(house, first + n * HOUR) for n in range(1, 25))
    alarms = export(house.engine, folder / "export", first, first + DAY)["alarms.csv"]
    mails = received(folder / "mailbox")
    _say(
        f"  day     24 hourly runs, {alarms} alarms, {len(mails)} mails of pushes; see {folder / 'mailbox' / 'letters'}"
    )
    return failed


def play_week() -> int:
    """Judges a week of all units in one run, shows the network's health and the scores against the world's truth."""
    folder = default_var() / "watch_demo"
    shutil.rmtree(folder, ignore_errors=True)
    house = _own_store(folder, default_registry())
    _say(
        f"all units（{SIMULATED_LABEL}）: {ALL_CITIES.grids} grids, {ALL_CITIES.days} days; the world takes a few minutes …"
    )
    start, end = midnight(ALL_CITIES.start), midnight(ALL_CITIES.start + ALL_CITIES.days * DAY)
    _fill(house, ALL_CITIES, end)
    began = time.monotonic()
    done = watch(
        house, start, end, now=end, actor="make watch-demo", progress=lambda words: _say(f"  {words}")
    )
    _say(
        f"{done.hours} hours judged in {time.monotonic() - began:.0f} s: {len(done.alarms)} alarms, {done.suppressed} held back"
    )
    with reading(house.engine) as connection:
        alarms, suspects = exported_alarms(connection), exported_suspects(connection)
        shown = last_day(connection)
        units = by_unit(connection, shown) if shown else pd.DataFrame()
    print_table(units, f"站点运行情况（{SIMULATED_LABEL}）")
    for name, value in scores(alarms, suspects, read_truth(folder / "world" / "truth")).items():
        _say(f"{name:22} {value}")
    written = export(house.engine, folder / "export")
    _say(f"alarms and suspects: {folder / 'export'} ({written['alarms.csv']} alarms)")
    return 0


def _fill(house: House, options: WorldOptions, until: datetime) -> None:
    """A migrated store with the world's enterprises and stations, and the hours of the days before `until`."""
    migrate(house.engine)
    world = house.var / "world"
    write_world(options, world, None)
    import_enterprises(house.engine, world / "world" / "enterprises.csv", datum="WGS84", now=until)
    last = f"{until:%Y%m%d}"
    files = [path for path in sorted((world / "world").iterdir()) if table_of(path) is not None]
    known = [path for path in files if path.suffix == ".csv" or path.stem[-8:] < last]
    import_stations(house.engine, house.stations_dir, known, now=until)


def _drop_hour(house: House, end: datetime) -> None:
    """Puts the readings of the hour that ends then where the next run finds them."""
    house.stations_inbox.mkdir(parents=True, exist_ok=True)
    for path in (house.var / "world" / "world").glob(f"*_{end - HOUR:%Y%m%d}.parquet"):
        rows = pd.read_parquet(path)
        target = (
            house.stations_inbox / f"{path.stem}.csv"
        )  # a few rows: no reader of Parquet is started for them
        rows[rows["hour"] == end - HOUR].to_csv(target, index=False, date_format="%Y-%m-%dT%H:%M:%S%z")
        os.utime(target, (0, 0))  # nobody writes to it any more


def _take_contacts(house: House, now: datetime) -> None:
    """The contacts of the demo region, whom the pushes go to."""
    for source in house.sources:
        Path(source.location).mkdir(parents=True, exist_ok=True)
        contacts().to_csv(Path(source.location) / "contacts.csv", index=False)
        pull(house.engine, source, now - DAY, now, now=now)


def _play_hour(house: House, end: datetime) -> int:
    """One hourly run by the played clock; returns how many of its pushes could not be composed."""
    run = Run(
        house=house,
        period=period_ending("hour", end),
        run_id=f"demo/{end:%Y%m%dT%H}",
        actor="make demo",
        deliver="send",
        is_backfill=False,
        now=end + PLAYED_DELAY,
    )
    _drop_hour(house, end)
    hourly_watch.take(run)
    judged = hourly_watch.judge(run)
    spoke = hourly_watch.account(run, judged)
    if not judged["new"]:
        return 0
    told = alarm_push.tell(run)
    released = alarm_push.release(run)
    posted = alarm_push.post(run)
    alarm_push.account(run, told)
    _say(
        f"  {moment_label(end)}　{judged['new']} new alarms by {spoke['stations']} stations; "
        f"{released['counts'].get('released', 0)} pushes released, {posted['mails']} mails tried"
    )
    return len(told["failed"])


def _own_store(folder: Path, settings: Registry) -> House:
    store = replace(settings.connections["supervision_db"], conn_type="sqlite", host="var/supervision.db")
    return open_house(Registry({**settings.connections, "supervision_db": store}, settings.variables), folder)


def _say(text: str) -> None:
    print(text, flush=True)
