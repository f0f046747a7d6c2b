"""Reporting windows of instants, and the moments as of which their letters are written.

A window is half-open: [start_at, end_at), two aware instants. Those of the day beats are whole natural days of the office's
zone (Asia/Shanghai). Dates are derived: `period_end` is exclusive, the day (or hour) on which the letter goes out.
A kind of window is a value (`WindowKind`): where its windows end and begin, as of which moment they are read, its name.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from include.errors import InputError
from include.language.moments import day_words, days_words, end_words, hours_words, moment_words
from include.profile.current import office

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)
_JUST_BEFORE: Final = timedelta(microseconds=1)

# The name of a kind of window: a key of KINDS.
Kind = str

# The beats of the cadence: cron expressions by the clock on the office's wall, whose hours and minutes the profile says.
_SCHEDULES: Final[dict[str, str]] = {
    "hourly_watch": "{0.minute} * * * *",
    "daily_dispatch": "{0.minute} {0.hour} * * *",
    "weekly_summary": "{0.minute} {0.hour} * * 0,3",
    "half_monthly_bulletin": "{0.minute} {0.hour} 1,16 * *",
    "post_round": "*/15 * * * *",
    "answer_round": "*/5 * * * *",
}
DAG_IDS: Final = tuple(_SCHEDULES)
# What every workflow is called, those included that only a person starts.
DAG_NAMES: Final[dict[str, str]] = {
    "hourly_watch": "小时监测",
    "daily_dispatch": "日调度",
    "weekly_summary": "周汇总",
    "half_monthly_bulletin": "半月通报",
    "post_round": "投递轮次",
    "answer_round": "答复轮次",
    "select_grids": "热点网格遴选",
    "publish": "公开发布",
}

_WEDNESDAY, _SUNDAY = 2, 6
_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_YEARS: Final = f"{_FIRST_YEAR} to {_LAST_YEAR}"


@dataclass(frozen=True)
class WindowKind:
    """One kind of window.

    `step`: its windows end on multiples of this (a day: midnights; an hour: full hours). `start_before(end)`: the first
    instant of the window that ends there, or None where none ends. `beat`: the DAG whose hour in the profile is the moment whose
    state is told, or `as_of_after`: how long after the end. `ends`: where its windows end, in words for an error.
    """

    name: str
    label: str  # Chinese, for lists
    step: timedelta
    start_before: Callable[[datetime], datetime | None]
    ends: str
    beat: str = ""
    as_of_after: timedelta = timedelta(0)

    def floor(self, moment: datetime) -> datetime:
        """The last instant at or before `moment` on which a window of this kind could end."""
        if self.step >= DAY:
            return midnight(office_date(moment))
        seconds = int(self.step.total_seconds())
        return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, office_zone())

    def before(self, end_at: datetime) -> datetime:
        """The instant one step earlier."""
        return self.floor(end_at - _JUST_BEFORE)

    def after(self, end_at: datetime) -> datetime:
        """The instant one step later."""
        return midnight(office_date(end_at) + DAY) if self.step >= DAY else later(end_at, self.step)

    def as_of(self, end_at: datetime) -> datetime:
        """The moment as of which the window that ends there is told."""
        after = self.as_of_after
        if self.beat:
            clock = office().beats[self.beat]
            after = timedelta(hours=clock.hour, minutes=clock.minute)
        if self.step >= DAY:
            return midnight(office_date(end_at)) + after  # by the clock on the wall
        return later(end_at, after)


@dataclass(frozen=True, order=True)
class Period:
    """One reporting window: `start_at` inclusive and `end_at` exclusive, aware instants in whole seconds; `as_of` an aware
    instant. `Period.of_days` takes dates."""

    start_at: datetime
    end_at: datetime
    kind: Kind
    as_of: datetime

    def __post_init__(self) -> None:
        for name in ("start_at", "end_at", "as_of"):
            if not isinstance(getattr(self, name), datetime):
                raise InputError(
                    f"{name} is no instant",
                    where="period",
                    got=getattr(self, name),
                    todo="Period.of_days takes dates",
                )
            if getattr(self, name).tzinfo is None:
                raise InputError(f"{name} needs a time zone", where="period", got=getattr(self, name))
        # As instants: where clocks are set back, the same wall time comes twice.
        if self.start_at.astimezone(UTC) >= self.end_at.astimezone(UTC):
            of_days = all(one == midnight(office_date(one)) for one in (self.start_at, self.end_at))
            raise InputError(
                f"a window needs at least one {'day' if of_days else 'second'}",
                where=f"period {self.start_at}..{self.end_at}",
                expected="start before end (end is exclusive)",
                got=f"{self.start_at} and {self.end_at}",
            )
        if self.start_at.microsecond or self.end_at.microsecond:
            raise InputError(
                "a window begins and ends on a whole second",
                where="period",
                got=f"{self.start_at} and {self.end_at}",
            )

    @classmethod
    def of_days(cls, start: date, end: date, kind: Kind, as_of: datetime) -> "Period":
        """Whole days, [start, end). Raises InputError when there is none."""
        return cls(midnight(start), midnight(end), kind, as_of)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        """Frozen figures keep a window as `start`, `end`, `kind`, `as_of`: dates for whole days, else instants."""
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            _from_plain,
            serialization=core_schema.plain_serializer_function_ser_schema(_to_plain),
        )

    @property
    def start(self) -> date:
        """The day in which the window begins."""
        return office_date(self.start_at)

    @property
    def end(self) -> date:
        """The day in which the first instant after the window lies: the day on which its letter goes out."""
        return office_date(self.end_at)

    @property
    def starts_at(self) -> datetime:
        """The window's first instant."""
        return self.start_at

    @property
    def ends_at(self) -> datetime:
        """The first instant after the window."""
        return self.end_at

    @property
    def last_date(self) -> date:
        """The last day inside the window, as a person would name it."""
        return office_date(self.end_at - _JUST_BEFORE)

    @property
    def end_label(self) -> str:
        """The window's end as a person writes it before `前`: `3月12日24时`, or `3月12日9时` inside a day."""
        return end_words(self.end_at.astimezone(office_zone()), self.last_date)

    @property
    def is_whole_days(self) -> bool:
        """Whether both ends are midnights."""
        return self.start_at == midnight(self.start) and self.end_at == midnight(self.end)

    @property
    def label(self) -> str:
        """The window as a person reads it: `3月12日`, `3月1日至15日` or `3月12日8时至9时`."""
        if self.is_whole_days:
            return days_words(self.start, self.last_date)
        start, end = (moment.astimezone(office_zone()) for moment in (self.start_at, self.end_at))
        return hours_words(start, end, self.last_date)

    @property
    def key(self) -> str:
        """A name for folders and logs: `day_2020-03-12_2020-03-13`; where the window is not of whole days its instants in
        UTC, which no change of clocks makes ambiguous: `hour_2020-03-12T0000Z_2020-03-12T0100Z`."""
        if self.is_whole_days:
            return f"{self.kind}_{self.start}_{self.end}"
        return f"{self.kind}_{_instant_key(self.start_at)}_{_instant_key(self.end_at)}"

    def letter_key(self, letter_kind: str, addressee: str, revision: int = 1) -> str:
        """The identity of a letter in one word, fit for a Message-ID: `notice_130100_day_2020-03-12_2020-03-13_1`."""
        return f"{letter_kind}_{addressee}_{self.key}_{revision}"


