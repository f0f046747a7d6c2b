"""What a change of a unit must not leave behind: units above that hold no longer, a place that holds no longer, two regions or none.

What was wrong before the change is no reason to refuse it: only faults that it brings are told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from include.errors import InputError
from include.store.dated_records import Record, meet, uncovered_from


@dataclass(frozen=True)
class _Fault:
    """One fault by what it is about (`key`), and how it is told."""

    key: tuple[str, ...]
    error: InputError


def new_faults(
    before: Mapping[str, Record],
    after: Mapping[str, Record],
    unit_code: str,
    places: Mapping[str, Sequence[Record]],
    *,
    is_complete: bool,
) -> list[InputError]:
    """The faults that the change of one unit brings. `before`, `after`: every unit by code; `places`: the dates of each place;
    `is_complete`: the profile says that every addressed unit is in one region on every day."""

    def faults(records: Mapping[str, Record]) -> list[_Fault]:
        if unit_code not in records:
            return []
        found = [*_above(records, unit_code), *_place(records[unit_code], unit_code, places)]
        return [*found, *_regions(records, unit_code)] if is_complete else found

    known = {one.key for one in faults(before)}
    return [one.error for one in faults(after) if one.key not in known]


def _above(records: Mapping[str, Record], unit_code: str) -> Iterator[_Fault]:
    """Days on which a unit reports to one that does not hold: this one, and those below it, told together."""
    below: list[str] = []
    first = ""
    for code, record in sorted(records.items()):
        for row in record["rows"]:
            above = row["reports_to"]
            if above not in records or unit_code not in (code, above):
                continue
            day = uncovered_from(row, records[above]["rows"])
            if day is None:
                continue
            if code == unit_code:
                yield _Fault(
                    ("above", above, day),
                    InputError(
                        "the unit above does not hold",
                        where=f"unit {unit_code} from {row['valid_from']}",
                        expected="a unit that holds on every day",
                        got=f"{above}, not on {day}",
                        todo="name one that holds",
                    ),
                )
            else:
                below.append(code)
                first = min(first or day, day)
    if below:
        names = sorted(set(below))
        yield _Fault(
            ("below", first, *names),
            InputError(
                "units report to it",
                where=f"unit {unit_code} on {first}",
                expected="none that report to it",
                got=f"{len(names)}: " + ", ".join(names[:10]) + (" …" if len(names) > 10 else ""),
                todo="move or end them first (units move CODE --above …)",
            ),
        )


def _place(record: Record, unit_code: str, places: Mapping[str, Sequence[Record]]) -> Iterator[_Fault]:
    for row in record["rows"]:
        if row["place_code"] in places and (day := uncovered_from(row, places[row["place_code"]])):
            yield _Fault(
                ("place", row["place_code"], day),
                InputError(
                    "its place does not hold",
                    where=f"unit {unit_code} from {row['valid_from']}",
                    expected="a place that holds on every day",
                    got=f"{row['place_code']}, not on {day}",
                    todo="name one that holds",
                ),
            )


def _regions(records: Mapping[str, Record], unit_code: str) -> Iterator[_Fault]:
    """Days on which an addressed unit is in two regions, or in none since the first stay of any."""
    stays = sorted(records[unit_code]["regions"], key=lambda one: (one["valid_from"], one["region"]))
    for at, first in enumerate(stays):
        for second in stays[at + 1 :]:
            if meet(first, second):
                day = max(first["valid_from"], second["valid_from"])
                yield _Fault(
                    ("two", _said(first), _said(second)),
                    InputError(
                        "the unit would be in two regions",
                        where=f"unit {unit_code} on {day}",
                        expected="one region on every day (regions_are_complete)",
                        got=f"{_said(first)}; {_said(second)}",
                        todo=f"units join {unit_code} {second['region']} --leaving {first['region']} does both in one step",
                    ),
                )
    begun = [stay["valid_from"] for record in records.values() for stay in record["regions"]]
    for row in records[unit_code]["rows"] if begun else ():
        wanted = {**row, "valid_from": max(row["valid_from"], min(begun))}
        ends = row["valid_to"]
        if not row["is_addressed"] or (ends is not None and ends <= wanted["valid_from"]):
            continue
        if day := uncovered_from(wanted, stays):
            yield _Fault(
                ("none", day),
                InputError(
                    "the unit would be in no region",
                    where=f"unit {unit_code} on {day}",
                    expected="one region on every day (regions_are_complete)",
                    got="; ".join(_said(stay) for stay in stays) or "no region",
                    todo=f"name its region; units join {unit_code} … --leaving … does both in one step",
                ),
            )


def _said(stay: Record) -> str:
    return f"{stay['region']} {stay['valid_from']}–{stay['valid_to'] or ''}"
