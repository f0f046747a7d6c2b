"""Units and places as an operator sees them, and where the profile says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

import pandas as pd
from sqlalchemy import Connection

from include.act import Act
from include.language import say
from include.profile.current import latest_told_office
from include.sources.succession import take_over
from include.store.dated_records import Difference, Record, since_said
from include.store.offices import differences
from include.store.statements import frame
from include.store.successors import Successor, successors
from include.store.units import end_unit


def units_on(connection: Connection, on_date: date) -> pd.DataFrame:
    """One row a unit that holds on a date (sql/units_on.sql)."""
    return frame(connection, "units_on", on_date=on_date)


def places_on(connection: Connection, on_date: date) -> pd.DataFrame:
    """One row a place that holds on a date (sql/places_on.sql)."""
    return frame(connection, "places_on", on_date=on_date)


def close_unit(connection: Connection, unit_code: str, on: date, successor_code: str, act: Act) -> None:
    """A unit is no more from a date on; with a successor, that one answers what is open then and what is pushed later. Raises
    InputError."""
    end_unit(connection, unit_code, on, act, is_succeeded=bool(successor_code))
    if successor_code:
        take_over(connection, unit_code, Successor(successor_code, on), "", act)


def successors_told(connection: Connection) -> list[tuple[str, str, str, date]]:
    """Who answers for units that ended: unit_code, county (empty: the rest), code of the successor, the first date; by unit and county."""
    return [
        (unit_code, county, one.successor_code, one.since_date)
        for (unit_code, county), one in sorted(successors(connection).items())
    ]


def undecided(connection: Connection) -> list[Difference]:
    """The units and places that the profile says otherwise and an operator changed, or that left it: a person decides."""
    return [one for one in differences(connection, latest_told_office()) if one.waits]


# What a person calls the columns of units and places.
_FIELDS: Final = {
    "name": "名称",
    "name_en": "英文名称",
    "bureau": "主送机关",
    "kind": "类型",
    "place_code": "所在地方",
    "reports_to": "上级",
    "address_form": "称呼",
    "aliases": "别名",
    "level": "层级",
    "parent_code": "所在地方",
    "valid_from": "有效自",
    "valid_to": "有效至",
}


def called(one: Difference) -> str:
    """The last name of the unit or place, ours or the profile's."""
    rows = one.ours["rows"] or one.told["rows"]
    return str(rows[-1].get("name", "")) if rows else ""


def words_of(one: Difference) -> Iterator[str]:
    """What differs, one line a field or membership: ours → the profile's."""
    ours, told = (record["rows"][-1] if record["rows"] else {} for record in (one.ours, one.told))
    for name in sorted({*ours, *told} - {"fixed_by"}):
        if ours.get(name) != told.get(name):
            yield _change(_FIELDS.get(name, name), _value(name, ours), _value(name, told))
    before, after = (
        [
            f"{stay['region']} {since_said(stay['valid_from'])}–{stay['valid_to'] or ''}"
            for stay in record.get("regions", ())
        ]
        for record in (one.ours, one.told)
    )
    if before != after:
        yield _change("区域", ", ".join(before), ", ".join(after))
    if len(one.ours["rows"]) != len(one.told["rows"]):
        yield _change("记录数", len(one.ours["rows"]), len(one.told["rows"]))


def _value(name: str, row: Record) -> object:
    return since_said(row[name]) if name == "valid_from" and row else row.get(name)


def _change(field: str, ours: object, told: object) -> str:
    return say("{field}：{before} → {after}", field=say(field), before=ours or "—", after=told or "—")
