"""Packed files: `.gz`, and `.zip` with one table or several; unpacked into a folder of their own, bounded, and read one by one."""

from __future__ import annotations

import gzip
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from include.errors import InputError
from include.sources.reading.file_names import label

PACKED: Final = (".gz", ".zip")
MOST_UNPACKED: Final = 8 << 30  # bytes, of all files in it
MOST_FILES: Final = 1_000
_BLOCK: Final = 1 << 20
_IS_UTF8: Final = 0x800  # flag of a name


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes:
        """Some of what is left."""


_NOT_TABLES: Final = ("__MACOSX/", ".")


def unpacked(path: Path, is_table: Callable[[Path], bool]) -> Iterator[tuple[str, Path]]:
    """The tables in a packed file, one at a time: what to call each, and where it lies until the next is asked for.

    Raises InputError when the file cannot be unpacked, unpacks to more than `MOST_UNPACKED`, or holds no table, and for a packed file in
    a packed one: ten of ten of ten, a few kilobytes, would be read for hours.
    """
    with tempfile.TemporaryDirectory(prefix="qianliyan-unpacked-") as folder:
        try:
            if path.suffix.lower() == ".gz":
                target = Path(folder) / (Path(path.stem).name or "table")
                _require_unpacked(path, target.name)
                with gzip.open(path) as stream:
                    _copy(path, stream, target, MOST_UNPACKED)
                yield label(path), target
            else:
                yield from _members(path, Path(folder), is_table)
        except (
            OSError,
            EOFError,
            zlib.error,
            zipfile.BadZipFile,
            RuntimeError,
            NotImplementedError,
        ) as error:
            raise InputError(
                "the file cannot be unpacked",
                where=str(path),
                got=f"{type(error).__name__}: {error}"[:200],
                expected="a whole .gz or .zip without a password",
            ) from error


def _members(path: Path, folder: Path, is_table: Callable[[Path], bool]) -> Iterator[tuple[str, Path]]:
    left, found = MOST_UNPACKED, False
    with zipfile.ZipFile(path) as package:
        members = package.infolist()
        if len(members) > MOST_FILES:
            raise InputError(
                "too many files in one", where=str(path), got=len(members), expected=f"at most {MOST_FILES}"
            )
        for member in members:
            name = PurePosixPath(_member_name(member))
            if member.is_dir() or member.filename.startswith(_NOT_TABLES) or name.name.startswith("."):
                continue
            _require_unpacked(path, name.name)
            target = folder / f"table{Path(name.name).suffix.lower()}"
            if not is_table(target):
                continue
            found = True
            with package.open(member) as stream:
                left -= _copy(path, stream, target, left)
            yield f"{label(path)}/{label(Path(name.name))}", target
            target.unlink()
    if not found:
        raise InputError("no table in the packed file", where=str(path), got=f"{len(members)} files")


def packed_names(path: Path) -> list[str]:
    """What the files in a `.zip` are called, without their endings; none where it cannot be opened."""
    try:
        with zipfile.ZipFile(path) as package:
            members = [member for member in package.infolist()[:MOST_FILES] if not member.is_dir()]
            return [PurePosixPath(_member_name(member)).stem for member in members]
    except (OSError, zipfile.BadZipFile):
        return []


def _member_name(member: zipfile.ZipInfo) -> str:
    """The name of a file in a package; of one that Windows packed in Chinese, whose names are not marked as anything, in that."""
    if member.flag_bits & _IS_UTF8 or member.filename.isascii():
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


def _require_unpacked(path: Path, name: str) -> None:
    if Path(name).suffix.lower() in PACKED:
        raise InputError(
            "a packed file in a packed file",
            where=str(path),
            expected="tables",
            got=label(Path(name)),
            todo="unpack the outer one, and hand in what is in it",
        )


def _copy(path: Path, stream: _Stream, target: Path, most: int) -> int:
    """Writes what a stream unpacks to; how many bytes."""
    size = 0
    with target.open("wb") as output:
        while block := stream.read(_BLOCK):
            size += len(block)
            if size > most or shutil.disk_usage(target.parent).free < _BLOCK * 64:
                raise InputError(
                    "the file is too large when unpacked",
                    where=str(path),
                    expected=f"at most {MOST_UNPACKED >> 30} GB, and room for them",
                    todo="unpack it yourself, and split it by month",
                )
            output.write(block)
    return size
