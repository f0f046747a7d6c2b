"""Kind `files`: a folder of exports that stay where they are and are read again for every window."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from include.errors import InputError, SourceError
from include.sources.config import SourceConfig
from include.sources.delivery import Chunk, Delivery, Part
from include.sources.mapping import Mapping, TableMapping
from include.sources.text_files import read_csv
from include.sources.workbooks import read_xlsx

SUFFIXES: Final = (".csv", ".xlsx")
# What is not finished, or no export: parts of downloads, a spreadsheet's lock file, hidden files.
_NOT_EXPORTS: Final = ("~$", ".")
_USUAL: Final = ("alarms", "feedback", "problems")


def read_folder(source: SourceConfig, mapping: Mapping) -> Delivery:
    """Every file of the folder that the mapping has a use for, whole; intake cuts the window out of it.

    Raises InputError when the folder is missing or empty of such files, or lacks a table that the mapping describes;
    reading raises SourceError when the folder changes meanwhile.
    """
    folder = Path(source.location)
    chosen = [(table, path) for table in mapping.tables for path in table_files(folder, table, source.name)]
    found = {table.table for table, _ in chosen}
    absent = [table for table in mapping.tables if table.table not in found]
    required = [table for table in absent if table.is_required]
    if not chosen or required:
        lacking = required or absent
        raise InputError(
            "the folder lacks files", where=f"source {source.name}: {folder}",
            expected="; ".join(f"{table.table}: {' or '.join(table.files)}" for table in lacking),
            got=", ".join(sorted(entry.name for entry in folder.iterdir())) or "an empty folder",
        )  # fmt: skip
    delivery = Delivery(iter(()), is_cut=False, fingerprint=_fingerprint(chosen), parts_expected=len(chosen))
    delivery.warnings += [
        f"文件夹中没有{table.table}文件（{'、'.join(table.files)}）"
        for table in absent
        if table.table in _USUAL and "alarms" in found
    ]
    delivery.parts = _parts(delivery, chosen)
    return delivery


def fingerprint(source: SourceConfig, mapping: Mapping) -> str:
    """Tells one state of the folder from another: names, sizes and times of the files that would be read."""
    folder = Path(source.location)
    return _fingerprint(
        [(table, path) for table in mapping.tables for path in table_files(folder, table, source.name)]
    )


def table_files(folder: Path, table: TableMapping, source_name: str) -> list[Path]:
    """The folder's files for one table, by name. Raises InputError when the folder cannot be listed."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(
            "the folder cannot be listed", where=f"source {source_name}: {folder}", got=error,
            todo="correct the connection's host, or make the folder",
        ) from error  # fmt: skip
    return [entry for entry in entries if entry.is_file() and is_export(entry) and matches(entry, table)]


def matches(path: Path, table: TableMapping) -> bool:
    """Whether the mapping reads this table from a file of that name."""
    return any(fnmatchcase(path.name.lower(), pattern.lower()) for pattern in table.files)


def is_export(path: Path) -> bool:
    """Whether the name is that of a finished CSV or XLSX file."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(_NOT_EXPORTS)


def read_file(path: Path, delimiter: str) -> Iterator[Chunk]:
    """The rows of one CSV or XLSX file, in pieces. Raises InputError when it cannot be used."""
    return read_xlsx(path) if path.suffix.lower() == ".xlsx" else read_csv(path, delimiter)


def _parts(delivery: Delivery, chosen: list[tuple[TableMapping, Path]]) -> Iterator[Part]:
    for table, path in chosen:
        for chunk in read_file(path, table.delimiter):
            yield Part(table, chunk)
        delivery.parts_received += 1
    if _fingerprint(chosen) != delivery.fingerprint:
        raise SourceError(
            "the folder changed while it was read",
            where=str(chosen[0][1].parent),
            todo="run again when the export is finished; nothing of the window was kept",
        )


def _fingerprint(chosen: list[tuple[TableMapping, Path]]) -> str:
    digest = hashlib.sha256()
    for table, path in chosen:
        try:
            status = path.stat()
        except OSError:  # taken away since the folder was listed
            continue
        digest.update(f"{table.table}\n{path.name}\n{status.st_size}\n{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
