"""The spool of the phone page, taken in: each report once, whatever crashes.

A report is known by its id, which the store keeps in the transaction of its facts: a crash before that leaves a file that is read again,
one after it a file that is only removed. What lies in the spool and is no report of the page's goes to `refused/` and on the to-do list.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from include.act import Act
from include.errors import InputError, SourceError
from include.field.folders import FieldFolder
from include.field.links import link_word
from include.field.reports import (
    LARGEST_REPORT_BYTES,
    Answer,
    CodeWish,
    Confirmation,
    Report,
    Sent,
    report_of,
)
from include.field.sealing import own_key, read_sealed
from include.house import House
from include.office.field_answers import SOURCE, store_answer
from include.office.field_decisions import (
    CONFIRMED,
    ENDED,
    ODD_MOMENT,
    PARTLY,
    STOPPED,
    UNCONFIRMED,
    WITHDRAWN,
    kept_for,
    settle,
)
from include.office.field_devices import confirm, speaker, take_wish
from include.office.field_links import last_date, speaking_unit
from include.office.field_tasks import is_step_of_chain, spot_check_key, steps_asked, take_step
from include.periods import DAY, midnight
from include.post.drafts import StoredLetter, find_by_key
from include.rules import FIELD
from include.sources.clocks import TOLERANCE
from include.sources.troubles import Trouble, keep_troubles, trouble_of
from include.store import tables
from include.store.engine import reading, writing
from include.store.field_tables import field_key, field_photo, field_report, field_stop
from include.store.retention import Aged

_REPORT: Final = re.compile(r"[0-9a-f]{32}\.json")
_JPEG: Final = b"\xff\xd8\xff"
_ORPHAN_AFTER: Final = timedelta(
    hours=2
)  # photos whose report never came: the page was stopped between the two

OnStep = Callable[[str], None]


def _ignore(step: str) -> None:
    """Nobody watches."""


@dataclass
class SpoolTaken:
    """What one reading of the spool came to: reports by what became of them, and what was set aside."""

    counts: dict[str, int] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)

    def add(self, what: str) -> None:
        """Counts one."""
        self.counts[what] = self.counts.get(what, 0) + 1


def take_spool(house: House, *, now: datetime, actor: str, on_step: OnStep = _ignore) -> SpoolTaken:
    """Takes in every report of the spool: answers become facts (of a confirmed device) or wait for a person, wishes become mails,
    codes confirm devices. One odd file stops no other. `on_step`: told of each point at which a crash must do no harm."""
    taken = SpoolTaken()
    folder = house.field_folder
    if not folder.spool.is_dir():
        return taken
    with _alone(folder) as is_alone:
        if not is_alone:
            taken.add("busy")
            return taken
        _take_all(house, folder, taken, now, actor, on_step)
        for report_id in _of_devices_confirmed_since(house, now):
            taken.add(settle(house, report_id, now, Act(now, actor, CONFIRMED), is_person=False))
        _sweep(folder, now)
        with writing(house.engine, lock="intake") as connection:
            keep_troubles(connection, SOURCE, taken.troubles, is_whole=True, now=now)
    return taken


def _take_all(
    house: House, folder: FieldFolder, taken: SpoolTaken, now: datetime, actor: str, on_step: OnStep
) -> None:
    key = own_key(folder.key)
    for path in _waiting_files(folder):
        try:
            if not _REPORT.fullmatch(path.name):
                raise InputError("not the name of a report", where=path.name, expected="what the page writes")
            report = report_of(read_sealed(key, "report", path, LARGEST_REPORT_BYTES), path.name)
            if path != folder.report(report.report_id):
                raise InputError("a report under another name", where=path.name, got=report.report_id)
            on_step("read")
            taken.add(_take(house, folder, report, now, actor, on_step))
        except FileNotFoundError:
            continue
        except (SourceError, OperationalError):  # the store or the disk: not the report's fault
            raise
        except Exception as error:  # whatever it is, it is this report's
            taken.troubles.append(_set_aside(folder, path, error))
            continue
        on_step("committed")
        _put_away(folder, path, report)
        on_step("put_away")


def _take(
    house: House, folder: FieldFolder, report: Report, now: datetime, actor: str, on_step: OnStep
) -> str:
    with reading(house.engine) as connection:
        letter, doubt = _letter_of(connection, house, report, now)
    if isinstance(report, CodeWish):
        return "doubtful" if doubt else take_wish(house, report, letter, now, actor)
    if isinstance(report, Confirmation):
        return "doubtful" if doubt else confirm(house, report, now, actor)
    photos = _archived_photos(house, folder, report)
    on_step("photos")
    return _take_answer(house, report, letter, doubt, photos, now)


def _take_answer(
    house: House,
    answer: Answer,
    letter: StoredLetter,
    doubt: str,
    photos: list[dict[str, Any]],
    now: datetime,
) -> str:
    """Stores one answer with its row, in one transaction; returns its state, or `known`."""
    key = spot_check_key(house, now)
    with writing(house.engine, lock="intake") as connection:
        own = field_report.c
        if connection.execute(select(own.state).where(own.report_id == answer.report_id)).first():
            return "known"
        by = speaker(connection, answer.device_id, answer.unit_code, now)
        reason = doubt or ("" if by else UNCONFIRMED)
        state = "waiting"
        if not reason and is_step_of_chain(answer):
            reason = take_step(connection, answer, by, key, now)
            state = "rejected" if reason else "taken"
        elif not reason:
            is_whole = store_answer(connection, answer, by, now, is_simulated=letter.is_simulated)
            state, reason = ("taken", "") if is_whole else ("quarantined", PARTLY)
        position = answer.position
        row = {
            "report_id": answer.report_id,
            "letter_key": answer.letter_key,
            "unit_code": answer.unit_code,
            "alarm_id": answer.alarm_id,
            "step": answer.step,
            "device_id": answer.device_id,
            "received_at": answer.received_at,
            "taken_at": now,
            "state": state,
            "reason": reason,
            "actor": by[:400],
            "body_json": answer.model_copy(update={"position": None}).model_dump_json(),
            "lon": position.lon if position else None,
            "lat": position.lat if position else None,
            "accuracy_m": position.accuracy_m if position else None,
            "is_simulated": letter.is_simulated,
        }
        connection.execute(field_report.insert().values(row))
        for photo in photos:
            connection.execute(field_photo.insert().values(report_id=answer.report_id, **photo))
    return state


def _letter_of(connection: Connection, house: House, report: Sent, now: datetime) -> tuple[StoredLetter, str]:
    """The letter by whose link a report came, and why a person should look at it (Chinese), or empty. Raises InputError for a report
    that no page of ours can have made: a link that is not this letter's, a unit or an alarm that is not in it."""
    letter = find_by_key(connection, report.letter_key)
    if (
        letter is None
        or speaking_unit(letter.unit_code) != report.unit_code
        or letter.issued_on is None
        or not letter.released_at
    ):
        if (
            letter is not None
            and speaking_unit(letter.unit_code) == report.unit_code
            and letter.state != "released"
        ):
            return letter, WITHDRAWN
        raise InputError("no letter of ours", where="field", got=report.letter_key)
    last = last_date(letter.issued_on)
    key = _known_key(connection)
    if key is None or report.word != link_word(key, letter.letter_key, report.unit_code, last):
        raise InputError("not the link of this letter", where=letter.letter_key, got="another word")
    if isinstance(report, Answer):
        if report.step not in steps_asked(letter.kind):
            raise InputError("not a step of the phone page", where=letter.letter_key, got=report.step)
        named = tables.letter_alarm.c
        query = select(named.alarm_id).where(
            named.letter_id == letter.letter_id, named.alarm_id == report.alarm_id
        )
        if connection.execute(query).first() is None:
            raise InputError("not an alarm of this letter", where=letter.letter_key, got=report.alarm_id)
    if not letter.released_at - TOLERANCE <= report.received_at <= now + TOLERANCE:
        return letter, ODD_MOMENT
    if report.received_at >= midnight(last + DAY):
        return letter, ENDED
    stopped = select(field_stop.c.stopped_at).where(field_stop.c.letter_key == letter.letter_key)
    stopped_at = connection.execute(stopped).scalar_one_or_none()
    return letter, STOPPED if stopped_at is not None and report.received_at >= stopped_at else ""


