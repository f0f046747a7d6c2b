"""The hours that a file prints: 0 to 23, which begin then, or 1 to 24, which end then, in a column of their own or in its times.

Hour 24 belongs to the day that it names. Which of the two a file prints, its whole column says: 24 and no 0, or 0 and no 24; a few
days that have the other one beside it are odd rows, which are not used. A part of a day that has neither goes by the other files of
its header, of this import or an earlier one; where those say nothing, or contradict each other, it is not read: its times may begin
or end then. So it is with times of minutes. `hour_label` says it in any case, and so do hours that are written from their beginning
to their end; hour 0 of labels that end is the last one of the day before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from include.errors import InputError
from include.language import say
from include.sources.air.printed_hours import BothHours, Evidence, Scale
from include.sources.delivery import Chunk
from include.sources.mapping.language import HourLabel, Moment

_LOOKED_AT: Final = 200  # pieces of a file that are held until one tells


class OpenHours(InputError):
    """A file whose hours may begin or end at what they name, and nobody says which."""


@dataclass(frozen=True)
class ArchiveHours:
    """`last`: the last hour of a day as it is printed; `label`: which end of its hour a number names; `first`: the first hour."""

    last: Scale = 23
    label: HourLabel = "start"
    first: int = -1  # as many hours before the last as a day has
    minutes: float = 60.0  # that a value stands for

    @property
    def least(self) -> int:
        """The first hour of a day as it is printed."""
        return self.last - 23 if self.first < 0 else self.first

    @property
    def reason(self) -> str:
        """Why another number is none of these hours (Chinese)."""
        return say("不是{last}至{last_2}的小时，整行未用", last=self.least, last_2=self.last)

    @property
    def note(self) -> str:
        """How the hours were understood, where it is not the usual way (Chinese); empty otherwise."""
        if self.label == "start":
            return ""
        if self.minutes < 60:
            return say("时间按各{minutes:g}分钟的结束时刻理解，24时属于所记的日期", minutes=self.minutes)
        if self.least == 0:
            return say("小时按整点结束时刻理解，0时是前一日的最后一小时，24时属于所记的日期")
        return say("小时为1至24，按整点结束时刻理解，24时属于所记的日期")


@dataclass(frozen=True)
class FileHours:
    """What a file shows of its hours and as what they were understood. `layout`: its mapping and header (`layout_hash`)."""

    layout: str
    moment: Moment
    seen: Evidence
    hours: ArchiveHours
    where: str
    usual: frozenset[Scale] = frozenset()  # what it means where no other file says anything

    @property
    def scale(self) -> Scale | None:
        """Which hours it says itself that it prints; None where it says nothing, or somebody else said it."""
        return self.seen.scale if self.moment.hour_label is None else None

    @property
    def is_sure(self) -> bool:
        """Whether it says so whatever others print."""
        return self.scale == 24 or (self.scale == 23 and self.seen.is_whole)

    @property
    def goes_by_others(self) -> bool:
        """Whether other files of its header may tell what it means."""
        return self.moment.hour_label is None and not self.seen.says_itself and not self.is_sure

    def is_otherwise(self, known: Mapping[str, frozenset[Scale]]) -> bool:
        """Whether its hours mean something else where other files of a header print these."""
        try:
            own = meant(self.seen, self.moment, known.get(self.layout) or self.usual, self.where)
        except OpenHours:
            return True
        return own != self.hours


def with_told(
    known: Mapping[str, frozenset[Scale]], files: Iterable[FileHours]
) -> dict[str, frozenset[Scale]]:
    """What is known of the hours of each header by other files and by these: what the parts of a day among these print counts where
    nobody else says anything, so that neither the order of files nor their grouping decides."""
    told = dict(known)
    by_kind = sorted(files, key=lambda file: not file.is_sure)
    sure = {layout for layout, own in known.items() if own} | {
        file.layout for file in by_kind if file.is_sure
    }
    for file in by_kind:
        if file.scale is not None and (file.is_sure or file.layout not in sure):
            told[file.layout] = told.get(file.layout, frozenset()) | {file.scale}
    return told


def printed_by(files: Iterable[FileHours]) -> list[tuple[str, Scale]]:
    """The header and last hour of each file that says itself which hours it prints."""
    return [(file.layout, file.scale) for file in files if file.scale is not None]


_SAY_IT: Final = (
    "say hour_label: start or hour_label: end in the mapping, or --hour-label of import-air-quality"
)


def layout_hash(mapping: str, header: Sequence[str]) -> str:
    """By what files of one mapping and header are known."""
    return sha256("\x1f".join([mapping, *header]).encode()).hexdigest()


def scales(last_hours: Iterable[int]) -> frozenset[Scale]:
    """The last hours that a store knows of a header."""
    known = set(last_hours)
    return frozenset(scale for scale in (23, 24) if scale in known)


def with_hours(chunks: Iterable[Chunk], moment: Moment, where: str) -> Iterator[tuple[Chunk, ArchiveHours]]:
    """The chunks of a file, each with what its hours seem to mean, looked up in the first that tells (`meant` says it of the whole).

    Raises InputError where somebody said that hours begin and the file prints hour 24.
    """
    hours: ArchiveHours | None = None
    held: list[Chunk] = []
    for chunk in chunks:
        if hours is None:
            held.append(chunk)
            scale = _first_scale(chunk, moment) or (23 if len(held) >= _LOOKED_AT else None)
            if scale is None:
                continue
            hours = _labelled(scale, moment, where)
            yield from ((each, hours) for each in held)
            held = []
        else:
            yield chunk, hours
    if held:
        hours = _labelled(23, moment, where)
        yield from ((each, hours) for each in held)


def meant(seen: Evidence, moment: Moment, known: frozenset[Scale], where: str) -> ArchiveHours:
    """What the hours of a whole file mean. `known`: what other files of the same header print.

    Raises OpenHours where nobody says it, and InputError where somebody said that hours begin and the file prints hour 24.
    """
    if moment.hour_label is not None:
        return _labelled(24 if seen.ends and not seen.zeros else 23, moment, where)
    if seen.says_itself:
        return _labelled(23, moment, where)
    try:
        own = seen.scale
    except BothHours as both:
        zeros, ends = both.args
        raise OpenHours(
            "the file prints both hour 0 and hour 24, and hours begin or end at what they name",
            where=where,
            expected="0 to 23, or 1 to 24",
            got=f"hour 0 on {zeros} days, hour 24 on {ends}",
            todo=_SAY_IT,
        ) from None
    if own == 24 or (own == 23 and (seen.is_whole or known != {24})):
        return _labelled(own, moment, where)
    if own is None and len(known) == 1:
        return _labelled(next(iter(known)), moment, where)
    raise OpenHours(
        "the hours of the file may begin or end at what they name",
        where=where,
        expected="hour 0 or hour 24, in this file or in others of the same header",
        got=f"{seen.span}{_others_said(own, known)}",
        todo=f"{_SAY_IT}; or import it together with whole days",
    )


def _others_said(own: Scale | None, known: frozenset[Scale]) -> str:
    if own == 23:
        return ", hour 0 among them, and other files of the header print hour 24"
    return ", and of the other files of the header some print hour 0, some hour 24" if known else ""


def _first_scale(chunk: Chunk, moment: Moment) -> Scale | None:
    names = list(dict.fromkeys([*moment.template.columns, *([moment.hours] if moment.hours else [])]))
    told = chunk.rows[names].drop_duplicates().astype("str")
    seen = Evidence()
    seen.add(moment, told)
    return 23 if seen.zeros else 24 if seen.ends else None


def _labelled(scale: Scale, moment: Moment, where: str) -> ArchiveHours:
    told = moment.hour_label
    if scale == 24 and told == "start":
        raise InputError(
            "the file prints hour 24, and hours that begin end at 23",
            where=where,
            got="--hour-label start",
            expected="hours 0 to 23",
            todo="leave --hour-label out, or say end",
        )
    if told == "end":
        return ArchiveHours(24, "end", first=0, minutes=moment.minutes)
    return ArchiveHours(scale, "end" if scale == 24 else "start", minutes=moment.minutes)
