"""Names of files that other people chose: any bytes, any length, and what stands behind them any kind of thing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from include.errors import InputError, printable

LONGEST_BYTES: Final = 255  # of one name, on every file system in use
_LONGEST_SHOWN: Final = 120  # characters
_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def label(path: Path) -> str:
    """The file's name as people and databases can have it: printable, of at most 120 characters, its end kept."""
    name = " ".join(printable(path.name).split())
    if len(name) <= _LONGEST_SHOWN:
        return name
    ending = printable(path.suffix)[-16:]
    return f"{name[: _LONGEST_SHOWN - len(ending) - 1]}…{ending}"


def fitting(path: Path, *, before: str = "", spare: int = 0, digits: str = "") -> str:
    """`before` and the file's name, cut where less than `spare` bytes would be left of what a name may have.

    A cut name, and one for which `digits` are given, has these (or its own hash) before its suffix.
    """
    room = LONGEST_BYTES - spare - len(os.fsencode(before))
    raw = os.fsencode(path.name)
    if len(raw) <= room and not digits:
        return f"{before}{path.name}"
    mark = f".{digits or sha256(raw).hexdigest()[:8]}"
    suffix = path.suffix if len(os.fsencode(path.suffix)) <= 16 else ""
    stem = os.fsencode(path.name.removesuffix(suffix) if suffix else path.name)
    cut = stem[: room - len(mark) - len(os.fsencode(suffix))]
    return f"{before}{_whole_characters(cut)}{mark}{suffix}"


@contextmanager
def openable(path: Path) -> Iterator[Path | BinaryIO]:
    """What Arrow opens: it takes no name that is not UTF-8."""
    try:
        path.as_posix().encode("utf-8")
    except UnicodeEncodeError:
        with path.open("rb") as stream:
            yield stream
    else:
        yield path


def entries_of(folder: Path, where: str) -> list[Path]:
    """What lies in a folder, by name. Raises InputError when it cannot be listed, or listed but not entered; `where` names whose
    folder it is."""
    try:
        entries = sorted(folder.iterdir())
        os.stat(os.path.join(folder, "."))  # noqa: PTH116, PTH118 (a Path forgets the dot, which asks for the right to enter)
    except OSError as error:
        raise InputError(
            "the folder cannot be listed",
            where=where,
            got=error,
            expected="a folder that this account may list and enter (rights r and x)",
            todo="correct the path (of a source: the connection's host), make the folder, or give the rights",
        ) from error
    return entries


def require_file(path: Path, folder: Path | None = None) -> None:
    """Raises InputError unless the path is a regular file, and one that no link leads out of `folder` to."""
    try:
        if folder is not None and path.is_symlink() and not _is_inside(path, folder):
            raise InputError(
                "the file is a link that leaves its folder",
                where=label(path),
                expected="a file",
                got=path.readlink(),
                todo="put the file itself there: links out of the folder are not followed",
            )
        mode = path.stat().st_mode
    except RuntimeError as error:  # links that lead round in a circle
        raise InputError(
            "the file is a link that leads to itself",
            where=label(path),
            expected="a file",
            todo="put the file itself there",
        ) from error
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    if not stat.S_ISREG(mode):
        kind = next((name for is_such, name in _KINDS if is_such(mode)), "something else")
        raise InputError(
            "not a file", where=label(path), expected="a file", got=kind, todo="take it out of the folder"
        )


def unreadable(path: Path, error: Exception) -> InputError:
    """What an operating system's error about a file is to an operator."""
    said = (
        error.strerror
        if isinstance(error, OSError) and error.strerror
        else f"{type(error).__name__}: {error}"
    )
    return InputError(
        "the file cannot be read", where=label(path), got=said, todo="check its permissions and the disk"
    )


def _is_inside(path: Path, folder: Path) -> bool:
    return path.resolve(strict=True).is_relative_to(folder.resolve(strict=True))


def _whole_characters(raw: bytes) -> str:
    """The bytes as a name, without the half of a character that a cut left at their end."""
    for end in range(len(raw), max(len(raw) - 4, 0), -1):
        try:
            return raw[:end].decode("utf-8")
        except UnicodeDecodeError:
            continue
    return os.fsdecode(raw)
