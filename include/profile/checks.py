"""What must hold between the rows of a profile; each fault names file and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final, TypeVar

from include.addresses import is_long_mailbox, is_mailbox
from include.profile.dates import Dated, begins, ends, gaps, groups, overlaps, uncovered
from include.profile.findings import Findings
from include.profile.settings import FILE
from include.profile.values import CONTACT_ROLES, UNIT_KINDS, Place, Profile, Stay, Unit

R = TypeVar("R", Place, Unit, Stay)
D = TypeVar("D", bound=Dated)
# What the store has room for.
_LONGEST: Final[Mapping[str, Mapping[str, int]]] = {
    "places.csv": {"name": 200, "level": 200, "name_en": 200},
    "units.csv": {"name": 64, "bureau": 128, "address_form": 32},
}
_DEEPEST: Final = 30  # levels above a place or a unit
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}")


def check(profile: Profile, findings: Findings) -> None:
    """Notes every fault between the files of a profile."""
    _check_places(profile, findings)
    _check_units(profile, findings)
    _check_regions(profile, findings)
    _check_contacts(profile, findings)
    codes = {unit.unit_code for unit in profile.units}
    for change in profile.rules:
        if change.unit_code and change.unit_code not in codes:
            findings.add(
                FILE,
                change.line,
                "a rule for an unknown unit",
                expected="a unit_code of units.csv",
                got=change.unit_code,
            )
    _check_chain(profile, findings)
    _check_rules_once(profile, findings)
    _check_names(profile, findings)
    if profile.season[0] >= profile.season[1]:
        findings.add(
            FILE,
            findings.line(FILE, "season.end"),
            "the season ends before it begins",
            expected=f"an end after {profile.season[0]}",
            got=profile.season[1],
        )


def _check_rules_once(profile: Profile, findings: Findings) -> None:
    lines: dict[tuple[object, ...], int] = {}
    for change in profile.rules:
        first = lines.setdefault((change.name, change.unit_code, change.valid_from), change.line)
        if first != change.line:
            findings.add(
                FILE,
                change.line,
                "a rule stands twice",
                expected=f"another date or unit than in line {first}",
                got=f"{change.name} from {change.valid_from}",
            )


def _check_names(profile: Profile, findings: Findings) -> None:
    """Names that are too long for the store, and two addressed units that files would call by one name on one day."""
    for file, rows in (("places.csv", profile.places), ("units.csv", profile.units)):
        for row in rows:
            for column, longest in _LONGEST[file].items():
                if len(told := str(getattr(row, column))) > longest:
                    findings.add(
                        file,
                        row.line,
                        f"{column} is too long",
                        expected=f"at most {longest} characters",
                        got=f"{told[:20]}… ({len(told)})",
                    )
    for place in profile.places:
        if "|" in place.name:
            findings.add(
                "places.csv",
                place.line,
                "a name holds a |",
                expected="aliases in their column",
                got=place.name,
            )
    called: dict[str, list[Unit]] = {}
    for unit in profile.addressees():
        for name in {unit.name, *unit.aliases}:
            called.setdefault(name, []).append(unit)
    for name, units in called.items():
        for first, second, day in overlaps(next(_dated([units], "units.csv", findings), [])):
            if first.unit_code != second.unit_code:
                findings.add(
                    "units.csv",
                    second.line,
                    f"two units are called {name} on {day}",
                    expected=f"names and aliases of one unit only: line {first.line} is {first.unit_code}",
                    got=second.unit_code,
                )


def _check_places(profile: Profile, findings: Findings) -> None:
    file, places = "places.csv", profile.places
    if not places:
        findings.add(file, 1, "no place", expected="the places of this office", got="a header only")
        findings.lacking.add(file)
    levels = {place.level for place in places}
    for level in profile.addressed_levels if places else ():
        if level not in levels:
            findings.add(
                FILE,
                findings.line(FILE, "addressees.levels"),
                "a level that no place has",
                expected=" | ".join(sorted(levels)),
                got=level,
            )
            findings.lacking.add("addressees.levels")
    by_code = _by_code(places, lambda place: place.place_code)
    for place in places:
        _check_code(file, place.line, place.place_code, findings)
        if place.parent_code and place.parent_code not in by_code:
            findings.add(
                file,
                place.line,
                "unknown parent",
                expected="a place_code of this file",
                got=place.parent_code,
            )
        elif place.parent_code and (
            day := _uncovered(place, by_code[place.parent_code], (file, file), findings)
        ):
            findings.add(
                file,
                place.line,
                f"the parent {place.parent_code} does not hold on {day}",
                expected="a parent on every day",
                got=place.place_code,
            )
    _check_cycles(file, by_code, lambda place: place.parent_code, findings)
    _check_place_names(places, findings)
    for same in _dated(by_code.values(), file, findings):
        for first, second, day in overlaps(same):
            findings.add(
                file,
                second.line,
                f"a code that two places share on {day}",
                expected=f"another code than in line {first.line} ({first.name}), or dates that do not meet",
                got=f"{second.place_code} {second.name}",
            )
        for first, second, day in gaps(same):
            findings.add(
                file,
                second.line,
                f"a gap in validity from {day}",
                expected=f"valid_from {day}, where line {first.line} ends",
                got=second.valid_from or "",
            )


def _check_place_names(places: Sequence[Place], findings: Findings) -> None:
    """A file that names a place means one: of two below one parent that hold at a time, no name or alias is the other's."""
    first_of: dict[tuple[str, str], list[Place]] = {}
    for place in places:
        for name in dict.fromkeys((place.name, *place.aliases)):
            others = first_of.setdefault((place.parent_code, name), [])
            for other in others:
                meet = begins(other) < ends(place) and begins(place) < ends(other)
                if other.place_code != place.place_code and meet:
                    findings.add(
                        "places.csv",
                        place.line,
                        "a name that two places share",
                        expected=f"another name than in line {other.line} ({other.place_code})",
                        got=name,
                    )
            others.append(place)


