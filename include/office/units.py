"""Units and places as an operator sees them, and where the profile says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection

from include.act import Act
from include.language import say
from include.profile.current import latest_told_office
from include.sources.succession import take_over
from include.store.dated_records import SINCE_EVER, Difference, Record, since_said
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


# What a person calls the columns of units and places, in this order.
_FIELDS: Final = {
    "name": "名称",
    "name_en": "英文名称",
    "bureau": "主送机关",
    "kind": "类型",
    "level": "层级",
    "place_code": "所在地方",
    "parent_code": "所在地方",
    "reports_to": "上级",
    "address_form": "称呼",
    "is_addressed": "发函对象",
    "aliases": "别名",
    "valid_from": "有效自",
    "valid_to": "有效至",
}


def called(one: Difference) -> str:
    """The last name of the unit or place, ours or the profile's."""
    rows = one.ours["rows"] or one.told["rows"]
    return str(rows[-1].get("name", "")) if rows else ""


def words_of(one: Difference) -> Iterator[str]:
    """What differs, one line a field or membership: ours → the profile's. Of a record that only one of the two has, one line with what it
    says."""
    ours, told = (_texts(record) for record in (one.ours, one.told))
    if not ours or not told:
        texts = say("，").join(
            say("{field}：{value}", field=say(field), value=value)
            for field, value in (ours or told).items()
            if field != "时段数" and value not in (since_said(SINCE_EVER), say("长期"))
        )
        yield say("档案新增：{texts}", texts=texts) if told else say("档案中已没有：{texts}", texts=texts)
        return
    for field in {**ours, **told}:
        before, after = ours.get(field, "—"), told.get(field, "—")
        if before != after:
            yield say("{field}：{before} → {after}", field=say(field), before=before, after=after)


def _texts(record: Record) -> dict[str, str]:
    """What a record says, by the field's name: its last row, its regions, and how many rows it has where they are several. Empty for no
    record."""
    rows = record["rows"]
    if not rows:
        return {}
    last = rows[-1]
    told = {label: _text(name, last.get(name)) for name, label in _FIELDS.items() if name in last}
    told["区域"] = say("、").join(
        say(
            "{region}（{since} — {until}）",
            region=stay["region"],
            since=_text("valid_from", stay["valid_from"]),
            until=_text("valid_to", stay["valid_to"]),
        )
        for stay in record.get("regions", ())
    )
    told["时段数"] = str(len(rows))
    return {label: text for label, text in told.items() if text}


def _text(name: str, value: Any) -> str:
    if name == "valid_from":
        return since_said(str(value))
    if name == "valid_to":
        return str(value or say("长期"))
    if isinstance(value, bool):
        return say("是") if value else say("否")
    return str(value or "")
