"""The code that confirms a device: eight letters and digits that travel by mail. Of it only a salted, slow hash is kept, so that nobody
who reads store or folder can confirm a device."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH: Final = 8


def code_of(key: bytes, request_id: str) -> str:
    """The code that answers this request: made again, it is the same, so a crash mails none twice."""
    digest = hmac.new(key, f"code\n{request_id}".encode(), hashlib.sha256).digest()
    number = int.from_bytes(digest[:8], "big")
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(0, 5 * LENGTH, 5))


def code_salt(key: bytes, request_id: str) -> str:
    """The salt of its hash."""
    return hmac.new(key, f"salt\n{request_id}".encode(), hashlib.sha256).hexdigest()[:32]


def code_hash(code: str, salt: str) -> str:
    """What is kept of a code."""
    return hashlib.scrypt(code.encode(), salt=salt.encode(), n=1 << 14, r=8, p=1, dklen=32).hex()


def is_code(typed: str, salt: str, told_hash: str) -> bool:
    """Whether this is the code."""
    return bool(told_hash) and hmac.compare_digest(code_hash(typed, salt), told_hash)


def tidy(typed: str) -> str:
    """A code as it is compared: capitals, without what people put between; as a Chinese keyboard types it, too.

    >>> tidy(" ４４ｕｆ　ｐｌ８ｗ\n"), tidy("abcd-efgh")
    ('44UFPL8W', 'ABCDEFGH')
    """
    plain = unicodedata.normalize("NFKC", typed).upper()
    return "".join(char for char in plain if char.isascii() and char.isalnum())[: 2 * LENGTH]


def is_written_as_code(typed: str) -> bool:
    """Whether this can be a code at all: what is cut, or has other characters, is none of anybody's."""
    return len(typed) == LENGTH and set(typed) <= set(ALPHABET)


def printed(code: str) -> str:
    """A code as it is read aloud: `ABCD-EFGH`."""
    return f"{code[:4]}-{code[4:]}"
