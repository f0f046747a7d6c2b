"""The hours that a file prints: 0 to 23, which begin then, or 1 to 24, which end then, in a column of their own or in its times.

Hour 24 belongs to the day that it names. Which of the two a file prints, its whole column says: 24 and no 0, or 0 and no 24; a few
days that have the other one beside it are odd rows, which are not used. Where hours in a column of their own have neither (the first
hours of a running day), other files of the same header say it, of this import or an earlier one; where those say nothing either,
a file that has hour 1 is not read: its hours may begin or end then. `hour_label` says it in any case; hour 0 of labels that end
is the last one of the day before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Literal

import pandas as pd

from include.errors import InputError
from include.language import say
from include.sources.delivery import Chunk
from include.sources.mapping.language import HourLabel, Moment
from include.sources.reading.written_times import hour_number, iso_texts

Scale = Literal[23, 24]

_LOOKED_AT: Final = 200  # pieces of a file that are held until one tells
_MIDNIGHT: Final = r"^(?P<day>.*)[T ](?P<hour>00|24):00(?::00)?(?![0-9:])"
_DATE_LENGTH: Final = len("2026-03-12")
_ODD_SHARE: Final = 0.25  # so many of the days may have an hour 0 (24) too much


class OpenHours(InputError):
    """A file whose hours may begin or end at what they name, and nobody says which."""


@dataclass(frozen=True)
class ArchiveHours:
    """`last`: the last hour of a day as it is printed; `label`: which end of its hour a number names; `first`: the first hour."""

    last: Scale = 23
    label: HourLabel = "start"
    first: int = -1  # as many hours before the last as a day has

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
        if self.least == 0:
            return say("小时按整点结束时刻理解，0时是前一日的最后一小时，24时属于所记的日期")
        return say("小时为1至24，按整点结束时刻理解，24时属于所记的日期")


@dataclass
class Evidence:
    """What a file shows of its hours: the days that have hour 0, those that have 24 and those that have others, and the numbers that
    it has at all."""

    zeros: set[str] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    numbers: set[float] = field(default_factory=set)

    def add(self, moment: Moment, told: pd.DataFrame) -> None:
        """Looks at different rows of the columns of a moment."""
        if not _may_tell(moment):
            return
        columns = moment.template.columns
        if moment.hours:
            by_text = {
                text: hour_number(str(text), by_end=moment.is_label_end)
                for text in told[moment.hours].unique()
            }
            numbers = told[moment.hours].map(by_text)
            self.numbers |= set(numbers.dropna())
            days = pd.Series("", index=told.index, dtype="str")
            for name in columns:
                days = days + " " + told[name]
        else:
            texts = iso_texts(told[columns[0]], by_end=moment.is_label_end)
            found = texts.str.extract(_MIDNIGHT)
            numbers = found["hour"].astype("float64").fillna(-1)
            days = found["day"].fillna(texts.str[:_DATE_LENGTH])
        self.zeros |= set(days[numbers == 0])
        self.ends |= set(days[numbers == 24])
        self.others |= set(days[~numbers.isin([0, 24])])

    @property
    def scale(self) -> Scale | None:
        """What the file itself says; None where it says nothing. Raises OpenHours where it says both."""
        few, many = sorted((self.zeros, self.ends), key=len)
        if few and (len(few) > _ODD_SHARE * len(many) or (few - many) & self.others):
            raise OpenHours(
                "the file prints both hour 0 and hour 24, and hours begin or end at what they name",
                where="hours",
                expected="0 to 23, or 1 to 24",
                got=f"hour 0 on {len(self.zeros)} days, hour 24 on {len(self.ends)}",
                todo=_SAY_IT,
            )
        return 24 if many and many is self.ends else 23 if many else None


_SAY_IT: Final = "say --hour-label start or end, or hour_label in the mapping"


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
    try:
        own = seen.scale
    except OpenHours as error:
        raise OpenHours(
            error.what, where=where, expected=error.expected, got=error.got, todo=error.todo
        ) from error
    is_part = own is None or (own == 23 and moment.hours and 23 not in seen.numbers)
    if own is not None and (not is_part or known != {24}):
        return _labelled(own, moment, where)
    if own is None and len(known) == 1:
        return _labelled(next(iter(known)), moment, where)
    if own is None and not (moment.hours and 1 in seen.numbers):
        return _labelled(23, moment, where)
    raise OpenHours(
        "the hours of the file may begin or end at what they name",
        where=where,
        expected="hour 0 or hour 24, in this file or in others of the same header",
        got=f"hours {min(seen.numbers):g} to {max(seen.numbers):g}",
        todo=f"{_SAY_IT}; or import it together with whole days",
    )


def _may_tell(moment: Moment) -> bool:
    return bool(moment.hours) or (not moment.format and len(moment.template.columns) == 1)


def _first_scale(chunk: Chunk, moment: Moment) -> Scale | None:
    if not _may_tell(moment):
        return 23
    names = list(dict.fromkeys([moment.hours] if moment.hours else moment.template.columns))
    told = pd.DataFrame({name: pd.unique(chunk.rows[name]) for name in names}, dtype="str")
    for name in moment.template.columns:
        if name not in told:
            told[name] = ""
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
        return ArchiveHours(24, "end", first=0)
    return ArchiveHours(scale, "end" if scale == 24 else "start")