def office_zone() -> ZoneInfo:
    """The zone whose days and hours this office lives by."""
    return office().zone


def schedule(dag_id: str) -> str:
    """The cron expression of a DAG, in the office's zone."""
    return _SCHEDULES[dag_id].format(office().beats.get(dag_id))


def later(moment: datetime, by: timedelta) -> datetime:
    """The instant `by` after `moment`: elapsed time, whatever the clocks of a zone do between."""
    return (moment.astimezone(UTC) + by).astimezone(office_zone())


def midnight(day: date) -> datetime:
    """The first instant of a Beijing day."""
    return datetime.combine(day, time(0, 0), office_zone())


def office_date(moment: datetime) -> date:
    """The Beijing day of an aware instant."""
    return moment.astimezone(office_zone()).date()


def date_label(day: date) -> str:
    """`2020年3月12日`: no padding, as official documents write it."""
    return day_words(day, year=True)


def moment_label(moment: datetime, *, year: bool = False) -> str:
    """`3月12日8时30分` (or with the year), in the office's time; a full hour prints no minutes."""
    return moment_words(moment.astimezone(office_zone()), year=year)


def moment_text(moment: datetime) -> str:
    """`2020-03-12 08:30:00` in the office's time: as verbs, their tables and what is refused print it."""
    return f"{moment.astimezone(office_zone()):%Y-%m-%d %H:%M:%S}"