def _archived_photos(house: House, folder: FieldFolder, answer: Answer) -> list[dict[str, Any]]:
    """Puts the photos of an answer into the archive; rows of field_photo without their report. Raises InputError for one that is
    missing or not as the report says."""
    rows = []
    for place, photo in enumerate(answer.photos, start=1):
        path = folder.photo(answer.report_id, place)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                content = file.read(FIELD.largest_kept_photo_bytes + 1)
        except OSError:
            if _is_known(house, answer.report_id):  # and its photos were put away
                return []
            raise InputError("a photo is missing", where=path.name) from None
        is_told = len(content) == photo.size_bytes and hashlib.sha256(content).hexdigest() == photo.sha256
        if not is_told or not content.startswith(_JPEG):
            raise InputError("a photo is not as its report says", where=path.name)
        size = {"size_bytes": photo.size_bytes, "width": photo.width, "height": photo.height}
        rows.append({"place": place, "sha256": house.archive.put(content), **size})
    return rows


def _is_known(house: House, report_id: str) -> bool:
    with reading(house.engine) as connection:
        query = select(field_report.c.state).where(field_report.c.report_id == report_id)
        return connection.execute(query).first() is not None


def _known_key(connection: Connection) -> bytes | None:
    known = connection.execute(select(field_key.c.key_hex)).scalar_one_or_none()
    return None if known is None else bytes.fromhex(str(known))


