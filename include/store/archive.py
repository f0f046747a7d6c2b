"""The content-addressed archive: the exact bytes of every letter, under their SHA-256."""

import fcntl
import hashlib
import logging
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from include.errors import InputError
from include.language import say

_SHA256 = re.compile(r"[0-9a-f]{64}")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Copied:
    """How many files of an archive another has now that it had not, and those here that are not what they were (SHA-256)."""

    files: int
    damaged: list[str]


@dataclass(frozen=True)
class Archive:
    """A folder of immutable files; writing the same bytes twice is one file."""

    root: Path

    def put(self, content: bytes) -> str:
        """Keeps `content` durably and returns its SHA-256 (64 hex digits). What is there already is young again, and whole again
        where it was damaged. Raises InputError when the archive cannot be written (away, read-only, full)."""
        digest = hashlib.sha256(content).hexdigest()
        path = self.path(digest)
        try:
            with self._lock(fcntl.LOCK_SH):
                if self._holds(path, content):
                    os.utime(path)
                else:
                    _write(path, content)
        except OSError as error:
            raise InputError(
                "the archive cannot be written",
                where=str(self.root),
                got=error,
                todo="see that it is mounted, writable and has room; then try again",
            ) from error
        return digest

    def get(self, sha256: str) -> bytes:
        """The bytes; raises InputError when they are not here, cannot be read, or are no longer what they were."""
        path = self.path(sha256)
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise InputError(
                "not in the archive",
                where=str(self.root),
                got=sha256,
                todo="restore the archive from its backup",
            ) from error
        except OSError as error:
            raise InputError(
                "an archived file cannot be read",
                where=str(path),
                got=error,
                todo="see that the archive is mounted and readable",
            ) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise InputError(
                "an archived file was changed", where=str(path), todo="restore it from the backup"
            )
        return content

    def trouble(self) -> str:
        """Why nothing of the archive can be read (Chinese), or empty."""
        try:
            with os.scandir(self.root) as entries:
                next(entries, None)
        except OSError as error:
            return say("存档 {root} 无法读取：{strerror}", root=self.root, strerror=error.strerror or error)
        return ""

    def _holds(self, path: Path, content: bytes) -> bool:
        """Whether exactly these bytes are there; a damaged object is reported, and written again by the caller."""
        try:
            found = path.read_bytes()
        except FileNotFoundError:
            return False
        except OSError as error:
            _log.error("archived file %s cannot be read (%s): written again", path, error)
            return False
        if found != content:
            _log.error("archived file %s was damaged: written again", path)
        return found == content

    def objects(self) -> dict[str, Path]:
        """Everything that is here, by SHA-256."""
        found = (path for path in self.root.glob("??/*") if _SHA256.fullmatch(path.name))
        return {path.name: path for path in found if path.parent.name == path.name[:2]}

    def foreign(self) -> list[Path]:
        """What lies in the folder and is no object, lock or draft of one: nothing here wrote it."""
        own = set(self.objects().values())
        found = (path for path in self.root.rglob("*") if not path.is_dir() and path not in own)
        return sorted(path for path in found if not path.name.startswith((".new-", ".lock")))

    def copy_into(self, other: "Archive") -> Copied:
        """Puts what `other` lacks, or has in another length, into it: read whole and only if it is what its name says, so that
        damage here goes over no good copy. Same lengths are taken as equal; `get` tells."""
        copied, damaged = 0, list[str]()
        for sha256, path in sorted(self.objects().items()):
            try:
                there = other.path(sha256).stat().st_size
            except FileNotFoundError:
                there = -1
            try:
                if path.stat().st_size == there:
                    continue
                content = self.get(sha256)
            except FileNotFoundError:  # removed since it was listed
                continue
            except InputError:
                damaged.append(sha256)
                continue
            other.put(content)
            copied += 1
        return Copied(copied, damaged)

    def remove(self, sha256: str, *, not_put_since: datetime) -> bool:
        """Removes an object unless it was put since that moment; whether it is gone. No `put` runs meanwhile."""
        path = self.path(sha256)
        with self._lock(fcntl.LOCK_EX):
            if not path.exists() or path.stat().st_mtime >= not_put_since.timestamp():
                return False
            path.unlink()
        return True

    @contextmanager
    def _lock(self, how: int) -> Iterator[None]:
        """Several may put at once; whoever removes is alone. The file is opened for writing, as NFS wants it."""
        self.root.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, how)
            yield
        finally:
            os.close(handle)

    def path(self, sha256: str) -> Path:
        """Where the bytes are; only a SHA-256 names a file, so no name from outside can leave the folder."""
        if not _SHA256.fullmatch(sha256):
            raise InputError("not a SHA-256", where="archive", got=sha256)
        return self.root / sha256[:2] / sha256


def _write(path: Path, content: bytes) -> None:
    """Puts the bytes into their place at once or not at all; what a full disk leaves half-written goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as draft:
        try:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).replace(path)
        except OSError:
            Path(draft.name).unlink(missing_ok=True)
            raise
