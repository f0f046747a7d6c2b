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
    """The code of the city of each station; stations of cities that are not known are left out.

    Raises InputError, also where a station stands in two cities: which of them its values are of, nobody says.
    """
    require_table(path)
    found: dict[str, str] = {}
    first: dict[str, tuple[str, str]] = {}  # of each station its city, and the row that says so
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
        rows = zip(chunk.lines, chunk.rows[station].map(narrow_text), chunk.rows[city], strict=True)
        for line, each, told in rows:
            code = names.city(str(told))
            own, said = code or narrow_text(str(told)), f"line {line} {each},{told}"
            if each and own and (before := first.setdefault(each, (own, said)))[0] != own:
                raise InputError(
                    "a station stands in two cities",
                    where=str(path),
                    expected="one city a station",
                    got=f"{before[1]}; {said}",
                    todo="correct the table; for a station that moved, one table and file for each time",
                )
            if code:
                found[each] = code
        if len(found) > _MOST:
            raise InputError("too many stations", where=str(path), expected=f"at most {_MOST}")
    if not found:
        raise InputError(
            "no station of the table lies in a city that is known",
            where=str(path),
            expected="names or codes of units (units.csv of the profile)",
        )
    return found
