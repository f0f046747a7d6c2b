"""Maps of a month by county: GeoJSON, and an SVG picture. Never points: an alarm is only told as one of its county's count."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from math import cos, radians
from typing import Any, Final

import shapely

from include.geo.boundaries import city_outlines, counties, map_notice
from include.openness.figures import Edition, Month, Row
from include.openness.words import month_title, simulated_mark, translator

_TOLERANCE_DEG: Final = 0.012  # of simplified outlines: about a kilometre
_DECIMALS: Final = 3
_WIDTH: Final = 720.0
_FOOT: Final = 92.0
# Upper ends of the classes of a count, and their colours: from light to dark, told apart in grey, too.
_CLASSES: Final = ((9, "#d9e8f5"), (19, "#a6cbe8"), (39, "#5b9bd0"), (79, "#2468a8"), (None, "#0b3766"))
_NONE, _MERGED, _UNTOLD = "#ffffff", "url(#merged)", "#e3e3e3"


@dataclass(frozen=True)
class CountyCell:
    """One county with an outline and what is told of it: `status` shown, merged, or unit_merged (nothing by county)."""

    unit_code: str
    unit_name: str
    county: str
    outline: Any
    status: str
    pushed: int | None


def county_cells(month: Month) -> list[CountyCell]:
    """The counties of the month's units that have an outline, by unit and name."""
    names = dict(month.units)
    cells = []
    for code, county, outline in _outlines(tuple(names)):
        row = _row_of(month.counties.get(code, ()), county)
        if row is None:
            status, pushed = "unit_merged", None
        elif row.is_merged and row.counts["pushed"] != 0:
            status, pushed = "merged", None
        else:
            status, pushed = "shown", row.counts["pushed"]
        cells.append(CountyCell(code, names[code], county, outline, status, pushed))
    return cells


def geojson(edition: Edition) -> bytes:
    """The counties of an edition with the number of alarms pushed, WGS84 (RFC 7946)."""
    month = edition.month
    features = [
        {
            "type": "Feature",
            "properties": {
                "month": f"{month.start:%Y-%m}",
                "edition": edition.number,
                "unit_code": cell.unit_code,
                "unit_name": cell.unit_name,
                "county": cell.county,
                "status": cell.status,
                "pushed": cell.pushed,
            },
            "geometry": json.loads(shapely.to_geojson(cell.outline)),
        }
        for cell in county_cells(month)
    ]
    whole: dict[str, Any] = {"type": "FeatureCollection", "notice": map_notice()}
    if month.is_simulated:
        whole["data_origin"] = simulated_mark()
    text = json.dumps(whole | {"features": features}, ensure_ascii=False, separators=(",", ":"))
    return (text + "\n").encode()


def map_svg(month: Month, lang: str, named: Callable[[str], str]) -> bytes:
    """The map of a month, or b"" where no unit has an outline. Every county says in words what its colour says; `named`: a name in this language."""
    cells = county_cells(month)
    if not cells:
        return b""
    t = translator(lang)
    west, south, east, north = shapely.total_bounds([cell.outline for cell in cells])
    squeeze = cos(radians((south + north) / 2))
    scale = (_WIDTH - 16) / ((east - west) * squeeze)
    height = (north - south) * scale + 16

    def place(points: Iterable[Any]) -> Iterator[str]:
        for x, y in points:
            yield f"{8 + (x - west) * squeeze * scale:.1f} {8 + (north - y) * scale:.1f}"

    title = t("{month}各区县推送报警数", month=month_title(month, lang))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:.0f} {height + _FOOT:.0f}" role="img" '
        f'aria-labelledby="title about" font-family="sans-serif" font-size="13" fill="#1b2733">',
        f'<title id="title">{escape(_marked(title, month))}</title>',
        f'<desc id="about">{escape(t("颜色越深报警越多；斜线为合并公布的区县，灰色为不按区县公布的单位。"))}</desc>',
        '<defs><pattern id="merged" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="5" height="5" fill="#fff"/><rect width="1.6" height="5" fill="#7a8794"/></pattern></defs>',
        f'<rect width="{_WIDTH:.0f}" height="{height + _FOOT:.0f}" fill="#fff"/>',
        '<g stroke="#8a97a3" stroke-width=".4">',
    ]
    for cell in cells:
        words = f"{named(cell.unit_name)} {named(cell.county)}: {_words(cell, lang)}"
        parts.append(
            f'<path d="{_path(cell.outline, place)}" fill="{_colour(cell)}"><title>{escape(words)}</title></path>'
        )
    parts.append('</g><g fill="none" stroke="#1b2733" stroke-width="1">')
    parts += [f'<path d="{_path(outline, place)}"/>' for outline in _unit_outlines(tuple(dict(month.units)))]
    parts.append("</g>")
    parts += _legend(height, lang)
    foot = named(map_notice())
    parts.append(f'<text x="8" y="{height + _FOOT - 10:.0f}">{escape(_marked(foot, month))}</text></svg>\n')
    return "".join(parts).encode()


