"""The table of stations beside a mapping: which city each is one of. CSV or a workbook with `station_id` and `city` (or
`unit_code`), a name or a code."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from include.errors import InputError
from include.profile.current import office
from include.sources.air.reading import Names
from include.sources.places import places
from include.sources.reading.characters import narrow_text
from include.sources.reading.tables import read_table, require_table

_STATION: Final = ("station_id", "station", "sensor_id", "监测点编码", "站点编码", "站点编号", "站点")
_CITY: Final = ("unit_code", "city", "city_code", "城市", "单位")
_MOST: Final = 200_000


def city_names(connection: Connection) -> Names:
    """Codes of cities by every name that files have for them, English ones in any case."""
    found = dict(places(connection).cities)
    for unit in office().addressees():
        if unit.name_en and unit.unit_code in found:
            found.setdefault(unit.name_en.casefold(), unit.unit_code)
    return Names(found)


def station_cities(path: Path, names: Names) -> dict[str, str]:
    """The code of the city of each station; stations of cities that are not known are left out. Raises InputError."""
    require_table(path)
    found: dict[str, str] = {}
    for chunk in read_table(path):
        station, city = (
            next((name for name in known if name in chunk.rows), "") for known in (_STATION, _CITY)
        )
        if not station or not city:
            raise InputError(
                "no table of stations",
                where=str(path),
                expected=f"one of {', '.join(_STATION)}, and one of {', '.join(_CITY)}",
                got=", ".join(chunk.rows.columns),
            )
        pairs = zip(chunk.rows[station].map(narrow_text), chunk.rows[city], strict=True)
        found |= {each: code for each, told in pairs if (code := names.city(told))}
        if len(found) > _MOST:
            raise InputError("too many stations", where=str(path), expected=f"at most {_MOST}")
    if not found:
        raise InputError(
            "no station of the table lies in a city that is known",
            where=str(path),
            expected="names or codes of units (units.csv of the profile)",
        )
    return found
