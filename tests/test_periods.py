from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from include.errors import InputError
from include.periods import (
    Period,
    custom_period,
    cut,
    kind_ending,
    last_complete,
    moment_label,
    office_zone,
    parse_moment,
    period_ending,
    period_of_interval,
    period_of_param,
    periods_between,
    periods_of_day,
    previous,
)

# hypothesis draws naive datetimes and puts the zone on by itself
MOMENTS = st.datetimes(datetime(2019, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=office_zone())


@pytest.mark.parametrize(
    ("kind", "period_end", "start", "as_of"),
    [
        ("day", "2020-03-01", "2020-02-29", "2020-03-01T08:30"),
        ("midweek", "2020-03-04", "2020-03-01", "2020-03-04T09:00"),
        ("weekend", "2020-03-08", "2020-03-04", "2020-03-08T09:00"),
        ("half_month", "2020-03-16", "2020-03-01", "2020-03-16T09:00"),
        ("half_month", "2020-03-01", "2020-02-16", "2020-03-01T09:00"),
        ("month", "2020-03-01", "2020-02-01", "2020-03-01T09:00"),
    ],
)
def test_a_window_ends_on_the_day_its_letter_goes_out(
    kind: str, period_end: str, start: str, as_of: str
) -> None:
    period = period_ending(kind, date.fromisoformat(period_end))
    assert (str(period.start), str(period.end), period.as_of) == (start, period_end, at(as_of))


@pytest.mark.parametrize(
    ("kind", "period_end", "wanted"),
    [
        ("midweek", "2020-03-05", "a Wednesday"),
        ("weekend", "2020-03-07", "a Sunday"),
        ("half_month", "2020-03-15", "the 1st or the 16th"),
        ("month", "2020-03-16", "the 1st"),
        ("fortnight", "2020-03-16", "a kind of day, midweek"),
    ],
)
def test_a_date_on_which_no_window_ends_says_which_one_would_do(
    kind: str, period_end: str, wanted: str
) -> None:
    with pytest.raises(InputError, match=wanted):
        period_ending(kind, date.fromisoformat(period_end))


@pytest.mark.parametrize(
    ("kind", "interval", "window"),
    [
        ("day", ("2020-03-01T08:30", "2020-03-02T08:30"), ("2020-03-01", "2020-03-02")),
        ("midweek", ("2020-03-01T09:00", "2020-03-04T09:00"), ("2020-03-01", "2020-03-04")),
        ("half_month", ("2020-03-16T09:00", "2020-04-01T09:00"), ("2020-03-16", "2020-04-01")),
    ],
)
def test_a_scheduled_interval_is_cut_to_its_beijing_dates(
    kind: str, interval: tuple[str, str], window: tuple[str, str]
) -> None:
    period = period_of_interval(kind, at(interval[0]).astimezone(UTC), at(interval[1]).astimezone(UTC))
    assert (str(period.start), str(period.end)) == window
    assert period.as_of == at(interval[1])


def test_the_windows_of_the_season_partition_it() -> None:
    windows = sorted(
        [
            *periods_between("midweek", date(2020, 3, 1), date(2020, 6, 16)),
            *periods_between("weekend", date(2020, 3, 1), date(2020, 6, 16)),
        ]
    )
    assert len(windows) == 30  # and the last one, cut at the season's end
    assert all(one.end == next_one.start for one, next_one in pairwise(windows))
    assert (windows[0].start, windows[-1].end) == (date(2020, 3, 1), date(2020, 6, 14))


def test_the_windows_of_a_season_partition_it_when_they_are_cut_at_its_ends() -> None:
    first, end = date(2020, 3, 1), date(2020, 6, 16)
    beats = [
        one
        for kind in ("midweek", "weekend")
        for one in periods_between(kind, first, end + timedelta(days=4))
    ]
    windows = sorted(window for beat in beats if (window := cut(beat, first, end)))
    assert len(windows) == 31
    assert (windows[0].start, windows[-1].end) == (first, end)
    assert all(one.end == next_one.start for one, next_one in pairwise(windows))
    last = period_ending("midweek", date(2020, 6, 17))
    assert windows[-1] == Period.of_days(date(2020, 6, 14), end, "midweek", last.as_of)
    assert windows[:-1] == sorted(beat for beat in beats if beat.end <= end)


def test_the_kind_of_a_beat_of_two_kinds_is_told_by_its_day() -> None:
    kinds = ("midweek", "weekend")
    assert [kind_ending(kinds, date(2020, 3, day)) for day in (11, 15)] == ["midweek", "weekend"]
    with pytest.raises(InputError, match="expected a Wednesday or a Sunday"):
        kind_ending(kinds, date(2020, 3, 12))


def test_a_window_outside_the_season_is_cut_to_nothing() -> None:
    beat = period_ending("weekend", date(2020, 6, 21))
    assert cut(beat, date(2020, 3, 1), date(2020, 6, 17)) is None
    assert cut(beat, date(2020, 6, 19), date(2020, 7, 1)) == Period.of_days(
        date(2020, 6, 19), beat.end, "weekend", beat.as_of
    )


@given(st.sampled_from(["hour", "day", "midweek", "weekend", "half_month", "month"]), MOMENTS)
def test_the_last_complete_window_is_due_and_the_next_is_not(kind: str, moment: datetime) -> None:
    period = last_complete(kind, moment)
    assert period.as_of <= moment
    following = next(iter(periods_between(kind, period.end_at, period.end_at + timedelta(days=40))))
    assert following.as_of > moment
    assert previous(following) == period


@pytest.mark.parametrize(
    ("start", "end", "label"),
    [
        ("2020-03-12", "2020-03-13", "3月12日"),
        ("2020-03-01", "2020-03-16", "3月1日至15日"),
        ("2020-03-29", "2020-04-01", "3月29日至31日"),
        ("2020-04-29", "2020-05-03", "4月29日至5月2日"),
        ("2019-12-30", "2020-01-02", "2019年12月30日至2020年1月1日"),
    ],
)
def test_a_window_reads_as_a_person_would_say_it(start: str, end: str, label: str) -> None:
    assert custom_period(date.fromisoformat(start), date.fromisoformat(end)).label == label


def test_moments_read_in_beijing_time() -> None:
    assert moment_label(datetime(2020, 3, 12, 0, 30, tzinfo=UTC)) == "3月12日8时30分"
    assert moment_label(datetime(2020, 3, 12, 1, 0, tzinfo=UTC), year=True) == "2020年3月12日9时"
    assert (
        parse_moment("2020-06-30T00:00")
        == parse_moment("2020-06-30T00:00+08:00")
        == datetime(2020, 6, 29, 16, tzinfo=UTC)
    )


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(InputError, match="at least one day"):
        Period.of_days(date(2020, 3, 1), date(2020, 3, 1), "custom", at("2020-03-01T00:00"))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_an_hour_ends_on_a_full_hour_and_is_told_ten_minutes_later() -> None:
    hour = period_ending("hour", at("2020-03-12T09:00"))
    assert (hour.start_at, hour.end_at, hour.as_of) == (
        at("2020-03-12T08:00"),
        at("2020-03-12T09:00"),
        at("2020-03-12T09:10"),
    )
    assert (hour.start, hour.end, hour.last_date) == (date(2020, 3, 12),) * 3
    assert hour.label == "3月12日8时至9时"
    assert hour.key == "hour_2020-03-12T0000Z_2020-03-12T0100Z"
    assert hour.letter_key("alarm", "130100") == "alarm_130100_hour_2020-03-12T0000Z_2020-03-12T0100Z_1"
    assert period_of_interval("hour", at("2020-03-12T08:10"), at("2020-03-12T09:10")) == hour
    assert last_complete("hour", at("2020-03-12T10:09")) == hour
    with pytest.raises(InputError, match=r"a full hour such as 2020-03-16T09:00; got 2020-03-12 09:30"):
        period_ending("hour", at("2020-03-12T09:30"))


def test_the_last_hour_of_a_day_goes_out_on_the_next_one() -> None:
    hour = period_ending("hour", date(2020, 3, 13))
    assert (hour.start, hour.last_date, hour.end) == (date(2020, 3, 12), date(2020, 3, 12), date(2020, 3, 13))
    assert hour.label == "3月12日23时至24时"
    hours = list(periods_of_day("hour", date(2020, 3, 13)))
    assert (len(hours), hours[0]) == (24, hour)
    assert all(one.end_at == next_one.start_at for one, next_one in pairwise(hours))
    assert {one.end for one in hours} == {date(2020, 3, 13)}


def test_windows_across_midnight_and_years_read_as_a_person_would_say_them() -> None:
    labels = [
        custom_period(at(start), at(end)).label
        for start, end in [
            ("2020-03-12T08:30", "2020-03-12T09:05"),
            ("2020-03-12T22:00", "2020-03-13T07:00"),
            ("2019-12-31T22:00", "2020-01-01T07:00"),
        ]
    ]
    assert labels == [
        "3月12日8时30分至9时5分",
        "3月12日22时至3月13日7时",
        "2019年12月31日22时至2020年1月1日7时",
    ]


@pytest.mark.parametrize(
    ("kinds", "text", "key"),
    [
        (["day"], "2020-03-13", "day_2020-03-12_2020-03-13"),
        (["day"], "2020-03-13T00:00", "day_2020-03-12_2020-03-13"),
        (["midweek", "weekend"], "2020-03-15", "weekend_2020-03-11_2020-03-15"),
        (["hour"], "2020-03-12T09:00", "hour_2020-03-12T0000Z_2020-03-12T0100Z"),
        (["hour"], "2020-03-12 01:00:00Z", "hour_2020-03-12T0000Z_2020-03-12T0100Z"),
        (["hour"], "2020-03-12", "hour_2020-03-11T1500Z_2020-03-11T1600Z"),
    ],
)
def test_a_run_is_asked_for_a_window_by_a_date_or_a_moment(kinds: list[str], text: str, key: str) -> None:
    assert period_of_param(kinds, text).key == key


@pytest.mark.parametrize(
    ("kinds", "text", "wanted"),
    [
        (["day"], "13.03.2020", "neither a date nor a moment"),
        (["day"], "2020-02-30", "neither a date nor a moment"),
        (["hour"], "2020-03-12T25:00", "neither a date nor a moment"),
        (["day"], "2020-03-13T08:30", "expected a date"),
        (["hour"], "2020-03-13T08:30", "expected a full hour"),
        (["midweek", "weekend"], "2020-03-12", "expected a Wednesday or a Sunday"),
    ],
)
def test_a_window_that_cannot_be_is_refused_with_what_would_do(
    kinds: list[str], text: str, wanted: str
) -> None:
    with pytest.raises(InputError, match=wanted):
        period_of_param(kinds, text)


def test_frozen_figures_keep_a_window_of_days_as_dates_and_one_of_hours_as_instants() -> None:
    adapter = TypeAdapter(Period)
    day = '{"start":"2020-03-12","end":"2020-03-13","kind":"day","as_of":"2020-03-13T08:30:00+08:00"}'
    hour = (
        '{"start":"2020-03-12T08:00:00+08:00","end":"2020-03-12T09:00:00+08:00","kind":"hour",'
        '"as_of":"2020-03-12T09:10:00+08:00"}'
    )
    assert adapter.validate_json(day) == period_ending("day", date(2020, 3, 13))
    assert adapter.validate_json(hour) == period_ending("hour", at("2020-03-12T09:00"))
    for text in (day, hour):
        assert adapter.dump_json(adapter.validate_json(text)).decode() == text
    with pytest.raises(ValidationError, match="at least one day"):
        adapter.validate_json(day.replace("2020-03-12", "2020-03-13"))
    with pytest.raises(ValidationError, match="needs its offset"):
        adapter.validate_json(hour.replace("09:00:00+08:00", "09:00:00"))


def test_a_window_takes_aware_instants_in_whole_seconds() -> None:
    with pytest.raises(InputError, match=r"Period\.of_days takes dates"):
        Period(date(2020, 3, 1), date(2020, 3, 2), "day", at("2020-03-02T08:30"))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="needs a time zone"):
        Period(moment("2020-03-01"), moment("2020-03-02"), "day", at("2020-03-02T08:30"))
    with pytest.raises(InputError, match="whole second"):
        Period(at("2020-03-01T00:00:00.5"), at("2020-03-02"), "day", at("2020-03-02T08:30"))
