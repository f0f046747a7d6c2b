"""Kind `inbox`: a watched folder. Each finished file is read once, in a transaction of its own, and moved with a report.

A file's content is known to the ledger by its SHA-256 in the same transaction as its rows: a crash before the move
leaves a file that is only moved next time, a crash before the commit one that is read next time.
"""

from __future__ import annotations

import errno
import hashlib
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import OperationalError

from include.answer_form.reading import is_answer_form, read_answer_form
from include.errors import InputError, QianliyanError, SourceError, printable
from include.language import say
from include.periods import moment_label
from include.sources import quarantine
from include.sources.chain_words import UNKNOWN
from include.sources.clocks import Receipt
from include.sources.config import SourceConfig
from include.sources.delivery import Delivery, Part
from include.sources.inspected import keep_inspected
from include.sources.kinds.folder import UNFINISHED
from include.sources.mapping.files import is_named_like, mapping_of
from include.sources.mapping.language import Mapping, TableMapping
from include.sources.places import Places, places
from include.sources.reading.file_names import entries_of, fitting, label, require_file, unreadable
from include.sources.reading.tables import SUFFIXES, read_table
from include.sources.reading.time_limits import OutOfTime
from include.sources.receipt import PullResult, record, result_of
from include.sources.spool import Spool
from include.sources.staging import Tally, commit, stage
from include.sources.troubles import Trouble, keep_troubles, trouble_of, waiting_files
from include.sources.turns import folder_seconds, in_turn, words
from include.store.engine import reading, writing
from include.store.tables import pull as ledger
from include.store.tables import quarantine as quarantine_table

DONE: Final = "done"
FAILED: Final = "failed"
_SETTLED: Final = timedelta(seconds=30)
_CLOCKS_DIFFER: Final = timedelta(minutes=5)
_LARGEST: Final = 1 << 32  # bytes of a file
_ROOM: Final = len(".report.txt")  # bytes that a name leaves to the report's
_REASONS: Final = 50  # rows that a report names


@dataclass(frozen=True)
class _File:
    path: Path
    sha256: str
    size: int
    changed_ns: int
    received_at: datetime  # by this server's own clock: when the entry came into the folder, whatever times it carries itself


@dataclass
class _Round:
    """What one emptying came to; `settled`: labels of files that were read."""

    total: PullResult
    troubles: list[Trouble]
    settled: set[str] = field(default_factory=set)

    def add(self, file: _File, result: PullResult | None, left: list[Trouble]) -> None:
        """One file that was taken in. `left`: what is wrong with putting it away."""
        self.total = _sum(self.total, result) if result is not None else self.total
        self.troubles += left
        self.settled |= set() if left else {label(file.path)}


def empty_inbox(engine: Engine, source: SourceConfig, *, now: datetime) -> PullResult:
    """Consumes every finished file of the folder; the totals of all of them. Files that fail are named in `warnings` and are to do.

    Finished: not written to for `settle_seconds` (30). What is neither CSV nor XLSX nor Parquet, or cannot be used, goes to
    failed/, or stays where even that fails. Raises InputError when the folder cannot be listed.
    """
    folder = Path(source.location)
    mapping = mapping_of(source)
    with reading(engine) as connection:
        known_places = places(connection)
        waited = waiting_files(connection, source.name)
    files, troubles = _finished(folder, source, now)
    round_ = _Round(PullResult(source.name, now, now, 0, 0, 0, 0, 0, is_simulated=False), troubles)

    def take(file: _File) -> bool:
        try:
            result, left = _take_in(engine, source, mapping, known_places, file, now)
        except (SourceError, OperationalError, OutOfTime):  # not the file's: the store, the disk, or its turn
            raise
        except Exception as error:  # whatever it is, it is this file's
            if file.path.exists():  # else another process took it
                round_.troubles.append(_set_aside(file, folder, error))
            return False
        round_.add(file, result, left)
        return True

    told = [waited.get((label(file.path), file.sha256)) for file in files]
    before = {place: trouble.waits for place, trouble in enumerate(told) if trouble is not None}
    seconds = folder_seconds(source)
    turns = in_turn(files, take, before, seconds)
    round_.troubles += [_set_aside(file, folder, error) for file, error in turns.late if file.path.exists()]
    round_.troubles += [
        Trouble(label(file.path), words(waits, seconds), waits=waits, version=file.sha256)
        for file, waits in turns.left
    ]
    with writing(engine, lock="intake") as connection:
        keep_troubles(
            connection, source.name, round_.troubles, settled=round_.settled, is_whole=True, now=now
        )
    return _sum(round_.total, warnings=tuple(str(trouble) for trouble in round_.troubles))


