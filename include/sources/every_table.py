"""Every table that a mapping can speak of, and which verb or source reads it."""

from __future__ import annotations

from typing import Final

from include.sources.candidate_places import FIRES, PLACES
from include.sources.enterprises import LAYOUT as ENTERPRISES
from include.sources.layout import AIR, LAYOUTS, Layout
from include.sources.stations.layouts import STATION_LAYOUTS

TABLES: Final[dict[str, Layout]] = {
    **LAYOUTS,
    **STATION_LAYOUTS,
    ENTERPRISES.name: ENTERPRISES,
    PLACES.name: PLACES,
    FIRES.name: FIRES,
    AIR.name: AIR,
}