def instant_of(when: date | datetime) -> datetime:
    """A date as its first instant; a moment as it is. Raises InputError for a moment without a time zone."""
    if not isinstance(when, datetime):
        return midnight(when)
    if when.tzinfo is None:
        raise InputError("a moment needs a time zone", where="period_end", got=when)
    return when.astimezone(office_zone())


def window_kind(name: str) -> WindowKind:
    """The kind of window of that name. Raises InputError."""
    try:
        return KINDS[name]
    except KeyError:
        raise InputError("unknown kind of window", got=name, expected=" | ".join(KINDS)) from None


def period_ending(kind: str, period_end: date | datetime) -> Period:
    """The window of `kind` whose letter goes out on `period_end` (a date is its first instant).

    `hour` a full hour; `day` any date; `midweek` a Wednesday (Sunday to Tuesday); `weekend` a Sunday (Wednesday to
    Saturday); `half_month` the 1st or the 16th; `month` the 1st. Raises InputError where no such window ends there.
    """
    end_at = instant_of(period_end)
    found = KINDS.get(kind)
    start_at = found.start_before(end_at) if found and found.floor(end_at) == end_at else None
    if found is None or start_at is None:
        others = ", ".join(name for name in KINDS if name != "custom")
        raise InputError(
            f"no {kind} window ends there",
            where="period_end",
            got=_named(period_end),
            expected=found.ends if found else f"a kind of {others}",
            todo="the end is exclusive: the day or the hour on which the letter goes out",
        )
    return Period(start_at, end_at, kind, found.as_of(end_at))


def kind_ending(kinds: Sequence[str], end: date | datetime) -> Kind:
    """The first of `kinds` that has a window ending there. Raises InputError."""
    end_at = instant_of(end)
    for kind in kinds:
        found = window_kind(kind)
        if found.floor(end_at) == end_at and found.start_before(end_at) is not None:
            return kind
    raise InputError(
        "no window of this beat ends there",
        where="period_end",
        got=_named(end),
        expected=" or ".join(window_kind(kind).ends for kind in kinds),
        todo="the end is exclusive: the day or the hour on which the letter goes out",
    )


def period_of_param(kinds: Sequence[str], period_end: str) -> Period:
    """The window of a run that was asked for one: `period_end` is a date or a moment (ISO 8601; without an offset it is
    Beijing time), as a person types it. Raises InputError, which says what would do."""
    try:
        end = parse_moment_or_date(period_end)
    except InputError as error:
        raise InputError(
            "period_end is neither a date nor a moment",
            where="param period_end",
            got=period_end,
            expected=error.expected,
            todo="trigger the run again with a date or a moment",
        ) from error
    return period_ending(kind_ending(kinds, end), end)


def period_of_interval(kind: str, interval_start: datetime, interval_end: datetime) -> Period:
    """The window of a scheduled run: both ends cut to the days (or hours) of its kind; `as_of` is the interval's end.

    As every other window has it: the same window, the same frozen figures.
    """
    cut_to = window_kind(kind).floor
    return Period(cut_to(interval_start), cut_to(interval_end), kind, interval_end.astimezone(office_zone()))