def _take_in(
    engine: Engine, source: SourceConfig, mapping: Mapping, known_places: Places, file: _File, now: datetime
) -> tuple[PullResult | None, list[Trouble]]:
    """The result, None when the file is still being written or known; and what is wrong with putting it away."""
    spool = Spool()
    try:
        delivery, tables, speaker = _read(engine, source, mapping, file, now)
        receipt = Receipt.of(source, min(now, file.received_at), is_form=is_answer_form(file.path))
        for part in delivery.parts:
            stage(spool, part, known_places, None, receipt)
        if _look(file.path) != file:
            return None, []
        with writing(engine, lock="intake") as connection:
            if _is_known(connection, source, file):
                result, report = None, say("内容与已处理过的文件相同，未再读入。\n")
            else:
                owners = {source.name, *mapping.same_ids_as}
                tally = commit(
                    connection,
                    spool,
                    tables,
                    source=source.name,
                    owners=owners,
                    now=now,
                    speaker=speaker,
                )
                received_at = min(now, file.received_at)
                strange = keep_inspected(
                    connection,
                    source.name,
                    delivery.inspected,
                    label(file.path),
                    received_at=received_at,
                    now=now,
                )
                tally.quarantined += len(strange)
                replayed = quarantine.retry_waiting(connection, now=now)
                result = result_of(source, tally, now, now, replayed=replayed, warnings=delivery.warnings)
                delivery.fingerprint = file.sha256
                record(connection, result, tally, delivery, asked_until=now, now=now)
                report = _report(connection, source, file, result, tally, now)
                report += (
                    say("疑似来源核查结果：收入{count}条\n", count=len(delivery.inspected) - len(strange))
                    if delivery.inspected
                    else ""
                )
    finally:
        spool.close()
    try:
        _move(file, Path(source.location) / DONE, report)
    except FileNotFoundError:  # another process put it away
        return result, []
    except OSError as error:
        said = say(
            "已读入，但不能移至{done}（{got}），留在原处", done=DONE, got=unreadable(file.path, error).got
        )
        return result, [Trouble(label(file.path), said, file.sha256)]
    return result, []


def _set_aside(file: _File, folder: Path, error: Exception) -> Trouble:
    """Moves a file that cannot be used to failed/, or leaves it where even that fails."""
    trouble = trouble_of(file.path, error, file.sha256)
    try:
        _move(file, folder / FAILED, say("未能处理：{reason}\n", reason=trouble.reason))
        end = say("（已移至{failed}）", failed=FAILED)
    except FileNotFoundError:  # another process took it
        end = ""
    except OSError as obstacle:
        end = say(
            "（不能移至{failed}：{got}，留在原处）", failed=FAILED, got=unreadable(file.path, obstacle).got
        )
    return replace(trouble, reason=f"{trouble.reason}{end}")


def _read(
    engine: Engine, source: SourceConfig, mapping: Mapping, file: _File, now: datetime
) -> tuple[Delivery, tuple[TableMapping, ...], str | None]:
    """What the file holds, by which mappings, and whose word it is (`staging.commit`)."""
    path = file.path
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            "not a file that can be read",
            where=label(path),
            expected="CSV, XLSX or Parquet",
            got=path.suffix or "no suffix",
        )
    if is_answer_form(path):
        tables: tuple[TableMapping, ...] = (TableMapping("feedback"), TableMapping("problems"))
        form = read_answer_form(engine, path, now=now)
        return form.delivery, tables, form.letter.unit_code
    found = [table for table in mapping.tables if is_named_like(path, table)]
    if len(found) != 1:
        raise InputError(
            "no telling what the file holds" if not found else "the file could be several tables",
            where=label(path),
            expected="an answer form, or a name such as "
            + ", ".join(table.files[0] for table in mapping.tables),
        )
    delivery = Delivery((Part(found[0], chunk) for chunk in read_table(path, found[0].form)), is_cut=True)
    delivery.parts_expected = delivery.parts_received = 1
    return delivery, (found[0],), UNKNOWN if source.is_unit else None


def _finished(folder: Path, source: SourceConfig, now: datetime) -> tuple[list[_File], list[Trouble]]:
    """The files that are to be taken, and what is wrong with other entries of the folder."""
    settled = timedelta(seconds=source.number("settle_seconds", _SETTLED.total_seconds()))
    last_ns = (now - settled).timestamp() * 1e9
    files, troubles = [], []
    for entry in entries_of(folder, f"source {source.name}: {folder}"):
        if entry.name.startswith((".", "~$")) or entry.suffix.lower() in UNFINISHED or _is_own(entry):
            continue
        try:
            _require_usable(entry, folder, now)
            file = _look(entry)
        except (QianliyanError, OSError) as error:
            if os.path.lexists(entry):  # else it was taken away
                troubles.append(trouble_of(entry, error))
            continue
        if file.changed_ns <= last_ns:
            files.append(file)
    return files, troubles


