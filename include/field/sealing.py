"""Sealed files: what office and page hand to each other, as JSON under an HMAC of their common key.

A sealed file is one line of canonical JSON and one line with the HMAC-SHA256 over its purpose and that line. The purpose keeps a file
of one kind from being taken for one of another.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Any, Final, Literal

from include.errors import InputError

Purpose = Literal["bundle", "unit", "device", "results", "report"]

LARGEST_SEALED_BYTES: Final = 4 * 1024 * 1024
_KEY_BYTES: Final = 32
_SHARED_MODE: Final = 0o640  # the folder above says who may come as far as this


def seal(key: bytes, purpose: Purpose, value: Any) -> bytes:
    """The value as a sealed file."""
    line = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return line + b"\n" + _mark(key, purpose, line) + b"\n"


def unseal(key: bytes, purpose: Purpose, data: bytes, where: str) -> Any:
    """The value of a sealed file. Raises InputError for one that was changed, cut, or sealed for something else."""
    line, _, mark = data.partition(b"\n")
    if not hmac.compare_digest(mark, _mark(key, purpose, line) + b"\n"):
        raise InputError(
            "a sealed file was changed, or sealed under another key",
            where=where,
            expected=f"a {purpose} as it was written",
            todo="see who writes into this folder; the key is that of office and page alike",
        )
    return json.loads(line)


def read_sealed(key: bytes, purpose: Purpose, path: Path, largest: int = LARGEST_SEALED_BYTES) -> Any:
    """The value of a sealed file on disk. Raises FileNotFoundError, InputError."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise InputError("a sealed file is too large", where=path.name, expected=f"at most {largest} bytes")
    return unseal(key, purpose, data, path.name)


def write_whole(path: Path, data: bytes) -> None:
    """Puts the bytes into their place at once or not at all, durably. Raises OSError."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with draft.open("xb") as file:
            os.fchmod(file.fileno(), _SHARED_MODE)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_key(path: Path) -> bytes:
    """The common key. Raises InputError when there is none, or what is there is none."""
    try:
        text = path.read_text(encoding="ascii").strip()
        key = bytes.fromhex(text)
    except FileNotFoundError as error:
        raise InputError(
            "the phone page has no key",
            where=str(path),
            todo="the office makes it: set the variable `field`, then run `field take` there once",
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(
            "the key of the phone page cannot be read",
            where=str(path),
            got=type(error).__name__,
            expected=f"{2 * _KEY_BYTES} hexadecimal digits, readable for this user",
        ) from None
    if len(key) != _KEY_BYTES:
        raise InputError("the key of the phone page is damaged", where=str(path), todo="restore it")
    return key


def own_key(path: Path) -> bytes:
    """The common key; the office makes it when it asks first. Raises InputError."""
    try:
        return read_key(path)
    except InputError:
        if path.exists():
            raise
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with draft.open("xb") as file:
        os.fchmod(file.fileno(), _SHARED_MODE)
        file.write(secrets.token_hex(_KEY_BYTES).encode())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # whoever comes second finds the first one's key
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return read_key(path)


def _mark(key: bytes, purpose: Purpose, line: bytes) -> bytes:
    return hmac.new(key, purpose.encode() + b"\n" + line, hashlib.sha256).hexdigest().encode()