def _of_devices_confirmed_since(house: House, now: datetime) -> list[str]:
    """The reports that wait only because their device was not confirmed, and now is."""
    own = field_report.c
    with reading(house.engine) as connection:
        query = select(own.report_id, own.device_id, own.unit_code).where(
            own.state == "waiting", own.reason == UNCONFIRMED
        )
        rows = connection.execute(query.order_by(own.received_at, own.report_id)).all()
        return [str(row.report_id) for row in rows if speaker(connection, row.device_id, row.unit_code, now)]


def _waiting_files(folder: FieldFolder) -> list[Path]:
    """What lies in the spool and is no photo and no draft, the oldest first."""
    found = []
    for path in folder.spool.iterdir():
        if path.name.startswith(".") or path.suffix == ".jpg":
            continue
        try:
            found.append((path.lstat().st_mtime_ns, path))
        except FileNotFoundError:
            continue
    return [path for _, path in sorted(found)]


def _set_aside(folder: FieldFolder, path: Path, error: Exception) -> Trouble:
    """Moves what is no report to refused/, with its photos left to the sweep."""
    trouble = trouble_of(path, error, path.name)
    try:
        path.replace(folder.refused / path.name[:200])
    except OSError:
        return Trouble(path.name, f"{trouble.reason}（不能移至refused，留在原处）")
    return trouble


def _put_away(folder: FieldFolder, path: Path, report: Report) -> None:
    """Removes a report that the store knows, then its photos."""
    path.unlink(missing_ok=True)
    if isinstance(report, Answer):
        for place in range(1, len(report.photos) + 1):
            folder.photo(report.report_id, place).unlink(missing_ok=True)


def _sweep(folder: FieldFolder, now: datetime) -> None:
    """Removes photos and drafts that no report in the spool names any more."""
    reports_there = {path.stem for path in folder.spool.glob("*.json")}
    oldest = (now - _ORPHAN_AFTER).timestamp()
    for path in [*folder.spool.glob("*.jpg"), *folder.spool.glob(".*.part")]:
        try:
            is_old = path.lstat().st_mtime < oldest
        except FileNotFoundError:
            continue
        if is_old and path.name.partition(".")[0] not in reports_there:
            path.unlink(missing_ok=True)


def aged_files(folder: FieldFolder) -> tuple[Aged, ...]:
    """The page's receipts and what was set aside, which go by their age."""
    return (
        Aged("field", folder.receipts, "*.json", kept_for("spools")),
        Aged("field", folder.refused, "*", kept_for("spools")),
    )


@contextmanager
def _alone(folder: FieldFolder) -> Iterator[bool]:
    """Whether nobody else of this machine takes the spool meanwhile."""
    handle = os.open(folder.root / ".taking", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(handle)
