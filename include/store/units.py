"""The office's units between dates: taken from the profile once, then changed by an operator, with reason and audit.

`migrate` fills an empty store and never writes again; what the profile says otherwise later is a difference, which
`profile apply` takes where no operator changed the unit, and which is a person's question where one did.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, insert, select, update

from include.act import Act
from include.errors import InputError
from include.profile.values import UNIT_KINDS, Profile, Unit
from include.store.tables import city, region_member
from include.store.unit_tables import installation, unit, unit_change

SINCE_EVER: Final = date(1900, 1, 1)
Record = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """A unit that the profile says otherwise than the store. `is_touched`: an operator changed it; `is_kept`: the profile says nothing
    new since, or a person decided that ours stands against just this."""

    unit_code: str
    ours: Record
    told: Record
    is_touched: bool
    is_kept: bool


def take_profile(connection: Connection, profile: Profile) -> None:
    """Fills a store that was never filled; leaves any other as it is. Raises InputError for a store of another profile."""
    if connection.execute(select(installation)).first() is not None:
        require_profile(connection, profile)
        return
    connection.execute(
        insert(installation).values(installation_id=1, profile=profile.name, own_unit=profile.own_unit)
    )
    told = _told(profile)
    # A store of before has the memberships that its version shipped.
    connection.execute(delete(region_member).where(region_member.c.unit_code.in_(list(told))))
    for code, record in told.items():
        _write(connection, code, record)


def require_profile(connection: Connection, profile: Profile) -> None:
    """Raises InputError where the store belongs to another profile than this process."""
    known = connection.execute(select(installation.c.profile)).scalar_one_or_none()
    if known is not None and known != profile.name:
        raise InputError(
            "the store belongs to another office",
            where="variable profile",
            expected=str(known),
            got=profile.name,
            todo="name the store's profile, or another store",
        )


def differences(connection: Connection, profile: Profile) -> list[Difference]:
    """Where the profile says otherwise than the store, by unit."""
    ours, told = _ours(connection), _told(profile)
    touched, said = _decisions(connection)
    empty: Record = {"rows": [], "regions": []}
    return [
        Difference(
            code,
            ours.get(code, empty),
            told.get(code, empty),
            code in touched,
            said.get(code) == _json(told.get(code, empty)),
        )
        for code in sorted({*ours, *told})
        if _json(ours.get(code, empty)) != _json(told.get(code, empty))
    ]


def apply_profile(connection: Connection, profile: Profile, act: Act) -> list[Difference]:
    """Takes over what the profile says of units that no operator changed; returns the differences that are left, for a person."""
    left = []
    for one in differences(connection, profile):
        if one.is_touched or not one.told["rows"]:  # a unit that left the profile is ended by a person
            left.append(one)
        else:
            _replace(connection, one.unit_code, one.told, "take", act)
    return left


def keep_ours(connection: Connection, profile: Profile, unit_code: str, act: Act) -> None:
    """Decides that ours stands against what the profile says of the unit now. Raises InputError where they do not differ."""
    found = next((one for one in differences(connection, profile) if one.unit_code == unit_code), None)
    if found is None:
        raise InputError("the profile says the same", where=f"unit {unit_code}", expected="a difference")
    _log(connection, unit_code, "keep", found.ours, found.told, act)


def add_unit(connection: Connection, told: Unit, is_addressed: bool, region: str, act: Act) -> None:
    """A new unit from its `valid_from` on, in a region where one is named."""
    if _ours(connection).get(told.unit_code):
        raise InputError(
            "the unit is there already", where=f"unit {told.unit_code}", todo="rename or move it"
        )
    row = _row(told, is_addressed) | {"fixed_by": act.actor}
    regions = [_stay(region, told.valid_from or SINCE_EVER, None)] if region else []
    _replace(connection, told.unit_code, {"rows": [row], "regions": regions}, "add", act)


def end_unit(connection: Connection, unit_code: str, on: date, act: Act) -> None:
    """The unit, and its membership of regions, hold until the day before."""
    record, row = _last(connection, unit_code, on)
    row["valid_to"] = on.isoformat()
    for stay in record["regions"]:
        if stay["valid_to"] is None:
            stay["valid_to"] = on.isoformat()
    _replace(connection, unit_code, record, "end", act)


def change_unit(
    connection: Connection,
    unit_code: str,
    since: date,
    values: Mapping[str, str],
    action: str,
    act: Act,
) -> None:
    """From a date on the unit has other `values` (name, bureau, address_form, reports_to); until then it stays as it was."""
    record, row = _last(connection, unit_code, since)
    changed = {**row, **values, "valid_from": since.isoformat(), "fixed_by": act.actor}
    if row["valid_from"] == since.isoformat():
        record["rows"].remove(row)
    else:
        row["valid_to"] = since.isoformat()
    record["rows"].append(changed)
    _replace(connection, unit_code, record, action, act)


def change_region(
    connection: Connection, unit_code: str, region: str, on: date, *, joins: bool, act: Act
) -> None:
    """The unit belongs to a region from a date on, or no longer from it on."""
    record, _ = _last(connection, unit_code, on)
    stays = [one for one in record["regions"] if one["region"] == region]
    open_stay = next(
        (one for one in stays if one["valid_to"] is None or one["valid_to"] > on.isoformat()), None
    )
    if joins == (open_stay is not None):
        where = f"unit {unit_code}, region {region}"
        if joins:
            raise InputError("the unit is in the region then", where=where, got=on)
        raise InputError("the unit is not in the region then", where=where, got=on)
    if open_stay is None:
        record["regions"].append(_stay(region, on, None))
    elif open_stay["valid_from"] >= on.isoformat():
        record["regions"].remove(open_stay)
    else:
        open_stay["valid_to"] = on.isoformat()
    _replace(connection, unit_code, record, "join" if joins else "leave", act)


def _last(connection: Connection, unit_code: str, day: date) -> tuple[Record, Record]:
    """The record of a unit, and its row that holds on the day and has no end. Raises InputError."""
    record = _ours(connection).get(unit_code)
    if record is None:
        raise InputError("unknown unit", where=f"unit {unit_code}", todo="units list names them")
    row: Record = max(record["rows"], key=lambda one: str(one["valid_from"]))
    if row["valid_to"] is not None or row["valid_from"] > day.isoformat():
        raise InputError(
            "the unit cannot change on that date",
            where=f"unit {unit_code}",
            expected=f"a date from {row['valid_from']} on"
            + (f", before {row['valid_to']}" if row["valid_to"] else ""),
            got=day,
        )
    return record, row


def _replace(connection: Connection, unit_code: str, record: Record, action: str, act: Act) -> None:
    if not act.reason.strip():
        raise InputError("a reason is missing", where=f"unit {unit_code}", expected="why it changes")
    record["rows"].sort(key=lambda one: str(one["valid_from"]))
    record["regions"].sort(key=lambda one: (one["valid_from"], one["region"]))
    everything = _ours(connection)
    _check(everything | {unit_code: record}, unit_code)
    _log(connection, unit_code, action, everything.get(unit_code, {"rows": [], "regions": []}), record, act)
    connection.execute(delete(unit).where(unit.c.unit_code == unit_code))
    connection.execute(delete(region_member).where(region_member.c.unit_code == unit_code))
    _write(connection, unit_code, record)


def _check(records: Mapping[str, Record], unit_code: str) -> None:
    """Raises InputError for what must not be: no bureau, an unknown parent or a cycle, two units of one kind for one place."""
    for row in records[unit_code]["rows"]:
        where = f"unit {unit_code} from {row['valid_from']}"
        if not row["bureau"].strip() or not row["name"].strip():
            raise InputError("a unit needs a name and the name of its bureau", where=where)
        if row["kind"] not in UNIT_KINDS:
            raise InputError(
                "unknown kind of unit", where=where, expected=" | ".join(UNIT_KINDS), got=row["kind"]
            )
        path, at = [unit_code], row["reports_to"]
        while at:
            if at not in records:
                raise InputError("the unit above is unknown", where=where, got=at)
            if at in path:
                raise InputError("units would report in a circle", where=where, got=" → ".join([*path, at]))
            path.append(at)
            at = _holding(records[at]["rows"], row["valid_from"])["reports_to"]
        for code, other in records.items():
            for one in other["rows"] if code != unit_code and row["kind"] != "department" else ():
                is_alike = (one["kind"], one["place_code"]) == (row["kind"], row["place_code"])
                if is_alike and _meet(one, row):
                    raise InputError(
                        "two units of one kind for one place",
                        where=where,
                        got=f"{code} for {row['place_code']}",
                    )


def _holding(rows: Iterable[Record], day: str) -> Record:
    told = sorted(rows, key=lambda one: str(one["valid_from"]))
    return next((one for one in reversed(told) if one["valid_from"] <= day), told[0])


def _meet(first: Record, second: Record) -> bool:
    begin = max(first["valid_from"], second["valid_from"])
    return all(one["valid_to"] is None or begin < one["valid_to"] for one in (first, second))


def _told(profile: Profile) -> dict[str, Record]:
    """What the profile says of each unit, as records."""
    found: dict[str, Record] = {}
    for one in profile.units:
        row = _row(one, profile.is_addressed(one)) | {"address_form": profile.address_form(one)}
        found.setdefault(one.unit_code, {"rows": [], "regions": []})["rows"].append(row)
    for stay in profile.regions:
        if stay.unit_code in found:
            found[stay.unit_code]["regions"].append(_stay(stay.region, stay.valid_from, stay.valid_to))
    for record in found.values():
        record["rows"].sort(key=lambda one: str(one["valid_from"]))
        record["regions"].sort(key=lambda one: (one["valid_from"], one["region"]))
    return found


def _ours(connection: Connection) -> dict[str, Record]:
    """What the store says of each unit, as records."""
    found: dict[str, Record] = {}
    for row in connection.execute(select(unit).order_by(unit.c.unit_code, unit.c.valid_from)).mappings():
        found.setdefault(str(row["unit_code"]), {"rows": [], "regions": []})["rows"].append(
            {name: _plain(row[name]) for name in (column.name for column in unit.c) if name != "unit_code"}
        )
    stays = select(region_member).order_by(region_member.c.valid_from, region_member.c.region)
    for stay in connection.execute(stays).mappings():
        if stay["unit_code"] in found:
            found[str(stay["unit_code"])]["regions"].append(
                _stay(stay["region"], stay["valid_from"], stay["valid_to"])
            )
    return found


def _row(told: Unit, is_addressed: bool) -> Record:
    return {
        "valid_from": (told.valid_from or SINCE_EVER).isoformat(),
        "valid_to": _plain(told.valid_to),
        "name": told.name,
        "bureau": told.bureau,
        "kind": told.kind,
        "place_code": told.place_code,
        "reports_to": told.reports_to or None,
        "address_form": told.address_form,
        "is_addressed": is_addressed,
        "fixed_by": None,
    }


def _stay(region: str, valid_from: date, valid_to: date | None) -> Record:
    return {"region": region, "valid_from": valid_from.isoformat(), "valid_to": _plain(valid_to)}


def _write(connection: Connection, unit_code: str, record: Record) -> None:
    _add(connection, unit, unit_code, record["rows"])
    last = record["rows"][-1]
    if any(row["is_addressed"] for row in record["rows"]):
        above = _above(connection, last)
        named = {
            "unit_name": last["name"],
            "province_code": above[0] or unit_code,
            "province_name": above[1] or last["name"],
        }
        changed = connection.execute(update(city).where(city.c.unit_code == unit_code).values(named))
        if not changed.rowcount:
            connection.execute(insert(city).values(unit_code=unit_code, **named))
    known = set(connection.execute(select(city.c.unit_code).where(city.c.unit_code == unit_code)).scalars())
    if unit_code in known:
        _add(connection, region_member, unit_code, record["regions"])


def _above(connection: Connection, row: Record) -> tuple[str, str]:
    """Code and name of the unit above, which gets copies; nothing where that is this office."""
    own = connection.execute(select(installation.c.own_unit)).scalar_one()
    if not row["reports_to"] or row["reports_to"] == own:
        return "", ""
    names = (
        select(unit.c.name).where(unit.c.unit_code == row["reports_to"]).order_by(unit.c.valid_from.desc())
    )
    return row["reports_to"], str(connection.execute(names).scalars().first() or row["reports_to"])


def _add(connection: Connection, table: Table, unit_code: str, rows: Iterable[Record]) -> None:
    for row in rows:
        dates = {
            name: date.fromisoformat(row[name]) if row[name] else None for name in ("valid_from", "valid_to")
        }
        connection.execute(insert(table).values({**row, **dates, "unit_code": unit_code}))


def _decisions(connection: Connection) -> tuple[set[str], dict[str, str]]:
    """The units that an operator changed, and what the profile said of them when that was done or last decided."""
    touched: set[str] = set()
    said: dict[str, str] = {}
    for row in connection.execute(select(unit_change).order_by(unit_change.c.change_id)).mappings():
        code = str(row["unit_code"])
        if row["action"] in ("take", "keep"):
            said[code] = str(row["after_json"])
        else:
            touched.add(code)
            said.setdefault(code, str(row["before_json"]))
    return touched, said


def _log(
    connection: Connection, unit_code: str, action: str, before: Record, after: Record, act: Act
) -> None:
    connection.execute(
        insert(unit_change).values(
            changed_at=act.now,
            unit_code=unit_code,
            action=action,
            before_json=_json(before),
            after_json=_json(after),
            changed_by=act.actor,
            reason=act.reason.strip(),
        )
    )


def _json(record: Record) -> str:
    rows = [{name: value for name, value in row.items() if name != "fixed_by"} for row in record["rows"]]
    return json.dumps({"rows": rows, "regions": record["regions"]}, ensure_ascii=False, sort_keys=True)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
