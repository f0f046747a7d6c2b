"""The link of one letter to one unit: who has it may answer for that letter, and see nothing else.

    https://pad.example/f/<name of the bundle>.<secret>

The secret is an HMAC under a key that never leaves the office's store, over letter, unit and last day: the page knows its hash from the
bundle, so neither the page nor a copy of its folder can make links, and a report is checked once more where it comes in.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b32encode
from datetime import date
from typing import Final

LINK: Final = re.compile(r"([a-z2-7]{16})\.([a-z2-7]{26})")


def bundle_name(letter_key: str, unit_code: str) -> str:
    """The name of the bundle of a letter: 16 base-32 digits, no secret."""
    return _digits(hashlib.sha256(f"field\n{letter_key}\n{unit_code}".encode()).digest()[:10])


def link_word(key: bytes, letter_key: str, unit_code: str, last_date: date) -> str:
    """The word of a link, `<bundle>.<secret>`; the same for the same letter, unit and last day."""
    told = f"link\n{letter_key}\n{unit_code}\n{last_date.isoformat()}".encode()
    secret = hmac.new(key, told, hashlib.sha256).digest()[:16]
    return f"{bundle_name(letter_key, unit_code)}.{_digits(secret)}"


def word_hash(word: str) -> str:
    """What the page is told of a link, in place of it."""
    return hashlib.sha256(word.encode()).hexdigest()


def is_same(word: str, told_hash: str) -> bool:
    """Whether the word is the one of this hash; takes as long for any."""
    return hmac.compare_digest(word_hash(word), told_hash)


def _digits(content: bytes) -> str:
    return b32encode(content).decode().rstrip("=").lower()
