"""Intake of key enterprises: any table with coordinates in a stated datum, CSV, XLSX or Parquet; an import replaces its source's rows.

Where a row tells no city or county, or others than its coordinates say, those of the coordinates are taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine

from include.errors import InputError
from include.geo.datum import DATUMS
from include.geo.grids import locate
from include.language import say
from include.sources.checks import MOMENT_DTYPE, check
from include.sources.datum_doubt import doubt
from include.sources.delivery import Chunk
from include.sources.hashes import row_json
from include.sources.layout import DATA_ORIGIN, Field, Layout
from include.sources.mapping.language import Copy, TableMapping
from include.sources.mapping.transform import require_columns, transform
from include.sources.places import Places, outside_city, outside_county, places
from include.sources.production_lines import with_lines
from include.sources.provinces import in_other_province, province_column
from include.sources.quarantine import Rejected, keep_only, rejected_row
from include.sources.reading.file_names import label
from include.sources.reading.tables import read_table, require_table
from include.sources.stations.faults import settle_meters
from include.sources.units import LONGEST_CODE, register_units
from include.store import bulk
from include.store.air_tables import enterprise
from include.store.engine import reading, writing

SOURCE: Final = "enterprises"
KIND: Final = "enterprises"  # in the quarantine
_PROVINCE: Final = "province"
LAYOUT: Final = Layout(
    KIND,
    (
        Field("enterprise_id", longest=64),
        Field("name"),
        Field("industry"),
        Field("lon", "number", least=-180, most=180),
        Field("lat", "number", least=-90, most=90),
        Field("unit_code", required=False, longest=64),
        Field("county", required=False, longest=64),
        Field(_PROVINCE, required=False, longest=64),  # not kept: that of the coordinates is known
    ),
    key=("enterprise_id",),
)
_SETTLED_BY: Final = "import-enterprises"
# The code of a unit that the store may not have yet: told in ASCII, where names of cities are not.
_UNIT: Final = re.compile(rf"[0-9A-Za-z][0-9A-Za-z_.-]{{0,{LONGEST_CODE - 1}}}")
_NEAR_DEG: Final = 0.3  # just over the border of all units that are known: about 30 km
_KEPT: Final = [*(name for name in LAYOUT.names if name != _PROVINCE), "lines", "is_simulated"]
_TODO: Final = "say --column OWN=HEADING for each, or --mapping FILE (`mapping guess` proposes one)"


@dataclass(frozen=True)
class EnterpriseImport:
    """What an import did. `rows` = `kept` + `lines` (production lines of these) + `duplicates` (told again, all the same) +
    `rejected`; `replaced`: rows that the source had told before; `relocated`: `name：told → found` of those whose province, city or
    county was another than told; `datum_doubt`: that the coordinates look like those of another datum (Chinese)."""

    source: str
    rows: int
    kept: int
    duplicates: int
    replaced: int
    rejected: tuple[Rejected, ...]
    relocated: tuple[str, ...]
    is_simulated: bool
    lines: int = 0
    datum_doubt: str = ""


@dataclass
class _Told:
    """Rows while they are read: good ones typed, with their `line`; the others with their reasons."""

    rows: int = 0
    good: list[pd.DataFrame] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    relocated: list[str] = field(default_factory=list)
    named: list[pd.DataFrame] = field(default_factory=list)  # with the unit and county as told


def import_enterprises(
    engine: Engine,
    path: Path,
    *,
    datum: str,
    now: datetime,
    columns: Mapping[str, str] | None = None,
    mapping: TableMapping | None = None,
    source: str = SOURCE,
) -> EnterpriseImport:
    """Reads one file (columns of `LAYOUT`; by `mapping`, or `columns` names the headings of those that are called otherwise; its
    datum is `datum`), keeps its rows in WGS84 in the place of all that `source` told before, and puts what cannot be used into the quarantine.

    A row needs coordinates inside a city of the key regions; of rows with one number the first is kept. Raises InputError when
    the file as a whole cannot be used; everything then stays as it was.
    """
    mapping = _mapping(columns or {}, datum, mapping)
    require_table(path)
    with reading(engine) as connection:
        known = places(connection)
    told = _Told()
    for chunk in read_table(path, mapping.form):
        require_columns(mapping, LAYOUT, list(chunk.rows.columns), str(path), _TODO)
        _take(told, chunk, mapping, known)
    rows, duplicates = _once(told, label(path))
    if rows.empty:
        raise _useless(path, told)
    rows, lines = with_lines(rows)
    named = pd.concat(told.named, ignore_index=True)
    with writing(engine, lock="enterprises") as connection:
        register_units(connection, rows["unit_code"].unique())
        replaced = _replace(connection, source, rows[_KEPT], now)
        keep_only(connection, source, KIND, told.rejected, by=_SETTLED_BY, now=now)
        settle_meters(connection, set(rows["enterprise_id"].astype(str)), now=now)
    return EnterpriseImport(
        source=source,
        rows=told.rows,
        kept=len(rows),
        duplicates=duplicates,
        replaced=replaced,
        rejected=tuple(told.rejected),
        relocated=tuple(told.relocated),
        lines=lines,
        datum_doubt=doubt(named, mapping.datum),
        is_simulated=bool(rows["is_simulated"].any()),
    )


def _replace(connection: Connection, source: str, rows: pd.DataFrame, now: datetime) -> int:
    """Puts the rows in the place of all that the source told before; returns how many those were."""
    gone = connection.execute(enterprise.delete().where(enterprise.c.source == source)).rowcount
    received_at = pd.Series(pd.Timestamp(now), index=rows.index).astype(MOMENT_DTYPE)
    texts = dict.fromkeys(("unit_code", "county"), "str")
    bulk.insert(connection, enterprise, rows.astype(texts).assign(source=source, received_at=received_at))
    return int(gone)


def _mapping(columns: Mapping[str, str], datum: str, mapping: TableMapping | None) -> TableMapping:
    names = (*LAYOUT.names, DATA_ORIGIN)
    unknown = sorted(set(columns) - set(names))
    if unknown:
        raise InputError(
            "no such column", where="--column", got=", ".join(unknown), expected=", ".join(names)
        )
    if datum not in DATUMS:
        raise InputError("unknown datum", where="datum", got=datum, expected=" | ".join(DATUMS))
    told = {own: Copy(heading) for own, heading in columns.items()}
    if mapping is None:
        return TableMapping(KIND, told, datum=datum)
    return replace(mapping, columns={**mapping.columns, **told}, datum=datum)


def _take(told: _Told, chunk: Chunk, mapping: TableMapping, known: Places) -> None:
    own = _own(chunk, mapping)
    city_told = own["unit_code"]
    is_unit = city_told.str.fullmatch(_UNIT.pattern)
    own["unit_code"] = city_told.map(dict(known.cities)).fillna(city_told.where(is_unit, "")).astype("str")
    checked = check(LAYOUT, own, known)
    rows = checked.rows.assign(line=chunk.lines)
    reasons = {
        int(place): checked.reasons[checked.reject[place]] for place in np.flatnonzero(~checked.is_good)
    }
    good = rows[checked.is_good]
    placed = _placed(good, set(known.cities))
    outside = good.index[placed["unit_code"].isna()]
    reasons |= dict.fromkeys(
        map(int, outside), ("lon", say("坐标不在重点区域各城市范围内（请核对经纬度和坐标系）"))
    )
    told.rejected += [
        Rejected(KIND, _origin(chunk, row.line), "", row.text, row.reason, row_json({"": row.text}), None)
        for row in chunk.broken
    ]
    told.rejected += [
        rejected_row(
            KIND,
            _origin(chunk, chunk.lines[place]),
            name,
            reason,
            _texts(chunk.rows, place),
            _texts(own, place),
        )
        for place, (name, reason) in sorted(reasons.items())
    ]
    kept = good.drop(index=outside)
    found = placed.drop(index=outside)
    is_moved = (city_told[kept.index] != "") & (found["unit_code"] != kept["unit_code"])
    is_moved |= (kept["county"] != "") & (found["county"] != kept["county"])
    is_moved |= in_other_province(found["unit_code"], kept[_PROVINCE])
    told.relocated += [
        say(
            "{name}：{province}{city}{county} → {code}{place}",
            name=name,
            province=province,
            city=city,
            county=county,
            code=code,
            place=place,
        )
        for name, province, city, county, code, place in zip(
            kept["name"][is_moved],
            kept[_PROVINCE][is_moved],
            city_told[kept.index][is_moved],
            kept["county"][is_moved],
            found["unit_code"][is_moved],
            found["county"][is_moved],
            strict=True,
        )
    ]
    told.named.append(good[["lon", "lat", "unit_code", "county"]])
    told.rows += len(rows) + len(chunk.broken)
    told.good.append(kept.assign(unit_code=found["unit_code"], county=found["county"]))


def _own(chunk: Chunk, mapping: TableMapping) -> pd.DataFrame:
    """The rows in columns of ours; the province also from a column of one of its usual headings."""
    own = transform(mapping, LAYOUT, chunk.rows)
    heading = province_column(map(str, chunk.rows.columns))
    if heading is None or _PROVINCE in mapping.columns or _PROVINCE in chunk.rows:
        return own
    return own.assign(**{_PROVINCE: chunk.rows[heading].astype("str").str.strip()})


def _placed(rows: pd.DataFrame, known: set[str]) -> pd.DataFrame:
    """`unit_code` and `county` of each row: as told where the coordinates agree, else of the coordinates. Outside all outlines
    the told unit stands where it lies near, or has no outline; otherwise None."""
    found = locate(rows["lon"], rows["lat"]).set_index(rows.index)
    is_known = rows["unit_code"].isin(known)
    is_told = is_known & ~outside_city(rows["unit_code"], rows["lon"], rows["lat"])
    is_near = ~outside_city(rows["unit_code"], rows["lon"], rows["lat"], _NEAR_DEG)
    is_told |= found["unit_code"].isna() & (rows["unit_code"] != "") & is_near
    city = found["unit_code"].mask(is_told, rows["unit_code"])
    is_own = (
        city == found["unit_code"]
    )  # else the point lies on the other side of a border, by less than the outlines' accuracy
    county = found["county"].where(is_own, "")
    is_county_told = is_told & (rows["county"] != "")
    is_county_told &= ~outside_county(rows["unit_code"], rows["county"], rows["lon"], rows["lat"])
    is_beyond = found["unit_code"].isna() & is_told
    county = county.mask(is_county_told, rows["county"]).mask(is_beyond, rows["county"])
    return pd.DataFrame({"unit_code": city, "county": county})


def _once(told: _Told, origin: str) -> tuple[pd.DataFrame, int]:
    """The good rows, one a number: repetitions are dropped (and counted), other rows of the same number are rejected."""
    rows = pd.concat(told.good, ignore_index=True)
    first = rows.drop_duplicates("enterprise_id").set_index("enterprise_id")
    again = rows[rows.duplicated("enterprise_id")]
    of_first = first.loc[again["enterprise_id"]]
    is_same = (again.set_index("enterprise_id")["content_hash"] == of_first["content_hash"]).to_numpy()
    for line, row in zip(of_first["line"][~is_same], again[~is_same].to_dict("records"), strict=True):
        texts = {name: str(row[name]) for name in LAYOUT.names}
        reason = say("编号与第{line}行重复而内容不同，采用第{line}行", line=line)
        told.rejected.append(
            rejected_row(
                KIND,
                say("{origin} 第{line}行", origin=origin, line=row["line"]),
                "enterprise_id",
                reason,
                texts,
                texts,
            )
        )
    return first.reset_index(), int(is_same.sum())


def _useless(path: Path, told: _Told) -> InputError:
    if not told.rejected:
        return InputError("the file has no rows", where=str(path), expected="one row an enterprise")
    first = told.rejected[0]
    return InputError(
        f"no row of the file can be used ({first.reason})",
        where=f"{first.origin} {first.field}".strip(),
        got=first.value,
        todo="correct --datum, --column lon=… and lat=…, or the mapping",
    )


def _origin(chunk: Chunk, line: int) -> str:
    return say("{origin} 第{line}{word}", origin=chunk.origin, line=line, word=chunk.word)


def _texts(rows: pd.DataFrame, place: int) -> dict[str, str]:
    return {str(name): str(value) for name, value in rows.iloc[place].items()}
