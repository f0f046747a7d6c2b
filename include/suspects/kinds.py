"""What a suspect may be, and in which direction it lies: words that need no table, so that letters load none for them."""

from __future__ import annotations

import math
from typing import Final

UNLISTED: Final = "unlisted"
DIRECTIONS: Final = ("北", "东北", "东", "东南", "南", "西南", "西", "西北")


def direction(east: float, north: float) -> str:
    """One of eight, in which a point at `east`, `north` lies."""
    return DIRECTIONS[round(math.degrees(math.atan2(east, north)) / 45) % 8]