def _legend(top: float, lang: str) -> Iterator[str]:
    t = translator(lang)
    entries = [(_NONE, "0")]
    least = 1
    for most, colour in _CLASSES:
        entries.append((colour, f"{least}–{most}" if most else f"≥{least}"))
        least = (most or 0) + 1
    entries += [(_MERGED, t("合并公布")), (_UNTOLD, t("不按区县公布"))]
    x, y = 8.0, top + 14
    for colour, words in entries:
        width = 26 + 13.0 * sum(1.0 if ord(one) > 0x2E80 else 0.58 for one in words) + 12
        if x + width > _WIDTH:
            x, y = 8.0, y + 24
        yield f'<rect x="{x:.0f}" y="{y:.0f}" width="18" height="13" fill="{colour}" stroke="#5c6b78" stroke-width=".7"/>'
        yield f'<text x="{x + 23:.0f}" y="{y + 11:.0f}">{escape(words)}</text>'
        x += width


def _words(cell: CountyCell, lang: str) -> str:
    t = translator(lang)
    if cell.status == "shown":
        return t("报警{n}条", n=cell.pushed)
    return t("合并公布") if cell.status == "merged" else t("不按区县公布")


def _colour(cell: CountyCell) -> str:
    if cell.status != "shown" or cell.pushed is None:
        return _MERGED if cell.status == "merged" else _UNTOLD
    if cell.pushed == 0:
        return _NONE
    pushed = cell.pushed
    return next(colour for most, colour in _CLASSES if most is None or pushed <= most)


def _marked(words: str, month: Month) -> str:
    return f"{simulated_mark()} {words}" if month.is_simulated else words


def _row_of(rows: Iterable[Row], county: str) -> Row | None:
    return next((row for row in rows if county in row.members), None)


def _path(outline: Any, place: Any) -> str:
    rings = [
        ring
        for polygon in getattr(outline, "geoms", [outline])
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    return "".join(f"M{'L'.join(place(list(ring.coords)[:-1]))}Z" for ring in rings)


@cache
def _outlines(codes: tuple[str, ...]) -> tuple[tuple[str, str, Any], ...]:
    """Unit, county, simplified outline; neighbours still share their borders."""
    found = counties(codes).sort_values(["unit_code", "county_name"])
    if found.empty:
        return ()
    shapes = shapely.coverage_simplify(found.geometry.to_numpy(), _TOLERANCE_DEG)
    shapes = shapely.set_precision(shapes, 10**-_DECIMALS, mode="pointwise")
    return tuple(zip(found["unit_code"].astype(str), found["county_name"].astype(str), shapes, strict=True))


@cache
def _unit_outlines(codes: tuple[str, ...]) -> tuple[Any, ...]:
    found = city_outlines(codes)
    return tuple(shapely.coverage_simplify(found.geometry.to_numpy(), _TOLERANCE_DEG)) if len(found) else ()
