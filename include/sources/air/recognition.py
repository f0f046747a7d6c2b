"""By which mapping an air-quality file is read: the one that was named, or the shipped one that its header is known by."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from include.errors import InputError
from include.former_names import former
from include.periods import office_zone
from include.sources.layout import AIR
from include.sources.mapping.files import SHIPPED_DIR, load
from include.sources.mapping.language import TableMapping

EXPECTED: Final = (
    "a header with date,hour,城市,PM2.5 (one row a city and hour), with date,hour,type and a column a city, "
    "with grid_id,hour,pm25_ug_m3, or with unit_code,hour,is_dust; or --mapping"
)


def recognise(header: Sequence[str], where: str) -> TableMapping | None:
    """The shipped mapping that a header is known by, of several the one that asks for most columns; None for hours under dust.

    Raises InputError with what was expected and what came.
    """
    names = set(header)
    if {"hour", "is_dust"} <= names and not names.isdisjoint({"unit_code", former("unit_code")}):
        return None
    known = [mapping for mapping in shipped_air() if mapping.air and _is_known(mapping, names)]
    if known:
        return max(known, key=lambda mapping: len(mapping.air.known_by) if mapping.air else 0)
    raise InputError(
        "not an air-quality file",
        where=where,
        expected=EXPECTED,
        got=",".join(header),
        todo="name a mapping: `mapping guess` proposes one for the file",
    )


def _is_known(mapping: TableMapping, header: set[str]) -> bool:
    return (
        bool(mapping.air and mapping.air.known_by)
        and set(mapping.air.known_by if mapping.air else ()) <= header
    )


@lru_cache(maxsize=4)
def _shipped(zone: str) -> tuple[TableMapping, ...]:
    found: list[TableMapping] = []
    for path in sorted(SHIPPED_DIR.glob("*.yaml")):
        if "\n  air:" in path.read_text(encoding="utf-8"):
            found += load(path, office_zone(), {AIR.name: AIR}).tables
    return tuple(found)


def shipped_air() -> tuple[TableMapping, ...]:
    """The shipped mappings of air quality, by name."""
    return _shipped(str(office_zone()))
