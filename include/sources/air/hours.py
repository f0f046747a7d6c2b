"""The hours that a file prints: 0 to 23, which begin then, or 1 to 24, which end then, in a column of their own or in its times.

Hour 24 belongs to the day that it names. Which of the two a file prints, its own column says: 24 and no 0, or 0; where it has
neither, the hours are 0 to 23. `hour_label` end makes ends of these too: hour 0 is then the last one of the day before.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from include.errors import InputError
from include.language import say
from include.sources.delivery import Chunk
from include.sources.mapping.language import HourLabel, Moment
from include.sources.reading.written_times import hour_number, iso_texts

Scale = Literal[23, 24]

_LOOKED_AT: Final = 200  # pieces of a file that are held until one tells
_MIDNIGHT: Final = r"[T ](00|24):00(?::00)?(?![0-9:])"


@dataclass(frozen=True)
class ArchiveHours:
    """`last`: the last hour of a day as it is printed; `label`: which end of its hour a number names."""

    last: Scale = 23
    label: HourLabel = "start"

    @property
    def reason(self) -> str:
        """Why another number is none of these hours (Chinese)."""
        return say("不是{last}至{last_2}的小时，整行未用", last=self.last - 23, last_2=self.last)

    @property
    def note(self) -> str:
        """How the hours were understood, where it is not the usual way (Chinese); empty otherwise."""
        if self.last == 24:
            return say("小时为1至24，按整点结束时刻理解，24时属于所记的日期")
        return say("小时为0至23，按整点结束时刻理解，0时是前一日的最后一小时") if self.label == "end" else ""


def with_hours(chunks: Iterable[Chunk], moment: Moment, where: str) -> Iterator[tuple[Chunk, ArchiveHours]]:
    """The chunks of a file, each with what its hours mean, looked up in the first that tells.

    Raises InputError where somebody said that hours begin and the file prints hour 24.
    """
    hours: ArchiveHours | None = None
    held: list[Chunk] = []
    for chunk in chunks:
        if hours is None:
            held.append(chunk)
            scale = _scale(chunk, moment) or (23 if len(held) >= _LOOKED_AT else None)
            if scale is None:
                continue
            hours = _meant(scale, moment, where)
            yield from ((each, hours) for each in held)
            held = []
        else:
            yield chunk, hours
    if held:
        hours = _meant(23, moment, where)
        yield from ((each, hours) for each in held)


def _scale(chunk: Chunk, moment: Moment) -> Scale | None:
    by_end = moment.is_label_end
    if moment.hours:
        different = pd.unique(chunk.rows[moment.hours])
        numbers = {hour_number(str(text), by_end=by_end) for text in different}
    elif moment.format or len(moment.template.columns) != 1:
        return 23
    else:
        different = pd.unique(chunk.rows[moment.template.columns[0]])
        told = iso_texts(pd.Series(different, dtype="str"), by_end=by_end).str.extract(_MIDNIGHT)[0]
        numbers = set(told.dropna().astype("float64"))
    if 0.0 in numbers:
        return 23
    return 24 if 24.0 in numbers else None


def _meant(scale: Scale, moment: Moment, where: str) -> ArchiveHours:
    told = moment.hour_label
    if scale == 24 and told == "start":
        raise InputError(
            "the file prints hour 24, and hours that begin end at 23",
            where=where,
            got="--hour-label start",
            expected="hours 0 to 23",
            todo="leave --hour-label out, or say end",
        )
    return ArchiveHours(scale, told or ("end" if scale == 24 else "start"))
