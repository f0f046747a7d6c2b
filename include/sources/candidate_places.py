"""Intake of construction sites, roads and satellite fires, as candidates of the ranking of suspects: any table by a mapping.

Sites and roads are a list: an import replaces what its source told before. Fires are events: an import adds those that are new.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, select

from include.errors import InputError
from include.geo.datum import DATUMS
from include.language import say
from include.periods import office_zone
from include.rules import SIMULATED_LABEL
from include.sources.checks import MOMENT_DTYPE, check
from include.sources.hashes import row_json
from include.sources.layout import DATA_ORIGIN, Field, Layout
from include.sources.mapping.files import SHIPPED_DIR, load
from include.sources.mapping.language import TableMapping
from include.sources.mapping.transform import require_columns, transform
from include.sources.places import places
from include.sources.quarantine import Rejected, keep_only, rejected_row
from include.sources.reading.file_names import label
from include.sources.reading.tables import read_table, require_table
from include.store import bulk
from include.store.engine import reading, writing
from include.store.watch_tables import suspect_place

Kind = Literal["site", "road", "fire"]
PLACES: Final = Layout(
    "places",
    (
        Field("place_id", longest=64),
        Field("name", required=False, longest=255),
        Field("lon", "number", least=-180, most=180),
        Field("lat", "number", least=-90, most=90),
        Field("valid_from", "date", required=False),
        Field("valid_to", "date", required=False),
    ),
    key=("place_id",),
    orders=(("valid_from", "valid_to"),),
)
FIRES: Final = Layout(
    "fires",
    (
        Field("place_id", longest=64),
        Field("name", required=False, longest=255),
        Field("lon", "number", least=-180, most=180),
        Field("lat", "number", least=-90, most=90),
        Field("seen_at", "moment"),
    ),
    key=("place_id",),
)
SHIPPED_FIRES: Final = SHIPPED_DIR / "firms_downloads.yaml"
_SETTLED_BY: Final = "import-places"
_NO_PLACE: Final = "经纬度同为0，不是可用的坐标"


@dataclass
class PlaceImport:
    """What an import did. `rows` = `kept` + `duplicates` (told again) + `rejected`; `replaced`: rows that the source had told
    before (sites, roads); `known`: fires that were known."""

    kind: str
    source: str
    rows: int = 0
    kept: int = 0
    duplicates: int = 0
    replaced: int = 0
    known: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    is_simulated: bool = False


def import_places(
    engine: Engine,
    path: Path,
    kind: Kind,
    *,
    now: datetime,
    mapping_file: Path | None = None,
    datum: str = "WGS84",
    source: str = "",
) -> PlaceImport:
    """Reads one file of sites, roads (columns of `PLACES`) or fires (`FIRES`; without a mapping as NASA FIRMS gives MODIS and
    VIIRS for download), keeps its rows in WGS84 and puts what cannot be used into the quarantine.

    Raises InputError when the file as a whole cannot be used; everything then stays as it was.
    """
    source = source or {"site": "construction-sites", "road": "roads", "fire": "firms"}[kind]
    layout = FIRES if kind == "fire" else PLACES
    mapping = _mapping(kind, layout, mapping_file, datum)
    require_table(path)
    done = PlaceImport(kind, source)
    good = _read(engine, path, kind, layout, mapping, done)
    rows = good.drop_duplicates("place_id", ignore_index=True)
    done.duplicates = len(good) - len(rows)
    if rows.empty:
        raise _useless(path, done)
    done.is_simulated = bool(rows["is_simulated"].any())
    with writing(engine, lock="places") as connection:
        _keep(connection, done, rows, now)
        keep_only(connection, source, kind, done.rejected, by=_SETTLED_BY, now=now)
    return done


def _mapping(kind: Kind, layout: Layout, path: Path | None, datum: str) -> TableMapping:
    if datum not in DATUMS:
        raise InputError("unknown datum", where="datum", got=datum, expected=" | ".join(DATUMS))
    if path is None and kind == "fire":
        path = SHIPPED_FIRES
    if path is None:
        return TableMapping(layout.name, datum=datum)
    tables = load(path, office_zone(), {layout.name: layout}).tables
    if not tables:
        raise InputError("the mapping has no such table", where=str(path), expected=layout.name)
    return tables[0]


def _read(
    engine: Engine, path: Path, kind: Kind, layout: Layout, mapping: TableMapping, done: PlaceImport
) -> pd.DataFrame:
    with reading(engine) as connection:
        known = places(connection)
    parts = []
    for chunk in read_table(path, mapping.form):
        require_columns(mapping, layout, list(chunk.rows.columns), str(path))
        own = transform(mapping, layout, chunk.rows)
        checked = check(layout, own, known)
        reasons = {
            int(place): checked.reasons[checked.reject[place]] for place in np.flatnonzero(~checked.is_good)
        }
        rows = checked.rows
        nowhere = checked.is_good & ((rows["lon"] == 0) & (rows["lat"] == 0)).to_numpy(bool, na_value=False)
        reasons |= dict.fromkeys(map(int, np.flatnonzero(nowhere)), ("lon", _NO_PLACE))
        done.rejected += [
            Rejected(kind, say("{origin} 第{line}{word}", origin=chunk.origin, line=row.line, word=chunk.word), "", row.text, row.reason, row_json({"": row.text}), None)
            for row in chunk.broken
        ]  # fmt: skip
        done.rejected += [
            rejected_row(
                kind,
                say(
                    "{origin} 第{line}{word}",
                    origin=chunk.origin,
                    line=chunk.lines[place],
                    word=chunk.word,
                ),
                name,
                reason,
                {str(column): str(value) for column, value in chunk.rows.iloc[place].items()},
                {str(column): str(value) for column, value in own.iloc[place].items()},
            )
            for place, (name, reason) in sorted(reasons.items())
        ]
        done.rows += len(rows) + len(chunk.broken)
        simulated = own[DATA_ORIGIN] == SIMULATED_LABEL
        parts.append(rows.assign(is_simulated=simulated)[checked.is_good & ~nowhere])
    return (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=[*layout.names, "is_simulated"])
    )


def _keep(connection: Connection, done: PlaceImport, rows: pd.DataFrame, now: datetime) -> None:
    ours = (suspect_place.c.source == done.source) & (suspect_place.c.kind == done.kind)
    if done.kind == "fire":
        query = select(suspect_place.c.place_id).where(ours)
        fresh = rows[~rows["place_id"].isin(set(connection.execute(query).scalars()))]
        done.known, rows = len(rows) - len(fresh), fresh
    else:
        done.replaced = int(connection.execute(suspect_place.delete().where(ours)).rowcount)
    done.kept = len(rows)
    nothing = pd.Series([None] * len(rows), index=rows.index, dtype=object)
    moments = pd.Series([None] * len(rows), index=rows.index, dtype=MOMENT_DTYPE)
    values = pd.DataFrame(
        {
            "source": done.source,
            "kind": done.kind,
            "place_id": rows["place_id"].astype("str"),
            "name": rows["name"].astype("str"),
            "lon": rows["lon"],
            "lat": rows["lat"],
            "valid_from": rows.get("valid_from", nothing),
            "valid_to": rows.get("valid_to", nothing),
            "seen_at": rows.get("seen_at", moments),
            "is_simulated": rows["is_simulated"],
            "received_at": pd.Series(pd.Timestamp(now), index=rows.index).astype(MOMENT_DTYPE),
        },
        index=rows.index,
    )
    bulk.insert(connection, suspect_place, values)


def _useless(path: Path, done: PlaceImport) -> InputError:
    if not done.rejected:
        return InputError("the file has no rows", where=str(path), expected="one row a place")
    first = done.rejected[0]
    return InputError(
        f"no row of {label(path)} can be used ({first.reason})",
        where=f"{first.origin} {first.field}".strip(),
        got=first.value,
        todo="name the columns in a mapping, and the datum of the coordinates",
    )
