"""Kind `inbox`: a watched folder. Each finished file is read once, in a transaction of its own, and moved with a report.

A file's content is known to the ledger by its SHA-256 in the same transaction as its rows: a crash before the move
leaves a file that is only moved next time, a crash before the commit one that is read next time.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, select

from include.errors import InputError
from include.periods import chinese_moment
from include.sources import quarantine
from include.sources.answer_forms import is_answer_form, read_answer_form
from include.sources.config import SourceConfig
from include.sources.delivery import Delivery, Part
from include.sources.folder import SUFFIXES, matches, read_file
from include.sources.mapping import Mapping, TableMapping, mapping_of
from include.sources.places import Places, places
from include.sources.receipt import PullResult, record, result_of
from include.sources.spool import Spool
from include.sources.staging import Tally, commit, stage
from include.store.engine import reading, writing
from include.store.tables import pull as ledger
from include.store.tables import quarantine as quarantine_table

DONE: Final = "done"
FAILED: Final = "failed"
_UNFINISHED: Final = (".part", ".tmp", ".crdownload", ".partial", ".filepart", ".download")
_SETTLED: Final = timedelta(seconds=30)
_REASONS: Final = 50  # rows that a report names


@dataclass(frozen=True)
class _File:
    path: Path
    sha256: str
    size: int
    changed_ns: int


def empty_inbox(engine: Engine, source: SourceConfig, *, now: datetime) -> PullResult:
    """Consumes every finished file of the folder; the totals of all of them. Files that fail are named in `warnings`.

    Finished: not written to for `settle_seconds` (30). What is neither CSV nor XLSX, or cannot be used, goes to
    failed/. Raises InputError when the folder cannot be listed.
    """
    folder = Path(source.location)
    mapping = mapping_of(source)
    with reading(engine) as connection:
        known_places = places(connection)
    total = PullResult(source.name, now, now, 0, 0, 0, 0, 0, is_simulated=False)
    for file in _finished(folder, source, now):
        try:
            result = _take_in(engine, source, mapping, known_places, file, now)
        except InputError as error:
            with suppress(FileNotFoundError):
                _move(file, folder / FAILED, f"未能处理：{error}\n")
            total = _sum(total, warnings=(f"{file.path.name}未能处理，已移至{FAILED}：{error}",))
        except FileNotFoundError:  # another process took it
            continue
        else:
            if result is not None:
                total = _sum(total, result)
    return total


def _take_in(
    engine: Engine, source: SourceConfig, mapping: Mapping, known_places: Places, file: _File, now: datetime
) -> PullResult | None:
    """None when the file is still being written."""
    spool = Spool()
    try:
        delivery, tables = _read(engine, mapping, file, now)
        for part in delivery.parts:
            stage(spool, part, known_places, None)
        if _look(file.path) != file:
            return None
        with writing(engine, lock="intake") as connection:
            if _is_known(connection, source, file):
                result, report = None, "内容与已处理过的文件相同，未再读入。\n"
            else:
                owners = {source.name, *mapping.same_ids_as}
                tally = commit(connection, spool, tables, source=source.name, owners=owners, now=now)
                replayed = quarantine.retry_waiting(connection, now=now)
                result = result_of(source, tally, now, now, replayed=replayed, warnings=delivery.warnings)
                delivery.fingerprint = file.sha256
                record(connection, result, tally, delivery, asked_until=now, now=now)
                report = _report(connection, source, file, result, tally, now)
    finally:
        spool.close()
    _move(file, Path(source.location) / DONE, report)
    return result


def _read(
    engine: Engine, mapping: Mapping, file: _File, now: datetime
) -> tuple[Delivery, tuple[TableMapping, ...]]:
    path = file.path
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            "not a file that can be read",
            where=path.name,
            expected="CSV or XLSX",
            got=path.suffix or "no suffix",
        )
    if is_answer_form(path):
        tables: tuple[TableMapping, ...] = (TableMapping("feedback"), TableMapping("problems"))
        return read_answer_form(engine, path, now=now), tables
    found = [table for table in mapping.tables if matches(path, table)]
    if len(found) != 1:
        raise InputError(
            "no telling what the file holds" if not found else "the file could be several tables", where=path.name,
            expected="an answer form, or a name such as " + ", ".join(table.files[0] for table in mapping.tables),
        )  # fmt: skip
    delivery = Delivery((Part(found[0], chunk) for chunk in read_file(path, found[0].delimiter)), is_cut=True)
    delivery.parts_expected = delivery.parts_received = 1
    return delivery, (found[0],)


def _finished(folder: Path, source: SourceConfig, now: datetime) -> list[_File]:
    settled = timedelta(seconds=float(source.options.get("settle_seconds", _SETTLED.total_seconds())))
    try:
        entries = sorted(entry for entry in folder.iterdir() if entry.is_file())
    except OSError as error:
        raise InputError(
            "the inbox cannot be listed", where=f"source {source.name}: {folder}", got=error
        ) from error
    files = []
    for entry in entries:
        if entry.name.startswith((".", "~$")) or entry.suffix.lower() in _UNFINISHED:
            continue
        try:
            file = _look(entry)
        except OSError:  # gone, or not readable yet
            continue
        if file.changed_ns <= (now - settled).timestamp() * 1e9:
            files.append(file)
    return files


def _look(path: Path) -> _File:
    status = path.stat()
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return _File(path, digest, status.st_size, status.st_mtime_ns)


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
        f"文件：{file.path.name}", f"处理时间：{chinese_moment(now, year=True)}",
        f"读入{result.read}条：新增{result.new}，更正{result.revised}，无变化{result.unchanged}，待核对{result.quarantined}",
        *result.warnings,
    ]  # fmt: skip
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
                quarantine_table.c.origin.startswith(f"{file.path.name} ", autoescape=True),
            )
            .order_by(quarantine_table.c.quarantine_id)
            .limit(_REASONS)
        )
        lines += ["待核对的行："] + [
            f"  {origin}｜{field}｜{value[:100]}｜{reason}" for origin, field, value, reason in rows
        ]
    return "\n".join(lines) + "\n"


def _move(file: _File, folder: Path, report: str) -> None:
    """Puts the report into the folder, then the file beside it; a name that is taken gets the content's first digits."""
    folder.mkdir(exist_ok=True)
    target = folder / file.path.name
    if target.exists():
        target = folder / f"{file.path.stem}.{file.sha256[:8]}{file.path.suffix}"
    draft = folder / f".{target.name}.report"
    draft.write_text(report, encoding="utf-8")
    draft.replace(folder / f"{target.name}.report.txt")
    file.path.replace(target)


def _sum(total: PullResult, result: PullResult | None = None, warnings: tuple[str, ...] = ()) -> PullResult:
    if result is None:
        return PullResult(**{**vars(total), "warnings": total.warnings + warnings})
    added = ("read", "new", "revised", "unchanged", "quarantined", "replayed", "warnings")
    sums: dict[str, Any] = {name: getattr(total, name) + getattr(result, name) for name in added}
    return PullResult(**{**vars(total), **sums, "is_simulated": total.is_simulated or result.is_simulated})