def period_of_schedule(kinds: Sequence[str], interval_start: datetime, interval_end: datetime) -> Period:
    """As `period_of_interval`, for a beat of several kinds of windows: the one that ends with the interval."""
    ends = {kind: window_kind(kind).floor(interval_end) for kind in kinds}
    kind = next((kind for kind, end in ends.items() if window_kind(kind).start_before(end) is not None), None)
    if kind is None:
        kind = kind_ending(kinds, interval_end)  # raises
    return period_of_interval(kind, interval_start, interval_end)


def custom_period(start: date | datetime, end: date | datetime, as_of: datetime | None = None) -> Period:
    """Any days or instants, [start, end); without `as_of` the state at `end` (of a date: 00:00 Beijing time)."""
    return Period(instant_of(start), instant_of(end), "custom", as_of or instant_of(end))


def last_complete(kind: str, now: datetime) -> Period:
    """The last window of `kind` whose letter is due at `now` or before."""
    found = window_kind(kind)
    if kind == "custom":
        raise InputError("such windows have no beat", where="kind", got=kind)
    end_at = found.floor(now)
    while found.start_before(end_at) is None or found.as_of(end_at) > now:
        end_at = found.before(end_at)
    return period_ending(kind, end_at)


def periods_between(kind: str, first: date | datetime, last: date | datetime) -> Iterator[Period]:
    """Every window of `kind` with `first` < period_end ≤ `last`, in order."""
    found, stop = window_kind(kind), instant_of(last)
    end_at = found.after(found.floor(instant_of(first)))
    while end_at <= stop:
        if found.start_before(end_at) is not None:
            yield period_ending(kind, end_at)
        end_at = found.after(end_at)


def periods_of_day(kind: str, day: date) -> Iterator[Period]:
    """Every window of `kind` whose letter goes out on that day: period_end in [day, day + 1)."""
    start_at = midnight(day)
    return periods_between(kind, start_at - timedelta(seconds=1), midnight(day + DAY) - timedelta(seconds=1))


def previous(period: Period) -> Period:
    """The window of the same kind before this one (for `custom`: as long a one just before it)."""
    if period.kind == "custom":
        if period.is_whole_days:
            return custom_period(period.start - (period.end - period.start), period.start)
        return custom_period(later(period.start_at, period.start_at - period.end_at), period.start_at)
    found = window_kind(period.kind)
    end_at = found.before(period.end_at)
    while found.start_before(end_at) is None:
        end_at = found.before(end_at)
    return period_ending(period.kind, end_at)


def cut(period: Period, first: date | datetime, end: date | datetime) -> Period | None:
    """The part of the window inside [first, end), same kind and `as_of`; None when nothing is left.

    The cut window has a key of its own: a letter keeps the key of its beat and counts the days of the cut window.
    """
    start, stop = max(period.start_at, instant_of(first)), min(period.end_at, instant_of(end))
    return replace(period, start_at=start, end_at=stop) if start < stop else None


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
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=office_zone())).astimezone(office_zone())
        _require_year(moment)
    except (ValueError, OverflowError) as error:
        raise InputError(
            "not a moment",
            got=text,
            expected=f"ISO 8601 such as 2020-06-30T08:30 or 2020-06-30T08:30+08:00, years {_YEARS}",
        ) from error
    return moment.astimezone(UTC)


def parse_date(text: str) -> date:
    """A date such as 2020-03-16. Raises InputError."""
    try:
        day = date.fromisoformat(text.strip())
        _require_year(day)
    except ValueError as error:
        raise InputError(
            "not a date", got=text, expected=f"YYYY-MM-DD such as 2020-03-16, years {_YEARS}"
        ) from error
    return day


def _require_year(day: date) -> None:
    """Raises ValueError for a year of which no calendar and no clock here knows."""
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(f"year {day.year}")


