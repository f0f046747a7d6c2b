"""Which end of its hour a time of stations names: the rule of air quality (`air.hours`), for the tables of stations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from include.errors import InputError
from include.sources.air.hours import ArchiveHours, Evidence, Scale, meant
from include.sources.delivery import Chunk
from include.sources.layout import Layout
from include.sources.mapping.language import Copy, Moment, Piece, TableMapping, Template
from include.sources.mapping.transform import told_as
from include.sources.reading.written_times import hour_number, iso_texts

_HOUR: Final = "hour"


def hours_of(
    chunks: Sequence[Chunk], layout: Layout, mapping: TableMapping, known: frozenset[Scale], where: str
) -> tuple[TableMapping, list[Chunk], ArchiveHours | None, Scale | None]:
    """The mapping with the label that the rows show (hours 1 to 24 end), the chunks with what is none of these hours marked, what
    the hours mean and what the rows themselves say of it. Nothing changes for a table without hours. Raises as `air.hours.meant`."""
    moment = _moment(chunks, mapping) if _HOUR in layout.key else None
    if moment is None:
        return mapping, list(chunks), None, None
    seen = _seen(chunks, moment)
    hours = meant(seen, moment, known, where)
    if moment.hour_label is not None or hours.last != 24:
        return mapping, list(chunks), hours, seen.scale if moment.hour_label is None else None
    told = replace(mapping, columns={**mapping.columns, _HOUR: replace(moment, hour_label="end")})
    return told, [_marked(chunk, moment, hours) for chunk in chunks], hours, seen.scale


def require_known_hours(chunks: Sequence[Chunk], layout: Layout, mapping: TableMapping, where: str) -> None:
    """A window of a platform or database need not hold hour 24: where one does, the mapping must say what it means in all of them.

    Raises InputError where it does not.
    """
    moment = _moment(chunks, mapping) if _HOUR in layout.key else None
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


def _moment(chunks: Sequence[Chunk], mapping: TableMapping) -> Moment | None:
    """How the table tells its hours; None where they are no text of one column or date and hour."""
    header = list(chunks[0].rows.columns) if chunks else []
    rule = mapping.columns.get(_HOUR, Copy(told_as(_HOUR, header)))
    if isinstance(rule, Moment):
        return None if any(piece.is_own for piece in rule.template.pieces) else rule
    if isinstance(rule, Copy) and rule.column in header and not rule.values:
        return Moment(Template((Piece("", rule.column),)), "", mapping.time_zone, "")
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