def _is_own(entry: Path) -> bool:
    """Whether an entry is no business of the intake: the folders of what was read, and folders of whatever else."""
    if entry.is_symlink() or not entry.is_dir():
        return False
    return entry.name in (DONE, FAILED) or entry.suffix.lower() not in SUFFIXES


def _require_usable(entry: Path, folder: Path, now: datetime) -> None:
    if entry.name in (DONE, FAILED):
        raise InputError(
            "the name belongs to the folder of files that were read",
            where=label(entry),
            expected="a folder",
            todo=f"take it away, so that the folder {entry.name} can be made",
        )
    require_file(entry, folder)
    status = entry.stat()
    if status.st_size > _LARGEST:
        raise InputError(
            "the file is too large",
            where=label(entry),
            got=f"{status.st_size} bytes",
            expected=f"at most {_LARGEST}",
        )
    if _changed_ns(status) > (now + _CLOCKS_DIFFER).timestamp() * 1e9:
        raise InputError(
            "the file is dated in the future",
            where=label(entry),
            got=datetime.fromtimestamp(status.st_mtime, UTC).isoformat(timespec="seconds"),
            todo="correct the clock of the machine that writes it, or touch the file",
        )


def _changed_ns(status: os.stat_result) -> int:
    """When the file was last written. A date in the future is somebody's wrong clock: the file system knows when it was set."""
    return min(status.st_mtime_ns, status.st_ctime_ns)


def _look(path: Path) -> _File:
    status = path.stat()
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    received_at = datetime.fromtimestamp(status.st_ctime, UTC)
    return _File(path, digest, status.st_size, _changed_ns(status), received_at)


def _is_known(connection: Connection, source: SourceConfig, file: _File) -> bool:
    known = select(ledger.c.pull_id).where(
        ledger.c.source == source.name, ledger.c.fingerprint == file.sha256
    )
    return connection.execute(known.limit(1)).first() is not None


def _report(
    connection: Connection, source: SourceConfig, file: _File, result: PullResult, tally: Tally, now: datetime
) -> str:
    """What became of the file, for the person who dropped it."""
    lines = [
        say("文件：{path}", path=label(file.path)),
        say("处理时间：{moment}", moment=moment_label(now, year=True)),
        say(
            "读入{read}条：新增{new}，更正{revised}，无变化{unchanged}，待核对{quarantined}",
            read=result.read,
            new=result.new,
            revised=result.revised,
            unchanged=result.unchanged,
            quarantined=result.quarantined,
        ),
        *result.warnings,
    ]
    if result.quarantined:
        columns = (
            quarantine_table.c.origin,
            quarantine_table.c.field,
            quarantine_table.c.value,
            quarantine_table.c.reason,
        )
        rows = connection.execute(
            select(*columns)
            .where(
                quarantine_table.c.source == source.name,
                quarantine_table.c.origin.startswith(f"{label(file.path)} ", autoescape=True),
            )
            .order_by(quarantine_table.c.quarantine_id)
            .limit(_REASONS)
        )
        lines += [say("待核对的行：")] + [
            say(
                "  {origin}｜{field}｜{value}｜{reason}",
                origin=origin,
                field=field,
                value=value[:100],
                reason=reason,
            )
            for origin, field, value, reason in rows
        ]
    return "\n".join(lines) + "\n"


def _move(file: _File, folder: Path, report: str) -> None:
    """Puts the report into the folder, then the file beside it; a name that is taken gets the content's first digits, one that
    is too long for a report beside it is cut. Raises OSError."""
    if folder.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, "a link, not a folder", str(folder))
    folder.mkdir(exist_ok=True)
    target = folder / fitting(file.path, spare=_ROOM)
    if target.exists():
        target = folder / fitting(file.path, spare=_ROOM, digits=file.sha256[:8])
    draft = folder / f".{target.name}.report"
    draft.write_text(printable(report), encoding="utf-8")
    draft.replace(folder / f"{target.name}.report.txt")
    file.path.replace(target)


def _sum(total: PullResult, result: PullResult | None = None, warnings: tuple[str, ...] = ()) -> PullResult:
    if result is None:
        return PullResult(**{**vars(total), "warnings": total.warnings + warnings})
    added = ("read", "new", "revised", "unchanged", "quarantined", "replayed", "warnings")
    sums: dict[str, Any] = {name: getattr(total, name) + getattr(result, name) for name in added}
    return PullResult(**{**vars(total), **sums, "is_simulated": total.is_simulated or result.is_simulated})
