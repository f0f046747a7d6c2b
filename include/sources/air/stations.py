"""The table of stations beside a mapping: which city each is one of. CSV or a workbook with `station_id` and `city` (or
`unit_code`), a name or a code."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection

from include.errors import InputError
from include.profile.current import office
from include.sources.air.reading import Names
from include.sources.places import places
from include.sources.provinces import in_other_province, province_column
from include.sources.reading.characters import narrow_text
from include.sources.reading.tables import read_table, require_table

_STATION: Final = ("station_id", "station", "sensor_id", "监测点编码", "站点编码", "站点编号", "站点")
_CITY: Final = (
    "unit_code",
    "city",
    "city_code",
    "城市",
    "所属城市",
    "所在城市",
    "城市名称",
    "城市编码",
    "地市",
    "所属地市",
    "单位",
)
# May hold a unit of measurement or codes of another kind: what is none of our cities there contradicts none.
_FREE: Final = frozenset({"单位", "城市编码", "city_code"})
_MOST: Final = 200_000


def city_names(connection: Connection) -> Names:
    """Codes of cities by every name that files have for them, English ones in any case."""
    found = dict(places(connection).cities)
    for unit in office().addressees():
        if unit.name_en and unit.unit_code in found:
            found.setdefault(unit.name_en.casefold(), unit.unit_code)
    return Names(found)


def station_cities(path: Path, names: Names) -> dict[str, str]:
    """The code of the city of each station; stations of cities that are not known are left out.

    Raises InputError, also where a station stands in two cities: which of them its values are of, nobody says.
    """
    require_table(path)
    found: dict[str, str] = {}
    known = frozenset(names.cities.values())
    first: dict[str, tuple[str, str]] = {}  # of each station its city, and the row that says so
    for chunk in read_table(path):
        station = next((name for name in _STATION if name in chunk.rows), "")
        cities = [name for name in _CITY if name in chunk.rows]
        if not station or not cities:
            raise InputError(
                "no table of stations",
                where=str(path),
                expected=f"one of {', '.join(_STATION)}, and one of {', '.join(_CITY)}",
                got=", ".join(chunk.rows.columns),
            )
        ids = chunk.rows[station].map(narrow_text)
        rows = zip(chunk.lines, ids, *(chunk.rows[name].astype("str") for name in cities), strict=True)
        for line, each, *told in rows:
            own, text = _city(dict(zip(cities, told, strict=True)), names, f"{path}, line {line} {each}")
            said = f"line {line} {each},{text}"
            if each and own and (before := first.setdefault(each, (own, said)))[0] != own:
                raise InputError(
                    "a station stands in two cities",
                    where=str(path),
                    expected="one city a station",
                    got=f"{before[1]}; {said}",
                    todo="correct the table; for a station that moved, one table and file for each time",
                )
            if own in known:
                found[each] = own
        _require_provinces(chunk.rows, ids.map(found), path, chunk.lines)
        if len(found) > _MOST:
            raise InputError("too many stations", where=str(path), expected=f"at most {_MOST}")
    if not found:
        raise InputError(
            "no station of the table lies in a city that is known",
            where=str(path),
            expected="names or codes of units (units.csv of the profile)",
        )
    return found


def _city(told: dict[str, str], names: Names, where: str) -> tuple[str, str]:
    """The code of the city that the columns of a row name (the text itself for one that is not known), and what they say. Raises
    InputError where they name two."""
    said = {name: text for name, text in told.items() if narrow_text(text)}
    means = {name: names.city(text) for name, text in said.items()}
    counted = {name: means[name] for name in said if means[name] or name not in _FREE}
    if any(counted.values()) and len(set(counted.values())) > 1:
        raise InputError(
            "columns of a table of stations name different cities",
            where=where,
            expected="one city a station",
            got=", ".join(f"{name} {said[name]}" for name in counted),
            todo="correct the table, or take the column that does not mean the station's city out of it",
        )
    name = next(iter(counted or said), "")
    return means.get(name) or narrow_text(said.get(name, "")), said.get(name, "")


def _require_provinces(rows: pd.DataFrame, cities: pd.Series, path: Path, lines: NDArray[np.int64]) -> None:
    """Raises InputError where a row names another province than that of its city."""
    column = province_column(map(str, rows.columns))
    if column is None:
        return
    provinces = rows[column].astype("str")
    is_other = np.asarray(in_other_province(cities.fillna("").astype("str"), provinces), dtype=bool)
    if is_other.any():
        at = int(np.argmax(is_other))
        raise InputError(
            "a table of stations names a city and another province",
            where=f"{path}, line {lines[at]}",
            expected="the province of the city",
            got=f"{column} {provinces.iloc[at]}, city {cities.iloc[at]}",
            todo="correct the table",
        )
