"""Kind `files`: a folder of exports that stay where they are and are read again for every window."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from include.errors import InputError, SourceError
from include.language import say
from include.sources.config import SourceConfig
from include.sources.delivery import Delivery, FileParts, Part
from include.sources.mapping.files import is_named_like
from include.sources.mapping.language import Mapping, TableMapping
from include.sources.reading.file_names import entries_of, label, require_file
from include.sources.reading.tables import FORMATS, SUFFIXES, is_table_of_folder, read_table

# What is not finished, or no export: parts of downloads, a spreadsheet's lock file, hidden files.
_NOT_EXPORTS: Final = ("~$", ".")
UNFINISHED: Final = (
    ".part",
    ".tmp",
    ".crdownload",
    ".partial",
    ".filepart",
    ".download",
    ".!ut",
    ".opdownload",
)
_FUTURE_SECONDS: Final = 86_400  # what a clock elsewhere may be ahead
_MOST_NAMED: Final = 20  # passed over
_USUAL: Final = ("alarms", "feedback", "problems")

_State = tuple[int, int]  # size and time of change


def read_folder(source: SourceConfig, mapping: Mapping) -> Delivery:
    """Every file of the folder that the mapping has a use for, whole; intake cuts the window out of it.

    Raises InputError when the folder is missing or empty of such files, or lacks a table that the mapping describes;
    reading raises SourceError when a file changes meanwhile.
    """
    folder = Path(source.location)
    entries = _entries(folder, source.name)
    chosen = [(table, path) for table in mapping.tables for path in _files_of(table, entries)]
    found = {table.table for table, _ in chosen}
    absent = [table for table in mapping.tables if table.table not in found]
    required = [table for table in absent if table.is_required]
    if not chosen or required:
        lacking = required or absent
        raise InputError(
            "the folder lacks files",
            where=f"source {source.name}: {folder}",
            expected="; ".join(f"{table.table}: {' or '.join(table.files)}" for table in lacking),
            got=", ".join(label(entry) for entry in entries) or "an empty folder",
        )
    states = _states(chosen)
    delivery = Delivery(
        iter(()), is_cut=False, fingerprint=_fingerprint(chosen, states), parts_expected=len(chosen)
    )
    delivery.absent = tuple(table.table for table in absent)
    delivery.warnings += [
        say("文件夹中没有{table}文件（{names}）", table=table.table, names=say("、").join(table.files))
        for table in absent
        if table.table in _USUAL and "alarms" in found
    ]
    delivery.warnings += [
        say("文件{entry}未读：只读取{formats}，请另存为其中一种", entry=label(entry), formats=FORMATS)
        for entry in _passed_over(mapping, entries)
    ]
    delivery.files = [
        FileParts(
            path,
            "{}:{}".format(*states.get(path, ("", ""))),
            partial(_parts, table, path, folder, states.get(path)),
        )
        for table, path in chosen
    ]
    return delivery


def fingerprint(source: SourceConfig, mapping: Mapping) -> str:
    """Tells one state of the folder from another: names, sizes and times of the files that would be read."""
    entries = _entries(Path(source.location), source.name)
    chosen = [(table, path) for table in mapping.tables for path in _files_of(table, entries)]
    return _fingerprint(chosen, _states(chosen))


def table_files(folder: Path, table: TableMapping, source_name: str) -> list[Path]:
    """The folder's files for one table, by name. Raises InputError when the folder cannot be listed."""
    return [path for path in _files_of(table, _entries(folder, source_name)) if path.is_file()]


def is_export(path: Path) -> bool:
    """Whether the name is that of a finished file of a format that is read."""
    return is_table_of_folder(path) and not path.name.startswith(_NOT_EXPORTS)


def _entries(folder: Path, source_name: str) -> list[Path]:
    return entries_of(folder, f"source {source_name}: {folder}")


def _files_of(table: TableMapping, entries: list[Path]) -> list[Path]:
    return [entry for entry in entries if is_export(entry) and is_named_like(entry, table)]


def _passed_over(mapping: Mapping, entries: list[Path]) -> list[Path]:
    """Files named like a table's, but of a format that is not read: `alarms.doc`, `alarms.rar`, `alarms`."""
    others = [
        entry
        for entry in entries
        if not is_export(entry)
        and not entry.name.startswith(_NOT_EXPORTS)
        and entry.suffix.lower() not in UNFINISHED
        and not entry.is_dir()
    ]
    named = [
        (entry, Path(f"{entry.name.partition('.')[0]}{suffix}")) for entry in others for suffix in SUFFIXES
    ]
    found = [
        entry for entry, as_read in named if any(is_named_like(as_read, table) for table in mapping.tables)
    ]
    return list(dict.fromkeys(found))[:_MOST_NAMED]


def _parts(table: TableMapping, path: Path, folder: Path, state: _State | None) -> Iterator[Part]:
    require_file(path, folder)
    if state is not None and state[1] > (time.time() + _FUTURE_SECONDS) * 1e9:
        raise InputError(
            "the file's time of change is in the future",
            where=label(path),
            expected="a time of the past",
            todo="correct the clock of the machine that wrote it, and save the file again",
        )
    for chunk in read_table(path, table.form):
        yield Part(table, chunk)
    if state is not None and _state(path) not in (state, None):  # what was read whole may be taken away
        raise SourceError(
            "the folder changed while it was read",
            where=str(path),
            todo="run again when the export is finished; nothing of the window was kept",
        )


def _states(chosen: list[tuple[TableMapping, Path]]) -> dict[Path, _State]:
    found = {path: _state(path) for _, path in chosen}
    return {path: state for path, state in found.items() if state is not None}


def _state(path: Path) -> _State | None:
    try:
        status = path.stat()
    except OSError:  # taken away since the folder was listed, or out of reach
        return None
    return status.st_size, status.st_mtime_ns


def _fingerprint(chosen: list[tuple[TableMapping, Path]], states: dict[Path, _State]) -> str:
    digest = hashlib.sha256()
    for table, path in chosen:
        if path in states:
            size, changed_ns = states[path]
            digest.update(
                f"{table.table}\n".encode() + os.fsencode(path.name) + f"\n{size}\n{changed_ns}\n".encode()
            )
    return digest.hexdigest()
