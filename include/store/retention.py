"""What may go: files that nothing needs any more, by the rules of `rules.RETENTION`. Facts, letters and the audit trail stay.

Marked is what the store names: every file of every letter and every mail of every delivery, whatever their state. Swept is
the rest, once it is old enough. A file that is put again is young again (see Archive.put), so what a running release puts
before its commit is safe. Removing may be interrupted and done again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import ColumnElement, Connection, func, select

from include.errors import CheckFailed
from include.periods import office_date
from include.profile.current import office
from include.rules import RETENTION
from include.store.archive import Archive
from include.store.hourly import DATASETS, days_path, hour_files
from include.store.statements import frame
from include.store.watch_tables import suspect_place

Kind = Literal["archive", "hours", "draft", "hints", "field"]
_RAW_MAIL_DAYS: Final = 400
KINDS: Final[dict[Kind, str]] = {
    "archive": "an object that nothing names: an older preview, the figures of a run, a mail that came in long ago",
    "hours": "hourly values of a day whose daily means are kept",
    "draft": "a half-written file that a crash left",
    "hints": "rows of hints that were not taken",
    "field": "receipts of the phone page, and what lay in its spool and was no report",
}


@dataclass(frozen=True)
class Aged:
    """Files of a folder that nothing names and that go by their age: those of this `pattern`, after `kept`."""

    kind: Kind
    folder: Path
    pattern: str
    kept: timedelta


@dataclass(frozen=True)
class Expendable:
    """One file that may go. `aged_at`: when it was last put or written."""

    kind: Kind
    path: Path
    aged_at: datetime
    size_bytes: int


def needed_files(connection: Connection, now: datetime) -> set[str]:
    """SHA-256 of every file that the store names and that is kept at `now`."""
    mail_since_at = now - timedelta(days=office().retention_days.get("raw_mail", _RAW_MAIL_DAYS))
    return set(frame(connection, "archived_files", mail_since_at=mail_since_at)["sha256"])


def expendable(
    connection: Connection, archive: Archive, hourly_root: Path, aged: Sequence[Aged], now: datetime
) -> list[Expendable]:
    """Every file that may go at `now`, by kind and path. `aged`: what goes by its age alone.

    Raises CheckFailed when the store names no file, or files that the archive lacks: then the two do not belong together, or
    one of them is a half-finished restore, and nothing may be removed.
    """
    needed = needed_files(connection, now)
    held = archive.objects()
    if held and not needed:
        raise CheckFailed(
            "the store names no file of the archive",
            where=str(archive.root),
            got=f"{len(held)} files",
            expected="the archive of this store",
            todo="check the connection supervision_db; nothing was removed",
        )
    if missing := sorted(needed - set(held)):
        raise CheckFailed(
            f"{len(missing)} files of letters are not in the archive",
            where=str(archive.root),
            got=missing[0],
            expected="the archive of this store",
            todo="restore the archive from its backup; nothing was removed",
        )
    unneeded = (path for digest, path in held.items() if digest not in needed)
    found = [
        *_older(now - kept("unnamed"), "archive", unneeded),
        *_older(now - kept("drafts"), "draft", archive.root.glob("*/.new-*")),
        *_older(now - kept("drafts"), "draft", hourly_root.glob("*/.new-*")),
        *_older(now - kept("unnamed"), "hours", _old_days(connection, hourly_root, now)),
        *(file for one in aged for file in _older(now - one.kept, one.kind, one.folder.glob(one.pattern))),
    ]
    return sorted(found, key=lambda one: (one.kind, one.path))


def kept(name: Literal["unnamed", "drafts", "hourly_values"]) -> timedelta:
    """How long something is kept: as the profile says (`retention_days`), or the house's default."""
    days = office().retention_days.get(name)
    default: timedelta = getattr(RETENTION, name)
    return default if days is None else timedelta(days=days)


def remove(
    archive: Archive, found: list[Expendable], now: datetime, on_removed: Callable[[Expendable], None]
) -> None:
    """Removes the files; an object that was put again since it was found stays."""
    for one in found:
        if one.kind == "archive":
            is_gone = archive.remove(one.path.name, not_put_since=now - kept("unnamed"))
        else:
            is_gone = one.path.exists()
            one.path.unlink(missing_ok=True)
        if is_gone:
            on_removed(one)


def old_fires(connection: Connection, now: datetime) -> int:
    """How many fires were seen so long ago that no alarm can be laid to them any more."""
    query = select(func.count()).select_from(suspect_place).where(*_old_fires(now))
    return int(connection.execute(query).scalar_one())


def remove_fires(connection: Connection, now: datetime) -> int:
    """Removes them; returns how many."""
    return int(connection.execute(suspect_place.delete().where(*_old_fires(now))).rowcount)


def _old_fires(now: datetime) -> tuple[ColumnElement[bool], ...]:
    before = now - timedelta(days=office().retention_days["fires"])
    return suspect_place.c.kind == "fire", suspect_place.c.seen_at < before


def _older(than: datetime, kind: Kind, paths: Iterator[Path]) -> Iterator[Expendable]:
    for path in paths:
        try:
            state = path.stat()
        except FileNotFoundError:  # a draft that was finished meanwhile
            continue
        aged_at = datetime.fromtimestamp(state.st_mtime, UTC)
        if aged_at < than:
            yield Expendable(kind, path, aged_at, state.st_size)


def _old_days(connection: Connection, root: Path, now: datetime) -> Iterator[Path]:
    before = office_date(now) - kept("hourly_values")
    in_store = {
        date.fromisoformat(str(day)[:10])
        for day in frame(connection, "days_of_cities", before_date=before)["observed_on"]
    }
    for dataset in DATASETS:
        for day, path in hour_files(root, dataset):
            has_means = (
                day in in_store if dataset in ("city", "member") else days_path(root, dataset, day).exists()
            )
            if day < before and has_means:
                yield path
