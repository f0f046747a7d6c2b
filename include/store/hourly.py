"""Air quality that is too large for the store: Parquet by day below one folder, read with DuckDB.

    <root>/<dataset>_hours/2020-03-01.parquet   place_id, observed_on, hour (0 to 23), pm25_ug_m3 and, for cities, the others
    <root>/<dataset>_days/2020-03-01.parquet    place_id, observed_on, pm25_ug_m3, pm25_hours; the cities' are in the store
    <root>/<dataset>_given/2020-03-01.parquet   place_id, observed_on and daily means as their source gave them (日均值)

`dataset` is city, grid, station or member (a station that is told as one of its city, of which it has hours and given means only);
`place_id` a unit_code, grid_id, station_id or `city station`. Hours are those of the natural Beijing day.
A file is written beside its place and renamed, so a reader sees the day before or after, never a half.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from include.store.statements import SQL_DIR

Dataset = Literal["city", "grid", "station", "member"]
DATASETS: Final[tuple[Dataset, ...]] = ("city", "grid", "station", "member")
_MEMORY: Final = "512MB"  # beyond it DuckDB uses the disk
_DUST: Final = pa.schema([("area_id", pa.string()), ("observed_on", pa.date32()), ("hour", pa.int8())])


def hours_path(root: Path, dataset: Dataset, day: date) -> Path:
    """Where the hourly values of a day are, or will be."""
    return root / f"{dataset}_hours" / f"{day}.parquet"


def days_path(root: Path, dataset: Dataset, day: date) -> Path:
    """Where the daily means of a day are, or will be."""
    return root / f"{dataset}_days" / f"{day}.parquet"


def given_path(root: Path, dataset: Dataset, day: date) -> Path:
    """Where the daily means of a day that their source gave are, or will be."""
    return root / f"{dataset}_given" / f"{day}.parquet"


def read_given(root: Path, dataset: Dataset, dates: Sequence[date]) -> pd.DataFrame:
    """The daily means of these days that their source gave: `place_id, observed_on` and a column a quantity."""
    files = _files(given_path, root, dataset, dates)
    if not files:
        return _dated(pd.DataFrame({"place_id": [], "observed_on": [], "pm25_ug_m3": []}))
    return _dated(_query("given_days", files=files))


def hour_files(root: Path, dataset: Dataset) -> list[tuple[date, Path]]:
    """The files of hourly values that there are, by day."""
    files = hours_path(root, dataset, date.min).parent.glob("[0-9]*.parquet")
    return sorted((date.fromisoformat(path.stem), path) for path in files)


def days_with_means(root: Path, dataset: Dataset) -> list[date]:
    """The days of which there are daily means, in order."""
    files = days_path(root, dataset, date.min).parent.glob("[0-9]*.parquet")
    return sorted(date.fromisoformat(path.stem) for path in files)


def day_digests(root: Path, dataset: Dataset, dates: Sequence[date]) -> dict[date, str]:
    """The SHA-256 of the file of daily means of each of these days that has one: the same means, the same digest."""
    paths = {day: days_path(root, dataset, day) for day in dates}
    return {day: sha256(path.read_bytes()).hexdigest() for day, path in paths.items() if path.exists()}


def replace_files(
    root: Path,
    dataset: Dataset,
    dates: Sequence[date],
    hours: pd.DataFrame,
    days: pd.DataFrame | None = None,
    given: pd.DataFrame | None = None,
) -> None:
    """Puts the hourly values of `dates` (`place_id, observed_on, hour`, one column a pollutant), the daily means
    (`place_id, observed_on, pm25_ug_m3, pm25_hours`) where they are told, and those that their source gave (`given`, as
    `read_given` reads them), in the place of what was there.

    All files are written beside their places first and then renamed, so that a failure leaves what was there.
    """
    hours = hours.astype({"hour": "int8"}).sort_values(["observed_on", "place_id", "hour"])
    tables = {hours_path(root, dataset, day): table for day, table in _by_day(hours, dates)}
    if days is not None:
        days = days[["place_id", "observed_on", "pm25_ug_m3", "pm25_hours"]].astype({"pm25_hours": "int8"})
        days = days.sort_values(["observed_on", "place_id"])
        tables |= {days_path(root, dataset, day): table for day, table in _by_day(days, dates)}
    if given is not None:
        given = given.sort_values(["observed_on", "place_id"])
        tables |= {given_path(root, dataset, day): table for day, table in _by_day(given, dates)}
    drafts = {path: path.with_name(f".new-{os.getpid()}-{path.name}") for path in tables}
    try:
        for path, draft in drafts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as stream:
                pq.write_table(tables[path], stream, compression="zstd")
                stream.flush()
                os.fsync(stream.fileno())
        for path, draft in drafts.items():
            draft.replace(path)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def read_hours(root: Path, dataset: Dataset, dates: Sequence[date]) -> pd.DataFrame:
    """The hourly values of these days by day, place and hour; days that were never imported are missing."""
    files = _files(hours_path, root, dataset, dates)
    if not files:
        return _dated(pd.DataFrame({"place_id": [], "observed_on": [], "hour": [], "pm25_ug_m3": []}))
    return _dated(_query("hours_of_days", files=files))


def place_days(root: Path, dataset: Dataset, place_id: str, dates: Sequence[date]) -> pd.DataFrame:
    """The daily means of one place by day: `observed_on, place_id, pm25_ug_m3, pm25_hours`; days without are missing
    (sql/days_of_place.duckdb.sql)."""
    files = _files(days_path, root, dataset, dates)
    if not files:
        return _dated(pd.DataFrame({"place_id": [], "observed_on": [], "pm25_ug_m3": [], "pm25_hours": []}))
    return _dated(_query("days_of_place", files=files, place=place_id))


def days_beside_others(
    root: Path, dataset: Dataset, place_id: str, dates: Sequence[date], least_hours: int
) -> pd.DataFrame:
    """One row a day: `observed_on, place_id, own_ug_m3`, the daily mean of one place, and `others_ug_m3`, the median of those of all others; both
    only of enough hours (sql/days_beside_others.duckdb.sql)."""
    files = _files(days_path, root, dataset, dates)
    if not files:
        empty: dict[str, list[Any]] = {"observed_on": [], "place_id": [], "own_ug_m3": [], "others_ug_m3": []}
        return _dated(pd.DataFrame(empty))
    return _dated(_query("days_beside_others", files=files, place=place_id, least_hours=least_hours))


def place_hours(root: Path, dataset: Dataset, place_id: str, day: date) -> pd.DataFrame:
    """The hourly values of one place on one day: `hour, pm25_ug_m3`; hours without are missing (sql/hours_of_place.duckdb.sql)."""
    files = _files(hours_path, root, dataset, [day])
    if not files:
        return pd.DataFrame({"hour": [], "pm25_ug_m3": []})
    return _query("hours_of_place", files=files, place=place_id)[["hour", "pm25_ug_m3"]]


def day_levels(root: Path, dataset: Dataset, dates: Sequence[date], least_hours: int) -> pd.DataFrame:
    """From the daily means: one row a place (index `place_id`) with the mean of its valid daily means `pm25_ug_m3`,
    their number `valid_days`, and `dust_days`, here 0 (sql/levels_of_days.duckdb.sql)."""
    return _levels("levels_of_days", _files(days_path, root, dataset, dates), least_hours)


def hour_levels(
    root: Path,
    dataset: Dataset,
    dates: Sequence[date],
    least_hours: int,
    dust: pd.DataFrame,
    areas: pd.Series,
) -> pd.DataFrame:
    """The same from the hourly values, without the hours under `dust` (`place_id, observed_on, hour`, one row an hour of
    an area); `areas` (index place_id) says in which area a place is. `dust_days` counts the days of a place that have
    too few hours only because dust was left out (sql/levels_without_dust.duckdb.sql)."""
    files = _files(hours_path, root, dataset, dates)
    flags = dust[dust["observed_on"].isin(pd.to_datetime(list(dates)))].rename(
        columns={"place_id": "area_id"}
    )
    if flags.empty:
        return _levels("levels_of_hours", files, least_hours)
    relations = {
        "dust": pa.Table.from_pandas(flags.drop_duplicates(), schema=_DUST, preserve_index=False),
        "area": pa.table({"place_id": areas.index.to_numpy(object), "area_id": areas.to_numpy(object)}),
    }
    return _levels("levels_without_dust", files, least_hours, relations)


def _levels(
    name: str, files: list[str], least_hours: int, relations: Mapping[str, pa.Table] | None = None
) -> pd.DataFrame:
    if not files:
        return pd.DataFrame(
            {"pm25_ug_m3": [], "valid_days": [], "dust_days": []},
            index=pd.Index([], name="place_id", dtype="str"),
        )
    return _query(name, relations, files=files, least_hours=least_hours).set_index("place_id")


def _files(where: Any, root: Path, dataset: Dataset, dates: Sequence[date]) -> list[str]:
    paths = (where(root, dataset, day) for day in dates)
    return [str(path) for path in paths if path.exists()]


def _query(name: str, relations: Mapping[str, pa.Table] | None = None, **parameters: Any) -> pd.DataFrame:
    statement = (SQL_DIR / f"{name}.duckdb.sql").read_text(encoding="utf-8")
    with duckdb.connect(
        config={"memory_limit": _MEMORY, "temp_directory": tempfile.gettempdir()}
    ) as connection:
        for relation, table in (relations or {}).items():
            connection.register(relation, table)
        found: pa.Table = connection.sql(statement, params=parameters).to_arrow_table()
    frame: pd.DataFrame = found.to_pandas()
    return frame.astype({"place_id": "str"})


def _dated(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.astype({"place_id": "str"}).assign(
        observed_on=pd.to_datetime(rows["observed_on"]).astype("datetime64[s]")
    )


def _by_day(rows: pd.DataFrame, dates: Sequence[date]) -> Iterator[tuple[date, pa.Table]]:
    """The rows of each day, as its file holds them; `rows` are in the order of their days."""
    observed_on = rows["observed_on"].to_numpy().astype("datetime64[D]")
    # In one piece and one thread: a conversion a day would take longer than the writing.
    table = pa.Table.from_pandas(rows.drop(columns="observed_on"), preserve_index=False, nthreads=1)
    for day in dates:
        begin, end = (
            int(np.searchsorted(observed_on, np.datetime64(day), side)) for side in ("left", "right")
        )
        yield day, _of_day(table.slice(begin, end - begin), day)


def _of_day(table: pa.Table, day: date) -> pa.Table:
    place = table.schema.get_field_index("place_id")
    table = table.set_column(place, "place_id", _few_names(table["place_id"]))
    table = table.add_column(1, "observed_on", pa.repeat(pa.scalar(day, pa.date32()), len(table)))
    return table.replace_schema_metadata(None)


def _few_names(places: pa.ChunkedArray) -> pa.DictionaryArray:
    """The places by those names that are among them, in the order of their coming."""
    whole = places.combine_chunks()
    whole = pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
    if not pa.types.is_dictionary(whole.type):
        return whole.cast(pa.string()).dictionary_encode()
    short = whole.indices.dictionary_encode()  # numbers, which is quicker than texts
    return pa.DictionaryArray.from_arrays(
        short.indices, whole.dictionary.take(short.dictionary).cast(pa.string())
    )
