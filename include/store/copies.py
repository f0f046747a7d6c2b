"""What a restore puts back is looked at before it is taken for the store: the copy itself, and the files that its letters name."""

import hashlib
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import NullPool

from include.errors import InputError
from include.store.archive import Archive
from include.store.migrate import head_revision, require_known
from include.store.retention import needed_files
from include.store.statements import frame

_TODO: Final = "nothing was restored; take another copy of the folder store/ of the backup"
_TABLES: Final = frozenset({"alembic_version", "letter", "letter_file", "delivery"})
_DUMP: Final = b"PGDMP"
_PARTS: Final = ("store", "archive", "hourly", "stations", "import_notes")
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class Lost:
    """A file that the store names and the archive does not hold as it was. `of`: the letter's key and the file's name, where it is
    one of a letter's."""

    sha256: str
    trouble: Literal["missing", "changed", "unreadable"]
    of: str


def require_copy(path: Path) -> str:
    """The revision of a copy of a store (an SQLite database, or what `pg_dump` wrote), which is only read. Raises InputError for what
    is no store of this project, is damaged, or is of a newer version than this."""
    if not path.is_file() or not path.stat().st_size:
        raise _refused(path, "a file of 0 bytes" if path.is_file() else "no file")
    with path.open("rb") as content:
        is_dump = content.read(len(_DUMP)) == _DUMP
    tables, revisions = _dumped(path) if is_dump else _in_database(path)
    if missing := sorted(_TABLES - tables):
        raise _refused(path, f"a database without the tables {', '.join(missing)}")
    if len(revisions) != 1:
        raise _refused(path, f"a store with {len(revisions)} revisions")
    require_known(revisions[0], str(path))
    return revisions[0]


def _in_database(path: Path) -> tuple[set[str], list[str]]:
    """The tables and the revisions of an SQLite database. Raises InputError for one that is damaged."""
    try:
        with closing(_reading(path)) as copy:
            faults = [str(row[0]) for row in copy.execute("pragma integrity_check(3)")]
            if faults != ["ok"]:
                raise _refused(path, f"damaged: {'; '.join(faults)}")
            tables = {
                str(row[0]) for row in copy.execute("select name from sqlite_master where type = 'table'")
            }
            if "alembic_version" not in tables:
                return tables, []
            return tables, [str(row[0]) for row in copy.execute("select version_num from alembic_version")]
    except sqlite3.DatabaseError as error:
        raise _refused(path, f"damaged, or no database: {error}") from error


def _dumped(path: Path) -> tuple[set[str], list[str]]:
    """The tables and the revisions of a copy that `pg_dump` made. Raises InputError for one that `pg_restore` cannot read."""
    listed = (line.split() for line in _pg_restore(path, "--list").splitlines() if " TABLE DATA " in line)
    tables = {words[6] for words in listed if len(words) > 6}  # 3921; 0 16533 TABLE DATA public letter OWNER
    rows = _pg_restore(path, "--data-only", "--table=alembic_version", "--file=-")
    told = rows.partition("\nCOPY ")[2].partition("\n")[2].partition("\n\\.")[0]
    return tables, told.split()


def _pg_restore(path: Path, *how: str) -> str:
    try:
        done = subprocess.run(["pg_restore", *how, str(path)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise InputError(
            "a copy that pg_dump made cannot be looked at",
            where=str(path),
            expected="the program pg_restore on the path",
            got=error,
            todo="install PostgreSQL's client programs here",
        ) from error
    if done.returncode:
        raise _refused(path, f"damaged, or no copy that pg_dump made: {done.stderr.strip()}")
    return done.stdout


def copy_in(folder: Path) -> Path:
    """The newest copy of the store in a backup's folder, with the bytes that were told of it. Raises InputError for a folder that is not
    a whole backup, and for a damaged copy."""
    for part in _PARTS:
        if not (folder / part).is_dir():
            raise InputError(
                "not a whole backup",
                where=str(folder / part),
                expected=f"the folders {', '.join(_PARTS)} that backup.sh writes",
                got="no such folder",
                todo="name the folder that backup.sh was given; or run it again",
            )
    copies = sorted(path for path in (folder / "store").iterdir() if path.suffix in (".db", ".dump"))
    if not copies:
        raise InputError(
            "a backup without a copy of the store",
            where=str(folder / "store"),
            expected="a file .db or .dump",
            todo="run backup.sh again",
        )
    told = copies[-1].with_name(f"{copies[-1].name}.sha256")
    if told.is_file() and (found := _sha256(copies[-1])) != (said := told.read_text("utf-8")[:64]):
        raise _refused(copies[-1], f"SHA-256 {found}, where {told.name} says {said}")
    return copies[-1]


def open_copy(path: Path) -> Engine:
    """An engine that reads a copy of an SQLite store, and nothing but reads it. Raises InputError for what `require_copy` refuses, and
    for a copy of an earlier version."""
    revision = require_copy(path)
    if revision != head_revision():
        raise InputError(
            "the copy is of an earlier version than this program",
            where=str(path),
            expected=f"revision {head_revision()}",
            got=revision,
            todo="look at it with the version that made it; restore.sh takes it and upgrades it",
        )
    return create_engine("sqlite://", creator=lambda: _reading(path), poolclass=NullPool)


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.resolve()))}?immutable=1", uri=True)


def lost_files(connection: Connection, archive: Archive, now: datetime) -> Iterator[Lost]:
    """Every file that the store names and the archive lacks, cannot read, or has with other bytes; by SHA-256."""
    rows = frame(connection, "files_of_letters").itertuples(index=False)
    owners = {row.sha256: f"{row.letter_key} {row.file_name}" for row in rows}
    for sha256 in sorted(needed_files(connection, now)):
        trouble = _trouble(archive.path(sha256), sha256)
        if trouble is not None:
            yield Lost(sha256, trouble, owners.get(sha256, ""))


def _trouble(path: Path, sha256: str) -> Literal["missing", "changed", "unreadable"] | None:
    try:
        return None if _sha256(path) == sha256 else "changed"
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unreadable"


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK_BYTES):
            found.update(chunk)
    return found.hexdigest()


def _refused(path: Path, got: str) -> InputError:
    return InputError(
        "not a copy of a store that can be restored",
        where=str(path),
        expected="a whole SQLite database, or pg_dump's file, that backup.sh made of a store of this project",
        got=got,
        todo=_TODO,
    )
