"""The background of the desk's map: none, or tiles of a server in the operator's own network (variable `map`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from include.errors import InputError

_PLACES = ("{z}", "{x}", "{y}")


@dataclass(frozen=True)
class Tiles:
    """`url` with {z}, {x}, {y}; `origin`: the one place, beside the desk itself, that the map's page may load pictures from."""

    url: str
    origin: str
    attribution: str


def read_tiles(told: Mapping[str, Any]) -> Tiles | None:
    """The tiles that the variable `map` tells of (`tiles`, `attribution`); None without. Raises InputError for an address that
    is none, or that would let more into the page's policy than one origin."""
    url = str(told.get("tiles") or "")
    if not url:
        return None
    parts = urlsplit(url)
    plain = re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", parts.netloc) is not None
    if (
        parts.scheme not in ("http", "https")
        or not plain
        or any(url.count(place) != 1 for place in _PLACES)
        or re.search(r"[\s\"'<>;,]", url)
    ):
        raise InputError(
            "not an address of map tiles",
            where="variable map: tiles",
            got=url[:200],
            expected="http(s)://host/{z}/{x}/{y}.png of a server in your own network",
        )
    return Tiles(url, f"{parts.scheme}://{parts.netloc}", str(told.get("attribution") or ""))
