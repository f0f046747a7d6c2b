"""Who is named by what somebody typed: the same person, however it is spelled; pure.

Rules by which another person must act (审核, 验收, 抽查) hold between persons. A name in other capitals, in characters of full width, with
other or no spaces, with marks that nobody sees, is the same name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_BETWEEN_NAMES: Final = re.compile(r"[、,;/|&\n\t]")
_CONTACT: Final = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>?")


def names_in(*told: str) -> tuple[tuple[str, ...], ...]:
    """The persons whom texts name, each by its names as they are typed, where one text may name several: 李某、王某. A contact
    (`李某 <li@yq.example>`) is named by its name, one without by its address."""
    found: list[tuple[str, ...]] = []
    for text in told:
        for one in _BETWEEN_NAMES.split(unicodedata.normalize("NFKC", text)):
            contact = _CONTACT.search(one)
            names = (contact["name"], contact["address"]) if contact else (one,)
            found.append(tuple(filter(_key, map(str.strip, names)))[:1])
    return tuple(dict.fromkeys(filter(None, found)))


def persons_in(*told: str) -> frozenset[str]:
    """The persons whom texts name, to be compared and not to be shown."""
    return frozenset(_key(one) for names in names_in(*told) for one in names)


def taking_part(persons: Iterable[str], *told: str) -> tuple[str, ...]:
    """Who of those whom texts name is among these persons: each once, by the first of its names, as it is typed."""
    known = frozenset(persons)
    same = (names[0] for names in names_in(*told) if any(_key(one) in known for one in names))
    return tuple({_key(one): one for one in same}.values())


def _key(name: str) -> str:
    """A name as it is compared: its letters and digits, of an address its other marks too; empty for one that has none."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    if "@" in plain:
        return "".join(one for one in plain if unicodedata.category(one)[0] not in "ZC")
    return "".join(one for one in plain if unicodedata.category(one)[0] in "LNM")
