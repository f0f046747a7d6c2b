"""CSV through a mapping at full size: 26 million rows of grids' hours, with other headings, into the store's days, against bare DuckDB
reading the same file and writing it as Parquet by day.

    python -m tests.bench layouts            # 26 million rows, a file a day
    ROWS=2600000 python -m tests.bench layouts

Each in a process of its own, so that its peak of memory is its own. The limit is on seconds of the processor: DuckDB uses all of
them at once and the import one, so that seconds of the clock tell how busy the machine was; both ratios are printed.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np

from include.periods import office_zone
from include.sources.air.quality import import_air_quality
from include.sources.every_table import TABLES
from include.sources.mapping.files import load
from include.store.engine import open_engine
from include.store.migrate import migrate

_DAYS = 30
_LEAST_ROWS = _DAYS * 24  # one place
ROWS = int(os.environ.get("ROWS", "26000000"))
LIMIT = 2.5
MOST_MB = 1024
_MAPPING = "tables: {air: {by: grid, columns: {place: 网格编号, hour: 监测时间, pm25_ug_m3: 细颗粒物}}}"
_BARE = """
copy (select 网格编号 as place_id, 监测时间::timestamp as at_hour, 细颗粒物::double as pm25_ug_m3, 监测时间::date as observed_on
from read_csv($files, header = true)) to '{}' (format parquet, compression zstd, partition_by (observed_on))
"""


def write(folder: Path) -> None:
    """The rows, one file a day: whole μg/m³, one in a hundred missing."""
    random = np.random.default_rng(18)
    grids = [f"T{number:06d}" for number in range(ROWS // _LEAST_ROWS)]
    for number in range(_DAYS):
        day = date(2020, 4, 1) + timedelta(days=number)
        with (folder / f"{day}.csv").open("w", encoding="utf-8") as stream:
            stream.write("网格编号,监测时间,细颗粒物\n")
            for hour in range(24):
                values = np.rint(random.gamma(4, 12, len(grids))).astype(int) + 1
                texts = np.where(random.random(len(grids)) < 0.01, "", values.astype(str))
                stream.write(
                    "".join(
                        f"{grid},{day}T{hour:02}:00,{text}\n" for grid, text in zip(grids, texts, strict=True)
                    )
                )


def through_mapping(files: Path, work: Path) -> int:
    """The product."""
    (work / "own.yaml").write_text(_MAPPING, encoding="utf-8")
    engine = open_engine(f"sqlite:///{work}/store.db")
    migrate(engine)
    mapping = load(work / "own.yaml", office_zone(), TABLES).tables[0]
    begin = time.perf_counter()
    done = import_air_quality(engine, work / "air", [files], now=datetime.now(UTC), mapping=mapping)
    print(json.dumps({"seconds": time.perf_counter() - begin, "rows": done.rows, **_peak()}))
    return done.rows


def bare(files: Path, work: Path) -> None:
    """DuckDB alone."""
    begin = time.perf_counter()
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        connection.execute(_BARE.format(work / "bare"), {"files": sorted(map(str, files.glob("*.csv")))})
    print(json.dumps({"seconds": time.perf_counter() - begin, **_peak()}))


def _peak() -> dict[str, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"peak_mb": used.ru_maxrss / 1024, "cpu": used.ru_utime + used.ru_stime}


def _child(what: str, files: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as work:
        command = [sys.executable, "-m", "tests.bench.layouts", what, str(files), work]
        root = Path(__file__).resolve().parents[2]
        done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def main(arguments: list[str]) -> int:
    """Measures and prints; with three arguments it is the child of a measurement."""
    if len(arguments) == 3:
        (through_mapping if arguments[0] == "mapping" else bare)(Path(arguments[1]), Path(arguments[2]))
        return 0
    if ROWS < _LEAST_ROWS:
        print(f"ROWS={ROWS} is too few: at least {_LEAST_ROWS}, one place for {_DAYS} days", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        plain = _child("bare", Path(folder))
        own = _child("mapping", Path(folder))
    ratio, by_clock = own["cpu"] / plain["cpu"], own["seconds"] / plain["seconds"]
    print(
        f"{own['rows']:.0f} rows of CSV through a mapping into days, against bare DuckDB: of the processor {own['cpu']:.1f} s and "
        f"{plain['cpu']:.1f} s, ratio {ratio:.2f} (limit {LIMIT}); by the clock {own['seconds']:.1f} s and "
        f"{plain['seconds']:.1f} s, ratio {by_clock:.2f}; peak {own['peak_mb']:.0f} MB (limit {MOST_MB})"
    )
    return int(ratio > LIMIT or own["peak_mb"] > MOST_MB)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
