"""What the page is told: letters, contacts, devices, results. The folder is a picture of the store: `tell_page` makes it what the store
says, so that nothing is lost by a crash between the two, and what is over (a link that ended or was taken back, a code) is not there.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from sqlalchemy import Connection, or_, select

from include.act import Act
from include.chain.figures import VISIT, ChainFigures
from include.errors import InputError, StateError
from include.field.bundles import (
    Bundle,
    BundleAlarm,
    DeviceTold,
    Result,
    Results,
    Suspect,
    UnitContact,
    UnitTold,
)
from include.field.folders import FieldFolder
from include.field.links import bundle_name, link_word, word_hash
from include.field.sealing import Purpose, own_key, seal, write_whole
from include.house import House
from include.language import say
from include.letter_kinds import letter_label
from include.office.field_links import (
    asking_kinds,
    asks,
    contact_label,
    contacts_of,
    last_date,
    link_key,
    speaking_unit,
)
from include.office.field_tasks import cases_told, steps_asked, tasks_told
from include.office.register import LETTER_TYPES
from include.periods import DAY, midnight, office_date, office_zone
from include.post.audit import Change, record
from include.post.drafts import StoredLetter, find, find_by_key
from include.profile.current import office
from include.rules import DEADLINES, FIELD
from include.store import tables
from include.store.engine import reading, writing
from include.store.field_tables import field_device, field_report, field_stop
from include.supervision.figures import from_json
from include.suspects.kinds import UNLISTED
from include.suspects.wording import LEVELS

_log = logging.getLogger(__name__)
_REFUSED_SHOWN: Final = FIELD.code_life  # so long a device is told why it got no code


def stop_link(house: House, letter_key: str, act: Act) -> None:
    """Takes the link of a letter back, for good. Raises InputError without a reason, StateError for an unknown letter."""
    if not act.reason.strip():
        raise InputError("a reason is needed", where=letter_key, todo="say why the link is taken back")
    with writing(house.engine, lock="field_stop") as connection:
        if find_by_key(connection, letter_key) is None:
            raise StateError("no such letter", where=letter_key, todo="see: letters list")
        known = select(field_stop.c.letter_key).where(field_stop.c.letter_key == letter_key)
        if connection.execute(known).first() is not None:
            raise StateError("the link is taken back already", where=letter_key)
        row = {
            "letter_key": letter_key,
            "stopped_at": act.now,
            "stopped_by": act.actor[:128],
            "reason": act.reason,
        }
        connection.execute(field_stop.insert().values(row))
        change = Change("field_link", letter_key, "stop", "open", "stopped", act.reason)
        record(connection, [change], now=act.now, actor=act.actor)
    if house.field.is_on:
        tell_page(house, act.now)


def open_link(house: House, letter_id: int, now: datetime) -> None:
    """Tells the page of a letter that was released just now; what fails is made good by the next `tell_page`."""
    if not house.field.is_on:
        return
    try:
        key, folder = _ready(house), house.field_folder
        with reading(house.engine) as connection:
            letter = find(connection, letter_id)
            if letter.kind not in asking_kinds():
                return
            unit = _unit_told(connection, speaking_unit(letter.unit_code), office_date(now))
        told = bundle_of(house, letter, link_key(house.engine, now))
        if told is not None:
            _put(folder.bundle(bundle_name(told.letter_key, told.unit_code)), key, "bundle", told)
            _put(folder.unit(told.unit_code), key, "unit", unit)
    except (InputError, OSError) as error:
        _log.error("the phone page was not told of letter %s yet: %s", letter_id, error)


def tell_page(house: House, now: datetime) -> dict[str, int]:
    """Makes the folder what the store says; returns how many links are open and how many files were written and taken away. Raises
    InputError, OSError."""
    key, folder, links = _ready(house), house.field_folder, link_key(house.engine, now)
    with reading(house.engine) as connection:
        letters = _open_letters(connection, now)
        named = {bundle_name(one.letter_key, speaking_unit(one.unit_code)): one for one in letters}
        units = {
            code: _unit_told(connection, code, office_date(now))
            for code in {speaking_unit(one.unit_code) for one in letters}
        }
        devices = _devices(connection, now)
        results = _results(connection, {one.letter_key for one in letters}, now)
        tasks = {
            one.letter_key: tasks_told(connection, one.letter_id, speaking_unit(one.unit_code), now)
            for one in letters
        }
    written, kept = 0, defaultdict[Path, set[str]](set)
    for name, letter in named.items():
        path = folder.bundle(name)
        if not path.exists():
            told = bundle_of(house, letter, links)
            if told is None:
                continue
            written += _put(path, key, "bundle", told)
        kept[folder.bundles].add(path.name)
        reports = Results(reports=tuple(results.get(letter.letter_key, ())), tasks=tasks[letter.letter_key])
        if reports.reports or reports.tasks:
            written += _put(folder.result(name), key, "results", reports)
            kept[folder.results].add(path.name)
    for unit in units.values():
        written += _put(folder.unit(unit.unit_code), key, "unit", unit)
        kept[folder.units].add(folder.unit(unit.unit_code).name)
    for device in devices:
        path = folder.device(device.device_id, device.unit_code)
        written += _put(path, key, "device", device)
        kept[folder.devices].add(path.name)
    taken = sum(
        _take_away(place, kept[place])
        for place in (folder.bundles, folder.results, folder.units, folder.devices)
    )
    return {"links": len(kept[folder.bundles]), "written": written, "taken_away": taken}


def bundle_of(house: House, letter: StoredLetter, key: bytes) -> Bundle | None:
    """What the page is told of a released letter; None of one that asks nothing."""
    figures = from_json(LETTER_TYPES[letter.kind].figures, letter.figures_json)
    if not asks(figures) or letter.issued_on is None or letter.released_at is None:
        return None
    last, unit_code = last_date(letter.issued_on), speaking_unit(letter.unit_code)
    is_of_chain = isinstance(figures, ChainFigures)
    suspects = {} if is_of_chain else {one.alarm_id: one.suspects for one in figures.suspects}
    return Bundle(
        letter_key=letter.letter_key,
        unit_code=unit_code,
        unit_name=figures.unit_name,
        title=say(letter_label(letter.kind)),
        issuer=house.issuer.name,
        phone=house.issuer.phone,
        number=letter.number,
        released_at=letter.released_at,
        expires_at=midnight(last + DAY),
        link_hash=word_hash(link_word(key, letter.letter_key, unit_code, last)),
        zone=office_zone().key,
        language=office().language,
        is_simulated=letter.is_simulated,
        steps=steps_asked(letter.kind),
        categories=office().categories,
        longest_promise_days=DEADLINES.rectify_longest.days,
        position_days=office().retention_days.get("positions", FIELD.positions),
        alarms=cases_told(figures)
        if is_of_chain
        else tuple(_alarm(row, suspects.get(row.alarm_id, ())) for row in figures.form),
    )


def _alarm(row: Any, suspects: Iterable[Any]) -> BundleAlarm:
    return BundleAlarm(
        alarm_id=row.alarm_id,
        grid_id=row.grid_id,
        county=row.county,
        point_name=row.point_name,
        lon=row.lon,
        lat=row.lat,
        started_at=row.started_at,
        alarm_count=row.alarm_count,
        peak_pm25_ug_m3=row.peak_pm25_ug_m3,
        deadline_at=row.deadline_at,
        suspects=tuple(
            Suspect(candidate_id=one.candidate_id, name=one.name, level=LEVELS[one.level], reason=one.reason)
            for one in suspects
            if one.candidate_id and one.kind != UNLISTED
        ),
    )


def _unit_told(connection: Connection, unit_code: str, on_date: date) -> UnitTold:
    contacts = contacts_of(connection, unit_code, on_date)
    told = (UnitContact(contact=key, label=contact_label(*one)[:255]) for key, one in contacts.items())
    return UnitTold(unit_code=unit_code, contacts=tuple(told))


def _open_letters(connection: Connection, now: datetime) -> list[StoredLetter]:
    """The released letters whose links may be used now."""
    letter = tables.letter.c
    rows = connection.execute(
        select(letter.letter_id)
        .where(
            letter.state == "released",
            or_(letter.unit_code.is_not(None), letter.kind == VISIT),
            letter.kind.in_(asking_kinds()),
            letter.issued_on >= office_date(now) - FIELD.link_life,
            letter.letter_key.not_in(select(field_stop.c.letter_key)),
        )
        .order_by(letter.letter_id)
    ).scalars()
    return [find(connection, letter_id) for letter_id in rows]


def _devices(connection: Connection, now: datetime) -> list[DeviceTold]:
    """What the page is told of devices: confirmed ones, codes under way, and why there is none."""
    own = field_device.c
    found = []
    for row in connection.execute(select(field_device).order_by(own.device_id, own.unit_code)):
        until = row.expires_at if row.state == "confirmed" else row.code_expires_at
        if row.state == "refused":
            until = row.asked_at + _REFUSED_SHOWN
        if row.state == "revoked" or until is None or until <= now:
            continue
        found.append(
            DeviceTold(
                device_id=row.device_id,
                unit_code=row.unit_code,
                state=row.state,
                label=contact_label(row.contact_name, row.contact_address)[:255],
                reason=row.reason if row.state == "refused" else "",
                asked_at=row.asked_at,
                expires_at=until,
                code_salt=row.code_salt if row.state == "asked" else "",
                code_hash=row.code_hash if row.state == "asked" else "",
            )
        )
    return found


def _results(connection: Connection, wanted: set[str], now: datetime) -> dict[str, list[Result]]:
    """What became of the reports, by letter."""
    own = field_report.c
    found = defaultdict[str, list[Result]](list)
    recent = select(field_report).where(own.received_at >= now - FIELD.link_life - 2 * DAY)
    for row in connection.execute(recent.order_by(own.received_at, own.report_id)):
        if row.letter_key in wanted:
            found[row.letter_key].append(
                Result(
                    report_id=row.report_id,
                    alarm_id=row.alarm_id,
                    step=row.step,
                    received_at=row.received_at,
                    state=row.state,
                    reason=row.reason if row.state == "rejected" else "",
                )
            )
    return found


def _ready(house: House) -> bytes:
    """The key of the seals; makes folder and key where they are missing. Raises InputError, OSError."""
    folder: FieldFolder = house.field_folder
    folder.make()
    return own_key(folder.key)


def _put(path: Path, key: bytes, purpose: Purpose, told: BaseModel) -> int:
    """Writes a file unless it says the same already; returns how many were written."""
    data = seal(key, purpose, told.model_dump(mode="json"))
    try:
        if path.read_bytes() == data:
            return 0
    except FileNotFoundError:
        pass
    write_whole(path, data)
    return 1


def _take_away(place: Path, kept: set[str]) -> int:
    gone = [path for path in place.glob("*.json") if path.name not in kept]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
