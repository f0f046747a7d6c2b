"""The office's units between dates: taken from the profile once, then changed by an operator, with reason and audit.

`migrate` fills an empty store and never writes again; what the profile says otherwise later is a difference, which
`profile apply` takes where no operator changed the unit, and which is a person's question where one did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, Table, delete, insert, select, update

from include.act import Act
from include.errors import InputError
from include.periods import midnight, office_date
from include.profile.current import told_office
from include.profile.values import UNIT_KINDS, Profile, Unit
from include.store.dated_records import (
    SINCE_EVER,
    Difference,
    Kept,
    Record,
    changeable_from,
    changed_from,
    is_changeable,
    last_row,
    meet,
    plain,
    sort_rows,
    ways_up,
    with_dates,
)
from include.store.statements import frame
from include.store.tables import city, region_member
from include.store.unit_guards import new_faults
from include.store.unit_tables import installation, place, unit, unit_change

UNITS: Final = Kept("unit", unit_change, {"rows": [], "regions": []})


def take_units(connection: Connection, profile: Profile) -> None:
    """Fills the tables of units and regions with what the profile says."""
    told = _told(profile)
    # A store of before has the memberships that its version shipped.
    connection.execute(delete(region_member).where(region_member.c.unit_code.in_(list(told))))
    for code, record in told.items():
        _write(connection, code, record)


def names_of_units(connection: Connection, at: datetime) -> dict[str, str]:
    """What units were called last by the day of a moment, by code: also those that have ended."""
    rows = frame(connection, "unit_names", on_date=office_date(at))
    return dict(zip(rows["unit_code"].astype(str), rows["name"].astype(str), strict=True))


def unit_records(connection: Connection) -> dict[str, Record]:
    """Every unit of the store with its rows and its stays in regions, by code."""
    return _ours(connection)


def differences(connection: Connection, profile: Profile) -> list[Difference]:
    """Where the profile says otherwise than the store, by unit."""
    return UNITS.differences(connection, _ours(connection), _told(profile))


def take_differences(connection: Connection, found: Sequence[Difference], act: Act) -> dict[str, str]:
    """Takes over what the profile says of units; returns why some do not fit to what an operator made of others, by code."""
    ours = _ours(connection)
    fitting, refused = UNITS.fitting(
        ours, found, _checking(connection, {**ours, **{one.code: one.told for one in found}})
    )
    for code, one in fitting.items():
        UNITS.log(connection, code, "take", ours.get(code, UNITS.empty), one.told, act)
        _rewrite(connection, code, one.told)
    return refused


def keep_ours(connection: Connection, one: Difference, act: Act) -> None:
    """Decides that ours stands against what the profile says of the unit now."""
    UNITS.log(connection, one.code, "keep", one.ours, one.told, act)


def add_unit(connection: Connection, told: Unit, is_addressed: bool, region: str, act: Act) -> None:
    """A new unit from its `valid_from` on, in a region where one is named."""
    if _ours(connection).get(told.unit_code):
        raise InputError(
            "the unit is there already", where=f"unit {told.unit_code}", todo="rename or move it"
        )
    form = told_office().address_form(told)  # its own, or that of its kind
    row = _row(told, is_addressed) | {"address_form": form, "fixed_by": act.actor}
    regions = [_stay(region, told.valid_from or SINCE_EVER, None)] if region else []
    _replace(connection, told.unit_code, {"rows": [row], "regions": regions}, "add", act)


def end_unit(
    connection: Connection, unit_code: str, on: date, act: Act, *, is_succeeded: bool = False
) -> None:
    """The unit, and its membership of regions, hold until the day before. Raises InputError where others report to it, or alarms
    were pushed to it, from then on: what was a unit's stays in its figures. `is_succeeded`: they go to a successor, named next."""
    record, row = _last(connection, unit_code, on)
    own = connection.execute(select(installation.c.own_unit)).scalar_one_or_none()
    if unit_code == own:
        raise InputError("this office itself does not end", where=f"unit {unit_code}", got=on)
    later = frame(connection, "alarms_of_unit_from", unit_code=unit_code, start_at=midnight(on)).iloc[0]
    if later["alarms"] and not is_succeeded:
        raise InputError(
            "alarms were pushed to it from then on",
            where=f"unit {unit_code} on {on}",
            expected="an end after its last alarm",
            got=f"{later['alarms']} alarms, the last on {office_date(later['last_pushed_at'].to_pydatetime())}",
            todo="end it on the day after, or name who answers from then on (units end --successor)",
        )
    row["valid_to"] = on.isoformat()
    record["regions"] = [stay for stay in record["regions"] if stay["valid_from"] < on.isoformat()]
    for stay in record["regions"]:
        if stay["valid_to"] is None or stay["valid_to"] > on.isoformat():
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
    changed_from(record, row, since, values, act)
    _replace(connection, unit_code, record, action, act)


def change_region(
    connection: Connection,
    unit_code: str,
    region: str,
    on: date,
    *,
    joins: bool,
    act: Act,
    leaving: str = "",
) -> None:
    """The unit belongs to a region from a date on, or no longer from it on. `leaving`: the region that it leaves as it joins, in one
    step, as a complete partition asks for. Raises InputError for two regions or none where the profile says that they are complete."""
    record, _ = _last(connection, unit_code, on)
    until = _change_stay(record, unit_code, leaving, on, joins=False) if leaving else None
    _change_stay(record, unit_code, region, on, joins=joins, until=until)
    _replace(connection, unit_code, record, "join" if joins else "leave", act)


