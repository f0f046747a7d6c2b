"""The content-addressed archive: the exact bytes of every letter, under their SHA-256."""

import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from include.errors import InputError

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Archive:
    """A folder of immutable files; writing the same bytes twice is one file."""

    root: Path

    def put(self, content: bytes) -> str:
        """Keeps `content` durably and returns its SHA-256 (64 hex digits). What is there already is young again."""
        digest = hashlib.sha256(content).hexdigest()
        path = self.path(digest)
        with self._lock(fcntl.LOCK_SH):
            if path.exists():
                os.utime(path)
                return digest
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as draft:
                draft.write(content)
                draft.flush()
                os.fsync(draft.fileno())
            Path(draft.name).replace(path)
        return digest

    def get(self, sha256: str) -> bytes:
        """The bytes; raises InputError when they are not here or are no longer what they were."""
        path = self.path(sha256)
        if not path.exists():
            raise InputError(
                "not in the archive",
                where=str(self.root),
                got=sha256,
                todo="restore the archive from its backup",
            )
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise InputError(
                "an archived file was changed", where=str(path), todo="restore it from the backup"
            )
        return content

    def objects(self) -> dict[str, Path]:
        """Everything that is here, by SHA-256."""
        return {path.name: path for path in self.root.glob("??/*") if _SHA256.fullmatch(path.name)}

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
        handle = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT, 0o660)
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
