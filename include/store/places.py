"""The office's places between dates: taken from the profile once, then changed by an operator, with reason and audit.

The rules are those of units (`store.dated_records`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from include.act import Act
from include.errors import InputError
from include.profile.values import Place, Profile
from include.store.dated_records import (
    SINCE_EVER,
    Difference,
    Kept,
    Record,
    changeable_from,
    changed_from,
    is_changeable,
    last_row,
    plain,
    sort_rows,
    uncovered_from,
    ways_up,
    with_dates,
)
from include.store.unit_tables import place, place_change, unit

PLACES: Final = Kept("place", place_change, {"rows": []})
_SEPARATOR: Final = "|"


def take_places(connection: Connection, profile: Profile) -> None:
    """Fills the table of places with what the profile says."""
    rows = [
        with_dates(row) | {"place_code": code}
        for code, record in _told(profile).items()
        for row in record["rows"]
    ]
    if rows:
        connection.execute(insert(place), rows)


def places_of(connection: Connection) -> tuple[Place, ...]:
    """Every row of a place, by code and date."""
    found = connection.execute(select(place).order_by(place.c.place_code, place.c.valid_from)).mappings()
    return tuple(
        Place(
            row["place_code"],
            row["name"],
            row["level"],
            row["parent_code"] or "",
            tuple(name for name in row["aliases"].split(_SEPARATOR) if name),
            row["name_en"],
            None if row["valid_from"] == SINCE_EVER else row["valid_from"],
            row["valid_to"],
        )
        for row in found
    )


def differences(connection: Connection, profile: Profile) -> list[Difference]:
    """Where the profile says otherwise than the store, by place."""
    return PLACES.differences(connection, _ours(connection), _told(profile))


def take_differences(connection: Connection, found: Iterable[Difference], act: Act) -> dict[str, str]:
    """Takes over what the profile says of places; returns why some do not fit to what an operator made of others, by code."""
    ours = _ours(connection)
    fitting, refused = PLACES.fitting(ours, found, _check)
    for code, one in fitting.items():
        PLACES.log(connection, code, "take", ours.get(code, PLACES.empty), one.told, act)
        _rewrite(connection, code, one.told)
    return refused


def keep_ours(connection: Connection, one: Difference, act: Act) -> None:
    """Decides that ours stands against what the profile says of the place now."""
    PLACES.log(connection, one.code, "keep", one.ours, one.told, act)


def add_place(connection: Connection, told: Place, act: Act) -> None:
    """A new place from its `valid_from` on."""
    if _ours(connection).get(told.place_code):
        raise InputError(
            "the place is there already", where=f"place {told.place_code}", todo="rename or move it"
        )
    _replace(connection, told.place_code, {"rows": [_row(told) | {"fixed_by": act.actor}]}, "add", act)


def end_place(connection: Connection, place_code: str, on: date, act: Act) -> None:
    """The place holds until the day before. Raises InputError where units or places lie in it on that day."""
    everything = _ours(connection)
    record, row = _last(everything, place_code, on)
    lying = select(unit.c.unit_code).where(
        unit.c.place_code == place_code, (unit.c.valid_to.is_(None)) | (unit.c.valid_to > on)
    )
    inside = [
        code
        for code, other in everything.items()
        for one in other["rows"]
        if one["parent_code"] == place_code and (one["valid_to"] is None or one["valid_to"] > on.isoformat())
    ]
    if left := sorted({*connection.execute(lying).scalars(), *inside}):
        raise InputError(
            "units or places lie in it",
            where=f"place {place_code} on {on}",
            got=", ".join(left[:10]),
            todo="end them, or move them elsewhere, first",
        )
    row["valid_to"] = on.isoformat()
    _replace(connection, place_code, record, "end", act)


def change_place(
    connection: Connection, place_code: str, since: date, values: Mapping[str, str], action: str, act: Act
) -> None:
    """From a date on the place has other `values` (name, name_en, level, parent_code); until then it stays as it was. A former name
    is an alias from then on: files may go on saying it."""
    record, row = _last(_ours(connection), place_code, since)
    told: dict[str, Any] = {
        name: value or None if name == "parent_code" else value for name, value in values.items()
    }
    aliases = [name for name in row["aliases"].split(_SEPARATOR) if name]
    if told.get("name", row["name"]) != row["name"] and row["name"] not in aliases:
        aliases.append(row["name"])
    told["aliases"] = _SEPARATOR.join(name for name in aliases if name != told.get("name"))
    changed_from(record, row, since, told, act)
    _replace(connection, place_code, record, action, act)


def _last(records: Mapping[str, Record], place_code: str, day: date) -> tuple[Record, Record]:
    """The record of a place, and its row that holds on the day and has no end. Raises InputError."""
    record = records.get(place_code)
    if record is None:
        raise InputError("unknown place", where=f"place {place_code}", todo="places list names them")
    row = last_row(record)
    if not is_changeable(row, day):
        raise InputError(
            "the place cannot change on that date",
            where=f"place {place_code}",
            expected=changeable_from(row),
            got=day,
        )
    return record, row


def _replace(connection: Connection, place_code: str, record: Record, action: str, act: Act) -> None:
    sort_rows(record)
    everything = _ours(connection)
    _check(everything | {place_code: record}, place_code)
    _check_around(everything, everything | {place_code: record}, place_code)
    PLACES.log(connection, place_code, action, everything.get(place_code, PLACES.empty), record, act)
    _rewrite(connection, place_code, record)


def _rewrite(connection: Connection, place_code: str, record: Record) -> None:
    connection.execute(delete(place).where(place.c.place_code == place_code))
    for row in record["rows"]:
        connection.execute(insert(place).values({**with_dates(row), "place_code": place_code}))


def _check(records: Mapping[str, Record], place_code: str) -> None:
    """Raises InputError for what must not be: no name or level, an unknown parent, a cycle."""
    for row in records[place_code]["rows"]:
        where = f"place {place_code} from {row['valid_from']}"
        if not row["name"].strip() or not row["level"].strip():
            raise InputError("a place needs a name and a level", where=where)
        if _SEPARATOR in row["name"]:
            raise InputError("a name holds no |", where=where, got=row["name"])
    for row, path in ways_up(records, place_code, "parent_code"):
        where = f"place {place_code} from {row['valid_from']}"
        if path[-1] not in records:
            raise InputError("the place around it is unknown", where=where, got=path[-1])
        if path[-1] in path[:-1]:
            raise InputError("places would lie in each other in a circle", where=where, got=" → ".join(path))


def _check_around(before: Mapping[str, Record], after: Mapping[str, Record], place_code: str) -> None:
    """Raises InputError where a change lets the place lie in one that does not hold on some day."""

    def lacking(records: Mapping[str, Record]) -> list[tuple[str, str]]:
        return [
            (str(row["parent_code"]), day)
            for row in records.get(place_code, PLACES.empty)["rows"]
            if row["parent_code"] in records
            and (day := uncovered_from(row, records[row["parent_code"]]["rows"]))
        ]

    known = lacking(before)
    for parent, day in lacking(after):
        if (parent, day) not in known:
            raise InputError(
                "the place around it does not hold",
                where=f"place {place_code}",
                expected="a place that holds on every day",
                got=f"{parent}, not on {day}",
                todo="name one that holds",
            )


def _told(profile: Profile) -> dict[str, Record]:
    """What the profile says of each place, as records."""
    found: dict[str, Record] = {}
    for one in profile.places:
        found.setdefault(one.place_code, {"rows": []})["rows"].append(_row(one))
    for record in found.values():
        sort_rows(record)
    return found


def _ours(connection: Connection) -> dict[str, Record]:
    """What the store says of each place, as records."""
    found: dict[str, Record] = {}
    rows = connection.execute(select(place).order_by(place.c.place_code, place.c.valid_from)).mappings()
    for row in rows:
        values = {name: plain(value) for name, value in row.items() if name != "place_code"}
        found.setdefault(str(row["place_code"]), {"rows": []})["rows"].append(values)
    return found


def _row(told: Place) -> Record:
    return {
        "valid_from": (told.valid_from or SINCE_EVER).isoformat(),
        "valid_to": plain(told.valid_to),
        "name": told.name,
        "level": told.level,
        "parent_code": told.parent_code or None,
        "aliases": _SEPARATOR.join(told.aliases),
        "name_en": told.name_en,
        "fixed_by": None,
    }