def _check_units(profile: Profile, findings: Findings) -> None:
    file, units = "units.csv", profile.units
    by_code = _by_code(units, lambda unit: unit.unit_code)
    places = _by_code(profile.places, lambda place: place.place_code)
    if profile.own_unit not in by_code and "own_unit" not in findings.lacking:
        findings.lacking.add("own_unit")
        findings.add(
            FILE,
            findings.line(FILE, "own_unit"),
            "own_unit is no unit",
            expected="a unit_code of units.csv",
            got=profile.own_unit,
        )
    for unit in units:
        _check_unit(unit, by_code, places, findings)
    _check_cycles(file, by_code, lambda unit: unit.reports_to, findings)
    for same in _dated(by_code.values(), file, findings):
        for first, second, day in overlaps(same):
            findings.add(
                file,
                second.line,
                f"two rows of one unit on {day}",
                expected=f"dates that do not meet those of line {first.line}",
                got=second.unit_code,
            )
        for first, second, day in gaps(same):
            findings.add(
                file,
                second.line,
                f"a gap in validity from {day}",
                expected=f"valid_from {day}, where line {first.line} ends",
                got=second.valid_from or "",
            )
    # A place has one bureau, one zone's office, one town's office; departments are told apart by their names.
    alike_units = groups(
        units, lambda unit: (unit.kind, unit.place_code, unit.name if unit.kind == "department" else "")
    )
    for alike in _dated(alike_units, file, findings):
        for first, second, day in overlaps(alike):
            if first.unit_code != second.unit_code:
                findings.add(
                    file,
                    second.line,
                    f"two units of the kind {second.kind} for {second.place_code} on {day}",
                    expected=f"one: line {first.line} is {first.unit_code}",
                    got=second.unit_code,
                )
    is_told = not findings.lacking & {"addressees.levels", "addressees.kinds"}
    if is_told and not any(profile.is_addressed(unit) for unit in units):
        findings.add(
            FILE,
            findings.line(FILE, "addressees.levels"),
            "no unit is addressed",
            expected="a unit whose place has a level of addressees.levels",
            got=", ".join(profile.addressed_levels),
        )


