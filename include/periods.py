"""Reporting windows and as-of moments, in Beijing time.

Every window is whole natural days, half-open: [start 00:00, end 00:00) in Asia/Shanghai. `period_end` is
exclusive: the day on which the letter goes out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from include.errors import InputError

BEIJING: Final = ZoneInfo("Asia/Shanghai")
DAY: Final = timedelta(days=1)

Kind = Literal["day", "midweek", "weekend", "half_month", "month", "custom"]
KINDS: Final[tuple[str, ...]] = get_args(Kind)
KIND_LABELS: Final[dict[str, str]] = {
    "day": "日调度", "midweek": "周中汇总", "weekend": "周末汇总", "half_month": "半月通报", "month": "月通报",
    "custom": "自定时段",
}  # fmt: skip

# The beats of the cadence: cron expressions in Beijing time. The DAGs and the README read them from here.
SCHEDULES: Final[dict[str, str]] = {
    "daily_dispatch": "30 8 * * *",
    "weekly_summary": "0 9 * * 0,3",
    "half_monthly_bulletin": "0 9 1,16 * *",
    "post_round": "*/15 * * * *",
}
_AS_OF: Final[dict[str, time]] = {"day": time(8, 30), "custom": time(0, 0)}
_AS_OF_OTHERS: Final = time(9, 0)

_WEDNESDAY, _SUNDAY = 2, 6
_ENDS: Final = {
    "midweek": "a Wednesday",
    "weekend": "a Sunday",
    "half_month": "the 1st or the 16th",
    "month": "the 1st",
}


@dataclass(frozen=True, order=True)
class Period:
    """One reporting window. `start` inclusive and `end` exclusive Beijing dates; `as_of` an aware instant."""

    start: date
    end: date
    kind: Kind
    as_of: datetime

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise InputError(
                "a window needs at least one day", where=f"period {self.start}..{self.end}",
                expected="start before end (end is exclusive)", got=f"{self.start} and {self.end}",
            )  # fmt: skip
        if self.as_of.tzinfo is None:
            raise InputError("as_of needs a time zone", where="period", got=self.as_of)

    @property
    def starts_at(self) -> datetime:
        """The window's first instant."""
        return midnight(self.start)

    @property
    def ends_at(self) -> datetime:
        """The first instant after the window."""
        return midnight(self.end)

    @property
    def last_date(self) -> date:
        """The last day inside the window, as a person would name it."""
        return self.end - DAY

    @property
    def label(self) -> str:
        """The window as a person reads it: `3月12日` or `3月1日至15日`."""
        first, last = self.start, self.last_date
        if first == last:
            return f"{first.month}月{first.day}日"
        if first.year != last.year:
            return f"{chinese_date(first)}至{chinese_date(last)}"
        tail = f"{last.day}日" if first.month == last.month else f"{last.month}月{last.day}日"
        return f"{first.month}月{first.day}日至{tail}"

    @property
    def key(self) -> str:
        """A name for folders and logs: `day_2020-03-12_2020-03-13`."""
        return f"{self.kind}_{self.start}_{self.end}"

    def letter_key(self, letter_kind: str, addressee: str, revision: int = 1) -> str:
        """The identity of a letter in one word, fit for a Message-ID: `notice_130100_day_2020-03-12_2020-03-13_1`."""
        return f"{letter_kind}_{addressee}_{self.key}_{revision}"


def midnight(day: date) -> datetime:
    """The first instant of a Beijing day."""
    return datetime.combine(day, time(0, 0), BEIJING)


def beijing_date(moment: datetime) -> date:
    """The Beijing day of an aware instant."""
    return moment.astimezone(BEIJING).date()


def chinese_date(day: date) -> str:
    """`2020年3月12日`: no padding, as official documents write it."""
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_moment(moment: datetime, *, year: bool = False) -> str:
    """`3月12日8时30分` (or with the year), Beijing time; a full hour prints no minutes."""
    local = moment.astimezone(BEIJING)
    minutes = f"{local.minute}分" if local.minute else ""
    prefix = f"{local.year}年" if year else ""
    return f"{prefix}{local.month}月{local.day}日{local.hour}时{minutes}"


def period_ending(kind: str, period_end: date) -> Period:
    """The window of `kind` whose letter goes out on `period_end`.

    `day` any date; `midweek` a Wednesday (Sunday to Tuesday); `weekend` a Sunday (Wednesday to Saturday);
    `half_month` the 1st or the 16th; `month` the 1st.
    """
    start = _start_before(kind, period_end)
    if start is None:
        raise InputError(
            f"no {kind} window ends there", where="period_end", got=f"{period_end} ({period_end:%A})",
            expected=_ENDS.get(kind, "a kind of " + ", ".join(k for k in KINDS if k != "custom")),
            todo="the date is exclusive: the day on which the letter goes out",
        )  # fmt: skip
    return Period(start, period_end, _kind(kind), _as_of(kind, period_end))


