"""What a restore puts back is looked at before it is taken for the store: the copy itself, and the files that its letters name."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

from sqlalchemy import Connection

from include.errors import InputError
from include.store.archive import Archive
from include.store.migrate import require_known
from include.store.retention import needed_files
from include.store.statements import frame

_TODO: Final = "nothing was restored; take another copy of the folder store/ of the backup"
_TABLES: Final = frozenset({"alembic_version", "letter", "letter_file", "delivery"})
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class Lost:
    """A file that the store names and the archive does not hold as it was. `of`: the letter's key and the file's name, where it is
    one of a letter's."""

    sha256: str
    trouble: Literal["missing", "changed", "unreadable"]
    of: str


def require_copy(path: Path) -> str:
    """The revision of a copy of an SQLite store, which is only read. Raises InputError for what is no store of this project, is
    damaged, or is of a newer version than this."""
    if not path.is_file() or not path.stat().st_size:
        raise _refused(path, "a file of 0 bytes" if path.is_file() else "no file")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.resolve()))}?immutable=1", uri=True)) as copy:
            faults = [str(row[0]) for row in copy.execute("pragma integrity_check(3)")]
            if faults != ["ok"]:
                raise _refused(path, f"damaged: {'; '.join(faults)}")
            tables = {
                str(row[0]) for row in copy.execute("select name from sqlite_master where type = 'table'")
            }
            if missing := sorted(_TABLES - tables):
                raise _refused(path, f"a database without the tables {', '.join(missing)}")
            revisions = [str(row[0]) for row in copy.execute("select version_num from alembic_version")]
    except sqlite3.DatabaseError as error:
        raise _refused(path, f"damaged, or no database: {error}") from error
    if len(revisions) != 1:
        raise _refused(path, f"a store with {len(revisions)} revisions")
    require_known(revisions[0], str(path))
    return revisions[0]


def lost_files(connection: Connection, archive: Archive, now: datetime) -> Iterator[Lost]:
    """Every file that the store names and the archive lacks, cannot read, or has with other bytes; by SHA-256."""
    rows = frame(connection, "files_of_letters").itertuples(index=False)
    owners = {row.sha256: f"{row.letter_key} {row.file_name}" for row in rows}
    for sha256 in sorted(needed_files(connection, now)):
        trouble = _trouble(archive.path(sha256), sha256)
        if trouble is not None:
            yield Lost(sha256, trouble, owners.get(sha256, ""))


def _trouble(path: Path, sha256: str) -> Literal["missing", "changed", "unreadable"] | None:
    found = hashlib.sha256()
    try:
        with path.open("rb") as content:
            while chunk := content.read(_CHUNK_BYTES):
                found.update(chunk)
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unreadable"
    return None if found.hexdigest() == sha256 else "changed"


def _refused(path: Path, got: str) -> InputError:
    return InputError(
        "not a copy of a store that can be restored",
        where=str(path),
        expected="a whole SQLite database that backup.sh made of a store of this project",
        got=got,
        todo=_TODO,
    )