def _check_unit(
    unit: Unit, units: Mapping[str, Sequence[Unit]], places: Mapping[str, Sequence[Place]], findings: Findings
) -> None:
    file = "units.csv"
    _check_code(file, unit.line, unit.unit_code, findings)
    if not unit.bureau:
        findings.add(
            file,
            unit.line,
            "a unit without the name of its bureau",
            expected="the addressee as a letter prints it",
            got=unit.unit_code,
        )
    if unit.kind not in UNIT_KINDS:
        findings.add(file, unit.line, "unknown kind", expected=" | ".join(UNIT_KINDS), got=unit.kind)
    if not places:
        return
    if unit.place_code not in places:
        findings.add(
            file, unit.line, "unknown place", expected="a place_code of places.csv", got=unit.place_code
        )
    elif day := _uncovered(unit, places[unit.place_code], (file, "places.csv"), findings):
        findings.add(
            file,
            unit.line,
            f"its place {unit.place_code} does not hold on {day}",
            expected="a place on every day",
            got=unit.unit_code,
        )
    if unit.reports_to and unit.reports_to not in units:
        findings.add(
            file, unit.line, "unknown parent", expected="a unit_code of this file", got=unit.reports_to
        )
    elif unit.reports_to and (day := _uncovered(unit, units[unit.reports_to], (file, file), findings)):
        findings.add(
            file,
            unit.line,
            f"the unit above, {unit.reports_to}, does not hold on {day}",
            expected="a parent on every day",
            got=unit.unit_code,
        )


def _check_regions(profile: Profile, findings: Findings) -> None:
    file = "regions.csv"
    units = _by_code(profile.units, lambda unit: unit.unit_code)
    for stay in profile.regions:
        if stay.unit_code not in units:
            findings.add(
                file, stay.line, "unknown unit", expected="a unit_code of units.csv", got=stay.unit_code
            )
        else:
            _check_unit_holds(stay, stay.unit_code, units[stay.unit_code], file, findings)
    stays = groups(profile.regions, lambda stay: (stay.unit_code, stay.region))
    for same in _dated(stays, file, findings):
        for first, second, day in overlaps(same):
            findings.add(
                file,
                second.line,
                f"the unit is twice in {second.region} on {day}",
                expected=f"dates that do not meet those of line {first.line}",
                got=second.unit_code,
            )
    if profile.has_complete_regions:
        _check_partition(profile, findings)


def _check_partition(profile: Profile, findings: Findings) -> None:
    """A partition that profile.yaml says is complete: every addressed unit in one region on every day since the first stay."""
    file = "regions.csv"
    if not profile.regions and profile.addressees() and file not in findings.lacking:
        line = findings.line(FILE, "regions_are_complete")
        findings.add(FILE, line, "no unit is in a region", expected="a region of every unit in regions.csv")
    stays = {same[0].unit_code: same for same in groups(profile.regions, lambda stay: stay.unit_code)}
    since = min(
        (stay.valid_from for stay in profile.regions if (file, stay.line) not in findings.undated),
        default=None,
    )
    for unit in profile.addressees():
        own: list[Stay] = stays.get(unit.unit_code, [])
        if not list(_dated([own], file, findings)) or ("units.csv", unit.line) in findings.undated:
            continue
        for first, second, day in overlaps(own):
            findings.add(
                file,
                second.line,
                f"the unit is in two regions on {day}",
                expected=f"one: line {first.line} says {first.region}",
                got=f"{second.unit_code} in {second.region}",
            )
        if since is None:
            continue
        wanted = Stay("", unit.unit_code, max(since, unit.valid_from or since), unit.valid_to)
        missing = uncovered(wanted, own)
        if missing is not None:
            where, line = (file, max(stay.line for stay in own)) if own else ("units.csv", unit.line)
            findings.add(
                where,
                line,
                f"the unit is in no region on {missing}",
                expected="one region on every day (regions_are_complete)",
                got=unit.unit_code,
            )