def kind_ending(kinds: Sequence[str], end: date) -> Kind:
    """The first of `kinds` that has a window ending on that date. Raises InputError."""
    for kind in kinds:
        if _start_before(kind, end) is not None:
            return _kind(kind)
    raise InputError(
        "no window of this beat ends there", where="period_end", got=f"{end} ({end:%A})",
        expected=" or ".join(_ENDS.get(kind, kind) for kind in kinds),
        todo="the date is exclusive: the day on which the letter goes out",
    )  # fmt: skip


def period_of_interval(kind: str, interval_start: datetime, interval_end: datetime) -> Period:
    """The window of a scheduled run: both ends cut to their Beijing dates; `as_of` is the interval's end."""
    as_of = interval_end.astimezone(
        BEIJING
    )  # as every other window has it: the same window, the same frozen figures
    return Period(beijing_date(interval_start), beijing_date(interval_end), _kind(kind), as_of)


def custom_period(start: date, end: date, as_of: datetime | None = None) -> Period:
    """Any whole days, [start, end); without `as_of` the state at `end` 00:00 Beijing time."""
    return Period(start, end, "custom", as_of or midnight(end))


def last_complete(kind: str, now: datetime) -> Period:
    """The last window of `kind` whose letter is due at `now` or before."""
    day = beijing_date(now)
    while True:
        if _start_before(kind, day) is not None and _as_of(kind, day) <= now:
            return period_ending(kind, day)
        day -= DAY


def periods_between(kind: str, first: date, last: date) -> Iterator[Period]:
    """Every window of `kind` with `first` < period_end ≤ `last`, in order."""
    day = first + DAY
    while day <= last:
        if _start_before(kind, day) is not None:
            yield period_ending(kind, day)
        day += DAY


def previous(period: Period) -> Period:
    """The window of the same kind before this one (for `custom`: as many days just before it)."""
    if period.kind == "custom":
        return custom_period(period.start - (period.end - period.start), period.start)
    day = period.end - DAY
    while _start_before(period.kind, day) is None:
        day -= DAY
    return period_ending(period.kind, day)


def cut(period: Period, first: date, end: date) -> Period | None:
    """The days of the window inside [first, end), same kind and `as_of`; None when no day is left.

    The cut window has a key of its own: a letter keeps the key of its beat and counts the days of the cut window.
    """
    start, stop = max(period.start, first), min(period.end, end)
    return replace(period, start=start, end=stop) if start < stop else None


def rolling(period: Period, days: int) -> tuple[datetime, datetime]:
    """The instants that bound the `days` natural days ending where the window ends."""
    return midnight(period.end - days * DAY), period.ends_at


def month_to_date(period: Period) -> tuple[datetime, datetime]:
    """From the first of the month of the window's last day to the window's end."""
    return midnight(period.last_date.replace(day=1)), period.ends_at


def parse_moment(text: str) -> datetime:
    """An ISO 8601 instant; without an offset it is Beijing time. Raises InputError."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(
            "not a moment", got=text, expected="ISO 8601 such as 2020-06-30T08:30 or 2020-06-30T08:30+08:00"
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)).astimezone(UTC)


def parse_date(text: str) -> date:
    """A date such as 2020-03-16. Raises InputError."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError("not a date", got=text, expected="YYYY-MM-DD such as 2020-03-16") from error


def _start_before(kind: str, end: date) -> date | None:
    if kind == "day":
        return end - DAY
    if kind == "midweek" and end.weekday() == _WEDNESDAY:
        return end - 3 * DAY
    if kind == "weekend" and end.weekday() == _SUNDAY:
        return end - 4 * DAY
    if kind == "half_month" and end.day == 16:
        return end.replace(day=1)
    if kind == "half_month" and end.day == 1:
        return (end - DAY).replace(day=16)
    if kind == "month" and end.day == 1:
        return (end - DAY).replace(day=1)
    return None


def _as_of(kind: str, end: date) -> datetime:
    return datetime.combine(end, _AS_OF.get(kind, _AS_OF_OTHERS), BEIJING)


def _kind(text: str) -> Kind:
    for kind in get_args(Kind):
        if kind == text:
            return kind  # type: ignore[no-any-return]
    raise InputError("unknown kind of window", got=text, expected=" | ".join(KINDS))
