"""What a mapping says about a file as a whole: its form, and for air quality what its places, hours and values are."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from include.errors import InputError
from include.sources.mapping.language import AirTerms
from include.sources.mapping.yaml_values import choice, mapping_in, number, only, text, texts
from include.sources.reading.form import MOST_HEADER_ROWS, Form

FORM_NAMES: Final = frozenset(
    {
        "delimiter",
        "header_row",
        "header_rows",
        "header",
        "sheet",
        "fill_down",
        "no_data",
        "records",
        "decimal",
        "thousands",
        "hours_across",
    }
)
AIR_NAMES: Final = frozenset(
    {"by", "every", "stations", "headings", "missing", "below", "temperature_c", "pressure_hpa", "known_by"}
)
_DELIMITERS: Final = {"tab": "\t", "\\t": "\t"}
_MOST_ROWS_ABOVE: Final = 1000


def form_of(table: dict[str, Any], where: str) -> Form:
    """How the file lays out its table. Raises InputError."""
    delimiter = _DELIMITERS.get(text(table.get("delimiter", "")), text(table.get("delimiter", "")))
    if len(delimiter) > 1:
        raise InputError(
            "a delimiter is one character",
            where=f"{where}.delimiter",
            got=delimiter,
            expected="; or tab or |",
        )

    def listed(name: str) -> tuple[str, ...]:
        return texts(table[name], f"{where}.{name}") if name in table else ()

    def counted(name: str, default: int, most: int) -> int:
        return int(number(table.get(name, default), f"{where}.{name}", default, most))

    across = text(table.get("hours_across", ""))
    if across and "{hour}" not in across:
        raise InputError(
            "headings of hours hold the hour",
            where=f"{where}.hours_across",
            got=across,
            expected='"{hour}" or "{hour}时"',
        )
    return Form(
        hours_across=across,
        delimiter=delimiter,
        header_row=counted("header_row", 0, _MOST_ROWS_ABOVE),
        header_rows=counted("header_rows", 1, MOST_HEADER_ROWS),
        names=listed("header"),
        sheet=text(table.get("sheet", "")),
        fill_down=listed("fill_down"),
        no_data=listed("no_data"),
        records=text(table.get("records", "")),
        decimal=choice(table.get("decimal", ""), ("", ".", ","), f"{where}.decimal"),
        thousands=choice(table.get("thousands", ""), ("", ",", ".", " ", "'"), f"{where}.thousands"),
    )


def air_terms(table: dict[str, Any], where: str, folder: Path) -> AirTerms:
    """What places, hours and values of air quality are. Raises InputError."""
    every = table.get("every", "hour")
    stations = table.get("stations")
    terms: dict[str, Any] = {}
    if isinstance(every, dict):
        only(mapping_in(every, f"{where}.every"), {"minutes", "least_share"}, f"{where}.every")
        terms["minutes"] = number(every.get("minutes"), f"{where}.every.minutes", 0.5, 60)
        terms["least_share"] = number(every.get("least_share", 0.75), f"{where}.every.least_share", 0.01, 1)
        every = "minutes"
    if isinstance(stations, dict):
        only(mapping_in(stations, f"{where}.stations"), {"table", "least_share"}, f"{where}.stations")
        terms["stations_share"] = number(
            stations.get("least_share", 0.75), f"{where}.stations.least_share", 0.01, 1
        )
        stations = stations.get("table")
    for name, least, most in (("temperature_c", -50, 60), ("pressure_hpa", 300, 1100)):
        if name in table:
            terms[name] = number(table[name], f"{where}.{name}", least, most)
    headings = text(table.get("headings", ""))
    if headings and "{place}" not in headings:
        raise InputError(
            "headings hold places",
            where=f"{where}.headings",
            got=headings,
            expected='"{place}" or "{place} {pollutant}"',
        )
    return AirTerms(
        by=choice(table.get("by", "city"), ("city", "station", "grid"), f"{where}.by"),  # type: ignore[arg-type]
        every=choice(every, ("hour", "minutes", "day"), f"{where}.every"),  # type: ignore[arg-type]
        stations=folder / str(stations) if stations else None,
        headings=headings,
        missing=texts(table.get("missing", []), f"{where}.missing"),
        below=choice(table.get("below", "half"), ("half", "limit", "missing"), f"{where}.below"),  # type: ignore[arg-type]
        known_by=texts(table.get("known_by", []), f"{where}.known_by"),
        **terms,
    )
