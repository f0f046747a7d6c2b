"""The desk over HTTP: its first page with a season of data, with a million alarms, and with twenty readers at once; then every other page.

    python -m tests.bench.desk [--keep FOLDER] [--looks N] [--pages WORD …]

Each store is served by a process of its own, and the two are asked in turns. A first look is at a moment that nobody asked
for before; the floor is the bare SQL of such a page, its statements with the same parameters, run and fetched. `cpu ms` is
what the server computed for an answer (of the twenty: for all of them), which other work on the machine does not change.
`--keep` leaves the stores in a folder and uses those that are there; `--pages` asks only for the pages whose address begins with one of
the words, N times each. The last lines name every page above a limit, and which.
"""

import argparse
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
from sqlalchemy import Connection, Engine

from include.connections import read_registry
from include.house import SETTINGS_FILE, House, open_house
from include.periods import office_zone
from include.store.engine import open_engine
from tests.bench.clocks import computed, p95, seconds
from tests.bench.desk_pages import LIMIT_RATIO, LIMIT_SECONDS, SEASON, measure_pages
from tests.bench.stores import make_store, region_source

SIZES: Final = {SEASON: 1, "million": 1_000_000}  # alarms at least: the season alone has 5,093
READERS: Final = 20
_LOOKS, _ROUNDS, _PAGE_LOOKS = 40, 10, 20
_NOW: Final = datetime(2020, 5, 12, 8, 30, tzinfo=office_zone())
_Asked = tuple[str, dict[str, Any], tuple[str, ...]]
_ROOT: Final = Path(__file__).resolve().parents[2]


def house_of(store: Path) -> House:
    """The installation around a store; it pulls nothing."""
    house = open_house(read_registry(SETTINGS_FILE, {}), store.parent)
    return replace(house, engine=open_engine(f"sqlite:///{store}"), sources=())


def serve(store: Path, port: int) -> None:
    """The measured process: the desk alone, without Airflow, for a reader."""
    import uvicorn
    from fastapi import FastAPI

    from include.desk.pages.access import Access, Visitor
    from include.desk.pages.desk import Desk
    from include.desk.pages.site import create_site, warm_up
    from include.workflows.corrections import correct
    from include.workflows.watch_cells import cells_of_hour

    house = house_of(store)
    access = Access(lambda: Visitor("reader", may_act=False), lambda: None)
    desk = Desk(lambda: house, access, lambda: _NOW, b"bench", correct, cells_of_hour)
    warm_up(desk)
    app = FastAPI()
    app.mount("/desk", create_site(desk))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")


