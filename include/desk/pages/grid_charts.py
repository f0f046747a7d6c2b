"""A grid's PM2.5 as pictures: bars by day over the season, bars by hour of one day; where everything lies, in pixels of the picture."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from include.desk.grids import GridDay, GridHour


@dataclass(frozen=True)
class Frame:
    """The measures of a picture with its axes, in pixels; above the bars lies the strip of the alarms. `most_dates`, `each_hour`: how
    many names fit under the bars."""

    width: float
    height: float
    left: float
    right: float
    most_dates: int
    each_hour: int
    top: float = 30.0
    foot: float = 24.0


WIDE: Final = Frame(1000.0, 270.0, 44.0, 40.0, 14, 1)
NARROW: Final = Frame(360.0, 220.0, 32.0, 30.0, 5, 3)  # for a phone: nothing is drawn smaller than it is read
_STRIP: Final = 14.0  # the middle of the strip
_TICKS: Final = (10, 20, 25, 50, 100, 200, 500)  # μg/m³ between the lines: the first that makes at most six
_SPANS: Final = (
    1,
    2,
    5,
    7,
    14,
    28,
    35,
    61,
)  # days between dates on the axis: the first that leaves few enough


@dataclass(frozen=True)
class Bar:
    """One day in the chart. `style`: level-ok, level-over, or level-thin where too few hours were measured."""

    day: GridDay
    x: float
    y: float
    height: float
    style: str


@dataclass(frozen=True)
class Mark:
    """A day with alarms: a sign above the bars. `middle`: of the day."""

    middle: float
    y: float
    day: date
    alarms: int


@dataclass(frozen=True)
class DayChart:
    """Daily means as bars. `lines`: (y, μg/m³) of the scale; `dates`: (x, date) on the axis; `limits`: (x, end, y, μg/m³) of the 24 h
    limit, one piece an edition, its value right of the bars; `marks`: days with alarms."""

    frame: Frame
    bars: tuple[Bar, ...]
    step: float
    lines: tuple[tuple[float, int], ...]
    dates: tuple[tuple[float, str], ...]
    limits: tuple[tuple[float, float, float, int], ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class HourBar:
    """One hour in the chart; without a value it has no height."""

    hour: GridHour
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class HourChart:
    """The hours of a day as bars, from 0 to 23. `hours`: (middle, hour) on the axis; `lines` as of a DayChart; `alarms`: (middle, y) of the
    hours of an alarm."""

    frame: Frame
    bars: tuple[HourBar, ...]
    step: float
    lines: tuple[tuple[float, int], ...]
    hours: tuple[tuple[float, int], ...]
    alarms: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class _Scale:
    """The picture's two scales: `count` bars side by side, values up to `top`."""

    frame: Frame
    count: int
    top: int
    tick: int

    @property
    def step(self) -> float:
        return (self.frame.width - self.frame.left - self.frame.right) / self.count

    def x(self, place: float) -> float:
        return round(self.frame.left + self.step * place, 1)

    def y(self, value: float) -> float:
        floor = self.frame.height - self.frame.foot
        return round(floor - (floor - self.frame.top) * value / self.top, 1)

    def height(self, value: float) -> float:
        return round(self.frame.height - self.frame.foot - self.y(value), 1)

    @property
    def lines(self) -> tuple[tuple[float, int], ...]:
        return tuple((self.y(value), value) for value in range(0, self.top + 1, self.tick))


def _scale(frame: Frame, count: int, values: Collection[float]) -> _Scale:
    highest = max(values) * 1.05
    tick = next((one for one in _TICKS if highest / one <= 6), _TICKS[-1])
    return _Scale(frame, count, tick * (int(highest // tick) + 1), tick)


def day_chart(days: Sequence[GridDay], alarms: Mapping[date, int], frame: Frame = WIDE) -> DayChart | None:
    """The picture of these days; `alarms`: how many there were on a day. None without any measured day."""
    measured = [day.pm25_ug_m3 for day in days if day.pm25_ug_m3 is not None]
    if not measured:
        return None
    scale = _scale(frame, len(days), [*measured, *(day.limit_ug_m3 for day in days)])
    numbered = list(enumerate(days))
    bars = tuple(
        Bar(
            day,
            scale.x(place),
            scale.y(day.pm25_ug_m3),
            scale.height(day.pm25_ug_m3),
            "level-over" if day.is_over else "level-ok" if day.is_valid else "level-thin",
        )
        for place, day in numbered
        if day.pm25_ug_m3 is not None
    )
    pieces = [list(group) for _, group in groupby(numbered, key=lambda one: one[1].limit_ug_m3)]
    apart = next((span for span in _SPANS if len(days) / span <= frame.most_dates), _SPANS[-1])
    return DayChart(
        frame,
        bars,
        round(scale.step * 0.8, 2),
        scale.lines,
        tuple(
            (scale.x(place), f"{day.day:%m-%d}" if place or frame is NARROW else f"{day.day:%Y-%m-%d}")
            for place, day in numbered
            if place % apart == 0
        ),
        tuple(
            (
                scale.x(one[0][0]),
                scale.x(one[-1][0] + 1),
                scale.y(one[0][1].limit_ug_m3),
                one[0][1].limit_ug_m3,
            )
            for one in pieces
        ),
        tuple(
            Mark(scale.x(place + 0.4), _STRIP, day.day, alarms[day.day])
            for place, day in numbered
            if alarms.get(day.day)
        ),
    )


def hour_chart(hours: Sequence[GridHour], frame: Frame = WIDE) -> HourChart | None:
    """The picture of a day's hours; None without any value."""
    values = [one.pm25_ug_m3 for one in hours if one.pm25_ug_m3 is not None]
    if not values:
        return None
    scale = _scale(frame, len(hours), [*values, 1.0])
    return HourChart(
        frame,
        tuple(
            HourBar(one, scale.x(place), scale.y(one.pm25_ug_m3 or 0), scale.height(one.pm25_ug_m3 or 0))
            for place, one in enumerate(hours)
        ),
        round(scale.step * 0.8, 2),
        scale.lines,
        tuple(
            (scale.x(place + 0.4), one.hour)
            for place, one in enumerate(hours)
            if place % frame.each_hour == 0
        ),
        tuple((scale.x(place + 0.4), _STRIP) for place, one in enumerate(hours) if one.is_alarm),
    )
