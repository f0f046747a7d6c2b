"""Every table that a mapping can speak of, and which verb or source reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from include.errors import InputError
from include.periods import office_zone
from include.sources.candidate_places import FIRES, PLACES
from include.sources.enterprises import LAYOUT as ENTERPRISES
from include.sources.layout import AIR, LAYOUTS, Layout
from include.sources.mapping.files import is_named_like, load, mapping_file
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


def mapping_for(name: str, path: Path) -> TableMapping:
    """How a mapping reads a file: its only table, or the one whose `files` the file is named like. Raises InputError."""
    tables = mappings_in(name)
    named = [mapping for mapping in tables if is_named_like(path, mapping)]
    if len(tables) == 1 or len(named) == 1:
        return (named or list(tables))[0]
    raise InputError(
        "the mapping speaks of several tables, and the file's name does not say which",
        where=str(path),
        expected="; ".join(f"{mapping.table}: {' or '.join(mapping.files) or '-'}" for mapping in tables),
        got=path.name,
        todo="say --table",
    )