def parse_moment_or_date(text: str) -> date | datetime:
    """A date such as 2020-03-16, or a moment such as 2020-03-16T09:00 (without an offset Beijing time). Raises InputError."""
    stripped = text.strip()
    try:
        return parse_date(stripped) if len(stripped) <= len("2020-03-16") else parse_moment(stripped)
    except InputError as error:
        raise InputError(
            "neither a date nor a moment",
            got=text,
            expected="2020-03-13, or for an hour 2020-03-13T09:00 or 2020-03-13T09:00+08:00",
        ) from error


def _named(end: date | datetime) -> str:
    if isinstance(end, datetime):
        return f"{end.astimezone(office_zone()):%Y-%m-%d %H:%M (%A)}, {office_zone().key}"
    return f"{end} ({end:%A})"


def _instant_key(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H%M%S}Z" if utc.second else f"{utc:%Y-%m-%dT%H%M}Z"


def _to_plain(period: Period) -> dict[str, str]:
    start, end = (period.start, period.end) if period.is_whole_days else (period.start_at, period.end_at)
    return {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "kind": period.kind,
        "as_of": period.as_of.isoformat().replace("+00:00", "Z"),
    }


def _from_plain(value: Any) -> Period:
    """A window as `_to_plain` wrote it, or a Period; a kind that is no longer known is still read. Raises ValueError."""
    if isinstance(value, Period):
        return value
    if not isinstance(value, dict) or set(value) != {"start", "end", "kind", "as_of"}:
        raise ValueError("a window is start, end, kind and as_of")
    start_at, end_at = (
        instant_of(date.fromisoformat(text) if len(text) == len("2020-03-12") else _aware(text))
        for text in (str(value["start"]), str(value["end"]))
    )
    as_of = _aware(str(value["as_of"]))
    try:
        return Period(start_at, end_at, str(value["kind"]), as_of)
    except InputError as error:
        raise ValueError(str(error)) from error


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"an instant needs its offset, got {text}")
    return moment


def _days_before(days: int, holds: Callable[[date], bool]) -> Callable[[datetime], datetime | None]:
    """The window of `days` whole days that ends on a date for which `holds`."""

    def start_before(end_at: datetime) -> datetime | None:
        end = office_date(end_at)
        return midnight(end - days * DAY) if holds(end) else None

    return start_before


def _half_month_before(end_at: datetime) -> datetime | None:
    end = office_date(end_at)
    if end.day == 16:
        return midnight(end.replace(day=1))
    return midnight((end - DAY).replace(day=16)) if end.day == 1 else None


def _month_before(end_at: datetime) -> datetime | None:
    end = office_date(end_at)
    return midnight((end - DAY).replace(day=1)) if end.day == 1 else None


KINDS: Final[dict[str, WindowKind]] = {
    one.name: one
    for one in (
        WindowKind("day", "日调度", DAY, _days_before(1, lambda _: True), "a date", "daily_dispatch"),
        WindowKind(
            "midweek",
            "周中汇总",
            DAY,
            _days_before(3, lambda end: end.weekday() == _WEDNESDAY),
            "a Wednesday",
            "weekly_summary",
        ),
        WindowKind(
            "weekend",
            "周末汇总",
            DAY,
            _days_before(4, lambda end: end.weekday() == _SUNDAY),
            "a Sunday",
            "weekly_summary",
        ),
        WindowKind(
            "half_month", "半月通报", DAY, _half_month_before, "the 1st or the 16th", "half_monthly_bulletin"
        ),
        WindowKind("month", "月通报", DAY, _month_before, "the 1st", "half_monthly_bulletin"),
        WindowKind(
            "hour",
            "每小时",
            HOUR,
            lambda end_at: later(end_at, -HOUR),
            "a full hour such as 2020-03-16T09:00",
            "hourly_watch",
        ),
        WindowKind("custom", "自定时段", DAY, lambda _: None, "no fixed day"),
    )
}
"""Every kind of window by its name. A further kind is one more value here."""
