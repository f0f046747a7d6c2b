"""Every table that a mapping can speak of, and which verb or source reads it."""

from __future__ import annotations

from typing import Final

from include.errors import InputError
from include.periods import office_zone
from include.sources.candidate_places import FIRES, PLACES
from include.sources.enterprises import LAYOUT as ENTERPRISES
from include.sources.layout import AIR, LAYOUTS, Layout
from include.sources.mapping.files import load, mapping_file
from include.sources.mapping.language import TableMapping
from include.sources.stations.layouts import STATION_LAYOUTS

TABLES: Final[dict[str, Layout]] = {
    **LAYOUTS,
    **STATION_LAYOUTS,
    ENTERPRISES.name: ENTERPRISES,
    PLACES.name: PLACES,
    FIRES.name: FIRES,
    AIR.name: AIR,
}


def mappings_in(name: str) -> tuple[TableMapping, ...]:
    """How a mapping (a YAML file, or a shipped one by its name) reads its tables. Raises InputError."""
    return load(mapping_file(name), office_zone(), TABLES).tables


def named_mapping(name: str, table: str) -> TableMapping:
    """How a mapping (a YAML file, or a shipped one by its name) reads one table. Raises InputError."""
    tables = mappings_in(name)
    found = next((mapping for mapping in tables if mapping.table == table), None)
    if found is None:
        raise InputError(
            "the mapping does not speak of this table",
            where=name,
            expected=table,
            got=", ".join(mapping.table for mapping in tables),
        )
    return found