def _check_chain(profile: Profile, findings: Findings) -> None:
    if "addressees.levels" in findings.lacking:
        return
    codes = {unit.unit_code for unit in profile.addressees()}
    own = profile.unit(profile.own_unit)
    if profile.chain and profile.chain.tells_superior and own and not own.reports_to:
        findings.add(
            FILE,
            findings.line(FILE, "chain.tell_superior"),
            "tell_superior without a unit above",
            expected="reports_to of the own unit in units.csv",
            got=profile.own_unit,
        )
    for rule in profile.chain.assign if profile.chain else ():
        for code in (rule.lead, *rule.joint):
            if code and code not in codes:
                expected = "the unit_code of a unit that letters go to"
                findings.add(
                    FILE, rule.line, "a chain's rule for an unknown unit", expected=expected, got=code
                )
        for category in rule.categories:
            if category not in profile.categories:
                expected = "a category of categories.csv"
                findings.add(FILE, rule.line, "unknown category", expected=expected, got=category)


def _check_contacts(profile: Profile, findings: Findings) -> None:
    file = "contacts.csv"
    units = _by_code(profile.units, lambda unit: unit.unit_code)
    for contact in profile.contacts:
        if contact.unit_code not in units:
            findings.add(
                file,
                contact.line,
                "a contact of an unknown unit",
                expected="a unit_code of units.csv",
                got=contact.unit_code,
            )
        else:
            _check_unit_holds(contact, contact.unit_code, units[contact.unit_code], file, findings)
        if contact.role not in CONTACT_ROLES:
            findings.add(
                file, contact.line, "unknown role", expected=" | ".join(CONTACT_ROLES), got=contact.role
            )
        if not is_mailbox(contact.address) or is_long_mailbox(contact.address):
            findings.add(file, contact.line, "no address", expected="name@domain", got=contact.address)
    contacts = groups(profile.contacts, lambda one: (one.unit_code, one.role, one.address.casefold()))
    for same in _dated(contacts, file, findings):
        for first, second, day in overlaps(same):
            findings.add(
                file,
                second.line,
                f"a contact stands twice on {day}",
                expected=f"dates that do not meet those of line {first.line}",
                got=f"{second.unit_code} {second.role} {second.address}",
            )


def _check_unit_holds(
    row: Dated, unit_code: str, units: Sequence[Unit], file: str, findings: Findings
) -> None:
    if day := _uncovered(row, units, (file, "units.csv"), findings):
        findings.add(
            file,
            row.line,
            f"the unit does not hold on {day}",
            expected="dates within those of the unit in units.csv",
            got=unit_code,
        )


def _check_code(file: str, line: int, code: str, findings: Findings) -> None:
    if not _CODE.fullmatch(code):
        findings.add(file, line, "not a code", expected="1 to 32 letters, digits, . and -", got=code)


def _check_cycles(
    file: str, rows: Mapping[str, Sequence[R]], parent: Callable[[R], str], findings: Findings
) -> None:
    """Each row that leads back to itself by the parents of its first day."""
    for code, same in rows.items():
        for row in same:
            path: list[str] = [code]
            at = parent(row)
            while at in rows and at not in path and len(path) <= _DEEPEST:
                path.append(at)
                above = next(
                    (one for one in rows[at] if begins(one) <= begins(row) < ends(one)), rows[at][-1]
                )
                at = parent(above)
            if len(path) > _DEEPEST:
                findings.add(
                    file,
                    row.line,
                    "too many levels above it",
                    expected=f"at most {_DEEPEST}",
                    got=" → ".join([*path[:3], "…"]),
                )
            elif at == code:  # each member of the circle finds it; those that lead into one do not
                findings.add(file, row.line, "a cycle", expected="a tree", got=" → ".join([*path, code]))


def _dated(same: Iterable[list[D]], file: str, findings: Findings) -> Iterator[list[D]]:
    """The groups of rows whose dates could all be read: of the others it is said already."""
    for rows in same:
        if not any((file, row.line) in findings.undated for row in rows):
            yield rows


def _uncovered(
    inner: Dated, outer: Sequence[Dated], files: tuple[str, str], findings: Findings
) -> date | None:
    """As `uncovered`, of rows whose dates could be read; `files`: theirs."""
    told = {(files[0], inner.line), *((files[1], row.line) for row in outer)}
    return None if told & findings.undated else uncovered(inner, outer)


def _by_code(rows: Sequence[R], code: Callable[[R], str]) -> dict[str, list[R]]:
    return {code(same[0]): same for same in groups(rows, code)}
