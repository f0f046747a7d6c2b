"""Which end of its hour a time of stations names: the rule of air quality (`air.hours`), for the tables of stations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from include.errors import InputError
from include.sources.air.hours import ArchiveHours, FileHours, layout_hash, meant, scales
from include.sources.air.printed_hours import Evidence, Scale
from include.sources.delivery import Chunk
from include.sources.layout import Layout
from include.sources.mapping.language import Copy, Moment, Piece, TableMapping, Template
from include.sources.mapping.moments import require_zone
from include.sources.mapping.transform import told_as
from include.sources.reading.written_times import hour_number, iso_texts

_LOOKED_AT: Final = 100  # rows that show whether times carry an offset
# How long a value stands for, by the column that tells when.
_MINUTES_OF: Final = {"hour": 60.0, "observed_at": 5.0}


def hours_of(
    chunks: Sequence[Chunk],
    layout: Layout,
    mapping: TableMapping,
    known: Mapping[str, frozenset[Scale]],
    where: str,
) -> tuple[TableMapping, list[Chunk], FileHours | None]:
    """The mapping with the label that the rows show (hours 1 to 24 end), the chunks with what is none of these hours marked, and what
    the rows show of their hours. Nothing changes for a table without hours. In a table of our own names hours begin where nobody
    prints hour 24: so it is written of them. Raises as `air.hours.meant`."""
    moment = _moment(chunks, layout, mapping)
    if moment is None:
        return mapping, list(chunks), None
    header = layout_hash(f"{layout.name} {mapping.name}", list(chunks[0].rows.columns))
    columns = [*moment.template.columns, *([moment.hours] if moment.hours else [])]
    if set(columns) <= set(chunks[0].rows.columns):
        require_zone(moment, chunks[0].rows[columns].head(_LOOKED_AT).astype("str"), where)
    seen = _seen(chunks, moment)
    others = known.get(header) or scales(mapping.usual_hours)
    hours = meant(seen, moment, others, where)
    told = FileHours(header, moment, seen, hours, where, scales(mapping.usual_hours))
    if moment.hour_label is not None or hours.last != 24:
        return mapping, list(chunks), told
    own = replace(mapping, columns={**mapping.columns, layout.key[1]: replace(moment, hour_label="end")})
    return own, [_marked(chunk, moment, hours) for chunk in chunks], told


def require_known_hours(chunks: Sequence[Chunk], layout: Layout, mapping: TableMapping, where: str) -> None:
    """A window of a platform or database need not hold hour 24: where one does, the mapping must say what it means in all of them.

    Raises InputError where it does not.
    """
    moment = _moment(chunks, layout, mapping)
    if moment is None or moment.hour_label is not None:
        return
    if _seen(chunks, moment).ends:
        raise InputError(
            "the source tells hour 24, and nobody says whether its hours begin or end at what they name",
            where=where,
            expected="hours 0 to 23, or hour_label in the mapping",
            todo="say hour: {moment: …, hour_label: end} in the mapping",
        )


def _seen(chunks: Sequence[Chunk], moment: Moment) -> Evidence:
    columns = list(dict.fromkeys([*moment.template.columns, *([moment.hours] if moment.hours else [])]))
    seen = Evidence()
    for chunk in chunks:
        if set(columns) <= set(chunk.rows.columns):
            seen.add(moment, chunk.rows[columns].drop_duplicates().astype("str"))
    return seen


def _moment(chunks: Sequence[Chunk], layout: Layout, mapping: TableMapping) -> Moment | None:
    """How the table tells its hours (or the moments of its minutes); None where it has none, or they are no text of one column or
    date and hour."""
    name = next((each for each in layout.key if each in _MINUTES_OF), "")
    if not name:
        return None
    header = list(chunks[0].rows.columns) if chunks else []
    rule = mapping.columns.get(name, Copy(told_as(name, header)))
    if isinstance(rule, Moment):
        return None if any(piece.is_own for piece in rule.template.pieces) else rule
    if isinstance(rule, Copy) and rule.column in header and not rule.values:
        template = Template((Piece("", rule.column),))
        return Moment(template, "", mapping.time_zone, "", minutes=_MINUTES_OF[name])
    return None


def _marked(chunk: Chunk, moment: Moment, hours: ArchiveHours) -> Chunk:
    """The chunk with the hours 0 beside 24 as times that are none, so that they are named and not used."""
    name = moment.hours or moment.template.columns[0]
    texts = chunk.rows[name].astype("str")
    if moment.hours:
        is_odd = texts.map(lambda text: hour_number(text) < hours.least).astype(bool)
    else:
        is_odd = iso_texts(texts).str.contains(r"[T ]00:00(?::00)?(?![0-9:])")
    if not is_odd.any():
        return chunk
    marked: pd.Series[str] = texts.mask(is_odd, texts + f"（{hours.reason}）")
    return replace(chunk, rows=chunk.rows.assign(**{name: marked}))