def _change_stay(
    record: Record, unit_code: str, region: str, on: date, *, joins: bool, until: str | None = None
) -> str | None:
    """Begins a stay (`until`: its end) or ends one, whose former end is returned."""
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
        record["regions"].append({**_stay(region, on, None), "valid_to": until})
        return None
    former: str | None = open_stay["valid_to"]
    if open_stay["valid_from"] >= on.isoformat():
        record["regions"].remove(open_stay)
    else:
        open_stay["valid_to"] = on.isoformat()
    return former


def _last(connection: Connection, unit_code: str, day: date) -> tuple[Record, Record]:
    """The record of a unit, and its row that holds on the day and has no end. Raises InputError."""
    record = _ours(connection).get(unit_code)
    if record is None:
        raise InputError("unknown unit", where=f"unit {unit_code}", todo="units list names them")
    row = last_row(record)
    if not is_changeable(row, day):
        raise InputError(
            "the unit cannot change on that date",
            where=f"unit {unit_code}",
            expected=changeable_from(row),
            got=day,
        )
    return record, row


def _replace(connection: Connection, unit_code: str, record: Record, action: str, act: Act) -> None:
    sort_rows(record)
    record["regions"].sort(key=lambda one: (one["valid_from"], one["region"]))
    everything = _ours(connection)
    changed = everything | {unit_code: record}
    _checking(connection, changed)(changed, unit_code)
    places = place_rows(connection)
    found = new_faults(everything, changed, unit_code, places, is_complete=told_office().has_complete_regions)
    if found:
        raise found[0]
    UNITS.log(connection, unit_code, action, everything.get(unit_code, UNITS.empty), record, act)
    _rewrite(connection, unit_code, record)


def _rewrite(connection: Connection, unit_code: str, record: Record) -> None:
    connection.execute(delete(unit).where(unit.c.unit_code == unit_code))
    connection.execute(delete(region_member).where(region_member.c.unit_code == unit_code))
    _write(connection, unit_code, record)


def _checking(
    connection: Connection, everything: Mapping[str, Record]
) -> Callable[[Mapping[str, Record], str], None]:
    """What raises InputError for what must not be: no bureau, an unknown place or parent, a cycle, two units of one kind for one
    place. `everything`: all units that may meet at a place."""
    places = set(connection.execute(select(place.c.place_code)).scalars())
    alike: dict[tuple[str, str], set[str]] = {}
    for code, record in everything.items():
        for row in record["rows"]:
            if row["kind"] != "department":
                alike.setdefault((row["kind"], row["place_code"]), set()).add(code)

    def check(records: Mapping[str, Record], unit_code: str) -> None:
        for row in records[unit_code]["rows"]:
            where = f"unit {unit_code} from {row['valid_from']}"
            _check_row(row, where, places)
            for code in sorted(alike.get((row["kind"], row["place_code"]), set()) - {unit_code}):
                if any(
                    (one["kind"], one["place_code"]) == (row["kind"], row["place_code"]) and meet(one, row)
                    for one in records.get(code, UNITS.empty)["rows"]
                ):
                    raise InputError(
                        "two units of one kind for one place",
                        where=where,
                        got=f"{code} for {row['place_code']}",
                    )
        for row, path in ways_up(records, unit_code, "reports_to"):
            where = f"unit {unit_code} from {row['valid_from']}"
            if path[-1] not in records:
                raise InputError("the unit above is unknown", where=where, got=path[-1])
            if path[-1] in path[:-1]:
                raise InputError("units would report in a circle", where=where, got=" → ".join(path))

    return check


def place_rows(connection: Connection) -> dict[str, list[Record]]:
    """The dates of each place, by code."""
    found: dict[str, list[Record]] = {}
    for code, start, end in connection.execute(
        select(place.c.place_code, place.c.valid_from, place.c.valid_to)
    ):
        found.setdefault(code, []).append({"valid_from": plain(start), "valid_to": plain(end)})
    return found


def _check_row(row: Record, where: str, places: set[str]) -> None:
    if not row["bureau"].strip() or not row["name"].strip():
        raise InputError("a unit needs a name and the name of its bureau", where=where)
    if row["kind"] not in UNIT_KINDS:
        raise InputError(
            "unknown kind of unit", where=where, expected=" | ".join(UNIT_KINDS), got=row["kind"]
        )
    if row["place_code"] not in places:
        raise InputError(
            "the place of the unit is unknown",
            where=where,
            expected="a place_code of places list",
            got=row["place_code"],
        )


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
        sort_rows(record)
        record["regions"].sort(key=lambda one: (one["valid_from"], one["region"]))
    return found


def _ours(connection: Connection) -> dict[str, Record]:
    """What the store says of each unit, as records."""
    found: dict[str, Record] = {}
    for row in connection.execute(select(unit).order_by(unit.c.unit_code, unit.c.valid_from)).mappings():
        found.setdefault(str(row["unit_code"]), {"rows": [], "regions": []})["rows"].append(
            {name: plain(row[name]) for name in (column.name for column in unit.c) if name != "unit_code"}
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
        "valid_to": plain(told.valid_to),
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
    return {"region": region, "valid_from": valid_from.isoformat(), "valid_to": plain(valid_to)}


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
        connection.execute(insert(table).values({**with_dates(row), "unit_code": unit_code}))
