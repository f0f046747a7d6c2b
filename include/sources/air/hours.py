"""The hours that an archive of city air prints: 0 to 23, which begin then, or 1 to 24, which end then.

Hour 24 belongs to the day that it names. Which of the two a file prints, its own column says: 24 and no 0, or 0; where it has
neither, the hours are 0 to 23. `hour_label` end makes ends of these too: hour 0 is then the last one of the day before.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from include.errors import InputError
from include.language import say
from include.sources.delivery import Chunk
from include.sources.reading.characters import narrow_text

HourLabel = Literal["start", "end"]
Scale = Literal[23, 24]

_HOUR: Final = re.compile(r"([0-9]{1,2})(?:\.0+|时|点|:00(?::00)?)?")
_LOOKED_AT: Final = 200  # pieces of a file that are held until one tells
_DAY: Final = pd.Timedelta(days=1)


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

    def placed(
        self, days: "pd.Series[pd.Timestamp]", hours: "pd.Series[float]"
    ) -> tuple["pd.Series[pd.Timestamp]", "pd.Series[float]"]:
        """The day and the hour (0 to 23, as it begins) of printed days and hours; NaN for what is no hour of these."""
        hours = hours.where(hours.between(self.last - 23, self.last))
        if self.label == "start":
            return days, hours
        is_before = hours == 0
        return days.mask(is_before, days - _DAY), (hours - 1).mask(is_before, 23)


def hour_number(text: str) -> float:
    """`3`, `03`, `3.0`, `3时`, `03:00` as a number from 0 to 24; NaN for what is none."""
    found = _HOUR.fullmatch(narrow_text(text))
    number = int(found[1]) if found else 99
    return float(number) if number <= 24 else np.nan


def with_hours(
    chunks: Iterable[Chunk], told: HourLabel | None, where: str
) -> Iterator[tuple[Chunk, ArchiveHours]]:
    """The chunks of an archive, each with what its hours mean: looked up in the first that tells.

    Raises InputError where `told` says that hours begin and the file prints hour 24.
    """
    hours: ArchiveHours | None = None
    held: list[Chunk] = []
    for chunk in chunks:
        if hours is None:
            held.append(chunk)
            scale = _scale(chunk) or (23 if len(held) >= _LOOKED_AT else None)
            if scale is None:
                continue
            hours = _meant(scale, told, where)
            yield from ((each, hours) for each in held)
            held = []
        else:
            yield chunk, hours
    if held:
        hours = _meant(23, told, where)
        yield from ((each, hours) for each in held)


def _scale(chunk: Chunk) -> Scale | None:
    numbers = {hour_number(str(text)) for text in pd.unique(chunk.rows["hour"])}
    if 0.0 in numbers:
        return 23
    return 24 if 24.0 in numbers else None


def _meant(scale: Scale, told: HourLabel | None, where: str) -> ArchiveHours:
    if scale == 24 and told == "start":
        raise InputError(
            "the file prints hour 24, and hours that begin end at 23",
            where=where,
            got="--hour-label start",
            expected="hours 0 to 23",
            todo="leave --hour-label out, or say end",
        )
    return ArchiveHours(scale, told or ("end" if scale == 24 else "start"))