@contextmanager
def served(store: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The address of the desk over this store, and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tests.bench.desk", "--serve", str(store), str(port)]
    with subprocess.Popen(command, cwd=_ROOT) as process:
        try:
            while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
                assert process.poll() is None, "the desk did not start"
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/desk/", psutil.Process(process.pid)
        finally:
            process.terminate()


def look(client: httpx.Client, address: str, at: datetime) -> None:
    """One look at the page of a moment."""
    answer = client.get(address, params={"at": at.isoformat()})
    assert answer.status_code == 200, answer.text
    assert "各城市反馈情况" in answer.text


def statements_of(house: House, at: datetime) -> list[_Asked]:
    """The statements of one page with their parameters and columns, as the page itself asks them."""
    from include.desk.today import today
    from include.store import statements

    asked: list[_Asked] = []
    prepared = statements._prepared

    def noted(
        connection: Connection, name: str, parameters: dict[str, Any], only: tuple[str, ...] = ()
    ) -> Any:
        asked.append((name, parameters, only))
        return prepared(connection, name, parameters, only)

    statements._prepared = noted
    try:
        today(house, at)
    finally:
        statements._prepared = prepared
    return asked


def bare_sql(engine: Engine, asked: list[_Asked]) -> None:
    """Those statements, run and fetched, and nothing else."""
    from include.store.engine import reading
    from include.store.statements import _prepared

    with reading(engine) as connection:
        for name, parameters, only in asked:
            connection.execute(_prepared(connection, name, parameters, only), parameters).all()


def measure(stores: dict[str, Path]) -> bool:
    """Asks every store in turns and prints; whether the ratio is kept."""
    times: dict[tuple[str, str], list[float]] = {}
    spent: dict[tuple[str, str], list[float]] = {}
    with ExitStack() as stack:
        desks = {name: stack.enter_context(served(store)) for name, store in stores.items()}
        houses = {name: house_of(store) for name, store in stores.items()}
        clients = [stack.enter_context(httpx.Client(timeout=60)) for _ in range(READERS)]
        pool = stack.enter_context(ThreadPoolExecutor(READERS))

        def ask(kind: str, name: str, at: datetime, some: list[httpx.Client]) -> None:
            address, process = desks[name]
            before = computed(process)
            work = [pool.submit(seconds, lambda c=one: look(c, address, at)) for one in some]  # type: ignore[misc]
            times.setdefault((kind, name), []).extend(one.result() for one in work)
            spent.setdefault((kind, name), []).append(computed(process) - before)

        for turn in range(_LOOKS):
            at = _NOW - timedelta(hours=13 * turn + 1)
            for name, house in houses.items():
                asked = statements_of(house, at)
                bare, before = seconds(lambda h=house, a=asked: bare_sql(h.engine, a)), time.process_time()  # type: ignore[misc]
                bare_sql(house.engine, asked)
                times.setdefault(("bare SQL", name), []).append(bare)
                spent.setdefault(("bare SQL", name), []).append(time.process_time() - before)
                ask("first look", name, at, clients[:1])
                ask("next look", name, at, clients[:1])
        for turn in range(_ROUNDS):
            for name in houses:
                ask(
                    f"{READERS} readers at once", name, _NOW - timedelta(hours=13 * turn, minutes=30), clients
                )
    return report(times, spent)


def report(times: dict[tuple[str, str], list[float]], spent: dict[tuple[str, str], list[float]]) -> bool:
    """Prints medians, 95th percentiles and ratios; whether the ratio is kept (milliseconds are those of a quiet machine)."""
    print(f"{'':24}{'store':>9}{'median ms':>11}{'p95 ms':>9}{'cpu ms':>9}{'x bare SQL':>12}{'x season':>10}")
    slowest, worst_ratio = 0.0, 0.0
    for (kind, name), taken in sorted(times.items(), key=lambda one: one[0][0]):
        middle = statistics.median(taken)
        floor, season = (statistics.median(times[key]) for key in (("bare SQL", name), (kind, "season")))
        if kind != "bare SQL":
            slowest, worst_ratio = max(slowest, p95(taken)), max(worst_ratio, middle / season)
        print(
            f"{kind:24}{name:>9}{1000 * middle:11.0f}{1000 * p95(taken):9.0f}{1000 * statistics.median(spent[kind, name]):9.0f}{middle / floor:12.1f}{middle / season:10.2f}"
        )
    print(
        f"p95 {1000 * slowest:.0f} ms, wanted {1000 * LIMIT_SECONDS:.0f}; {worst_ratio:.2f} x season, limit {LIMIT_RATIO:g}"
    )
    return worst_ratio <= LIMIT_RATIO


def main(arguments: list[str]) -> int:
    """Makes the stores that are not there, and measures; exit code 1 when a bound is not kept."""
    if arguments[:1] == ["--serve"]:
        serve(Path(arguments[1]), int(arguments[2]))
        return 0
    parser = argparse.ArgumentParser(prog="python -m tests.bench.desk")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--looks", type=int, default=_PAGE_LOOKS)
    parser.add_argument("--pages", nargs="*", default=None)
    asked = parser.parse_args(arguments)
    with ExitStack() as stack:
        made_in = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        stores = stores_in((asked.keep or Path(made_in)).resolve())
        is_kept = asked.pages is not None or measure(stores)
        desks = {name: stack.enter_context(served(store)) for name, store in stores.items()}
        wanted = tuple(asked.pages or ("",))
        return 0 if measure_pages(desks, _NOW, asked.looks, wanted) and is_kept else 1


def stores_in(folder: Path, sizes: Mapping[str, int] = SIZES) -> dict[str, Path]:
    """The stores by size, those made that are not there."""
    stores = {}
    for name, alarms in sizes.items():
        store = stores[name] = folder / name / "supervision.db"
        if not store.exists():
            store.parent.mkdir(parents=True, exist_ok=True)
            engine = open_engine(f"sqlite:///{store}")
            made = make_store(engine, alarms, region_source(store.parent / "region"))
            engine.dispose()
            print(f"{name}: {made:,} alarms, {store.stat().st_size / 2**20:,.0f} MB", flush=True)
    return stores


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
