"""Hours, daily facts and episodes on the small world: what is raised, what is not, and that nothing depends on the windows."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from include.watch import DEFAULT_RULES, Judged, episodes, judge_hours, station_days, suppressed
from tests.watch.small_world import START, Air, gains, stations

RULES = DEFAULT_RULES
HOUR = pd.Timedelta(hours=1)
FIRST = date(2020, 4, 3)


def day(number: int) -> pd.Timestamp:
    return START + pd.Timedelta(days=number)


def facts(rows: pd.DataFrame, table: pd.DataFrame, days: int) -> pd.DataFrame:
    last = (START + pd.Timedelta(days=days - 1)).date()
    return station_days(table, rows, FIRST, last, RULES)


def judged(
    air: Air, first: int, last: int, table: pd.DataFrame | None = None, rows: pd.DataFrame | None = None
) -> Judged:
    """The days [first, last) of the world."""
    places = stations(air.per_grid) if table is None else table
    told = air.rows() if rows is None else rows
    return judge_hours(
        places, told, gains(places, facts(told, places, air.days)), day(first), day(last), RULES
    )


def alarms(air: Air, first: int = 4, last: int = 6, **other: pd.DataFrame) -> pd.DataFrame:
    return episodes(judged(air, first, last, **other).grid_hours, day(first), day(last), RULES)


def test_smoke_at_two_stations_is_one_alarm_that_says_where_when_and_how_high() -> None:
    air = Air()
    air.smoke(4, 9, [60, 80, 70], "M40", "M41")
    found = alarms(air)
    assert found[["alarm_id", "grid_id", "unit_code", "alarm_count"]].to_numpy().tolist() == [
        ["W-G4-2020040701", "G4", "410100", 3]
    ]
    alarm = found.iloc[0]
    assert alarm["started_at"] == day(4) + 9 * HOUR
    assert alarm["last_at"] == day(4) + 11 * HOUR
    assert alarm["raised_at"] == day(4) + 10 * HOUR
    assert 100 < alarm["peak_pm25_ug_m3"] < 170
    assert 50 < alarm["peak_increment_ug_m3"] < 110
    assert alarm["confidence"] > 0.9
    assert (alarm["stations"], alarm["spoke"], alarm["hit_stations"], alarm["officials"]) == (3, 3, 2, 1)
    assert set(alarm["station_ids"].split()) <= {"M40", "M41"}


@pytest.mark.parametrize(("rh_pct", "bar", "raised"), [(95.0, 1.01, 3), (97.0, 0.7, 3), (97.0, 1.01, 0)])
def test_in_air_damper_than_the_curve_is_known_for_more_is_asked(
    rh_pct: float, bar: float, raised: int
) -> None:
    air = Air()
    air.smoke(4, 9, [60, 80, 70], "M40", "M41")
    table, rows = stations(air.per_grid), air.rows().assign(rh_pct=rh_pct)
    rules = replace(RULES, filter=replace(RULES.filter, raise_damp_at=bar))
    known = gains(table, facts(rows, table, air.days))
    found = judge_hours(table, rows, known, day(4), day(5), rules).grid_hours
    assert int(found["is_raised"].sum()) == raised


def test_quiet_air_raises_nothing() -> None:
    assert alarms(Air(), 3).empty


def test_one_hour_at_one_station_is_held_back_and_two_are_not() -> None:
    air = Air()
    air.smoke(4, 9, [120], "M40")
    hours = judged(air, 4, 6)
    found = episodes(hours.grid_hours, day(4), day(6), RULES)
    held = suppressed(hours.grid_hours, found, day(4), day(6), RULES)
    assert found.empty
    assert held[["grid_id", "hours", "reason", "station_ids"]].to_numpy().tolist() == [
        ["G4", 1, "single_hour", "M40"]
    ]
    air.smoke(4, 10, [90, 60], "M40")
    again = alarms(air)
    assert again["raised_at"].tolist() == [day(4) + 11 * HOUR]
    assert again["started_at"].tolist() == [day(4) + 9 * HOUR]


def test_a_whole_city_that_rises_is_no_alarm() -> None:
    air = Air()
    air.pm25[4 * 24 + 9 : 4 * 24 + 14] *= 2.2
    assert alarms(air).empty
    patchy = Air()
    for grid, value in enumerate((90, 30, 70, 120, 60, 40, 100, 80, 50)):
        patchy.smoke(4, 20, [value] * 4, f"M{grid}0", f"M{grid}1")
    assert len(alarms(patchy)) <= 1


def test_a_silent_city_is_no_clean_air_and_no_alarm() -> None:
    air = Air()
    air.samples[4 * 24 + 6 : 5 * 24] = 0
    hours = judged(air, 4, 6)
    silent = hours.grid_hours[hours.grid_hours["hour"] == day(4) + 8 * HOUR]
    assert silent["spoke"].tolist() == [0] * 9
    assert silent["background_ug_m3"].isna().all()
    assert not hours.grid_hours["is_raised"].any()
    flags = hours.station_hours.loc[hours.station_hours["hour"] == day(4) + 8 * HOUR, "flag"]
    assert set(flags) == {"missing"}


def test_half_the_stations_missing_gives_no_wave_and_says_how_many_spoke() -> None:
    air = Air(per_grid=4)
    air.samples[4 * 24 :, [k for k, name in enumerate(air.ids) if name.endswith(("0", "1"))]] = 0
    assert alarms(air).empty
    hours = judged(air, 4, 5).grid_hours
    assert (hours["stations"].unique().tolist(), hours["spoke"].unique().tolist()) == ([4], [2])
    air.smoke(4, 9, [60, 80, 70], "M42", "M43")
    assert alarms(air)["spoke"].tolist() == [2]


@pytest.mark.parametrize("lack", ["humidity", "official", "coarse"])
def test_it_works_without(lack: str) -> None:
    air = Air()
    air.smoke(4, 9, [60, 80, 70], "M40", "M41")
    table, rows = stations(), air.rows()
    if lack == "humidity":
        rows = rows.drop(columns="rh_pct")
    if lack == "coarse":
        rows = rows.drop(columns="pm10_ug_m3")
    if lack == "official":
        table, rows = table[table["kind"] == "micro"], rows[rows["station_id"] != "OFF"]
    found = alarms(air, table=table, rows=rows)
    assert found["grid_id"].tolist() == ["G4"]
    assert found["officials"].tolist() == [0 if lack == "official" else 1]


def test_a_gain_that_jumped_is_learnt_after_a_day() -> None:
    air = Air(days=8)
    air.pm25[4 * 24 :, air.at("M40")] *= 1.6
    hours = judged(air, 5, 8).station_hours
    own = hours[hours["station_id"] == "M40"]
    assert own["increment_ug_m3"].abs().median() < 6


def test_faults_of_a_station_are_named_and_harmless() -> None:
    air = Air()
    air.pm25[4 * 24 + 5 : 4 * 24 + 20, air.at("M40")] = 97.3
    air.pm25[4 * 24 + 5 : 4 * 24 + 20, air.at("M11")] = 999.0
    air.pm25[4 * 24 + 5 : 4 * 24 + 20, air.at("M22")] = np.linspace(0.1, 2, 15)[:, None]
    hours = judged(air, 4, 6).station_hours
    at = hours[hours["hour"] == day(4) + 12 * HOUR].set_index("station_id")["flag"]
    assert (at["M40"], at["M11"], at["M22"], at["M32"]) == ("stuck", "range", "dead", "ok")
    verdicts = facts(air.rows(), stations(), 6)
    verdicts = verdicts[verdicts["date"] == date(2020, 4, 7)].set_index("station_id")["verdict"]
    assert (verdicts["M40"], verdicts["M11"], verdicts["M22"], verdicts["M32"]) == (
        "stuck",
        "range",
        "dead",
        "ok",
    )


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(left.reset_index(drop=True), right.reset_index(drop=True), check_exact=True)


def busy() -> Air:
    air = Air(days=6, seed=4)
    rng = np.random.default_rng(8)
    for _ in range(25):
        grid = rng.integers(9)
        values = list(rng.uniform(20, 120, rng.integers(1, 8)))
        air.smoke(
            rng.integers(1, 5), rng.integers(0, 16), values, f"M{grid}0", f"M{grid}{rng.integers(1, 3)}"
        )
    air.samples[rng.random(air.samples.shape) < 0.05] = 0
    air.samples[rng.random(air.samples.shape) < 0.05] = 7
    return air


def test_any_cut_and_any_order_of_rows_give_the_same_bits() -> None:
    air, table = busy(), stations()
    rows = air.rows()
    days = facts(rows, table, 6)
    known = gains(table, days)
    whole = judge_hours(table, rows, known, day(2), day(6), RULES)
    shuffled = rows.sample(frac=1, random_state=5)
    cuts = [0, 1, 7, 24, 25, 50, 73, 96]
    for a, b in reversed(list(pairwise(cuts))):
        start, end = day(2) + a * HOUR, day(2) + b * HOUR
        needed = shuffled[(shuffled["hour"] >= start - RULES.hours_back * HOUR) & (shuffled["hour"] < end)]
        piece = judge_hours(table.sample(frac=1, random_state=a), needed, known, start, end, RULES)
        for name in ("grid_hours", "station_hours"):
            part = getattr(whole, name)
            same(getattr(piece, name), part[(part["hour"] >= start) & (part["hour"] < end)])


def test_hours_that_were_judged_before_need_not_be_judged_again() -> None:
    air, table = busy(), stations()
    rows = air.rows()
    known = gains(table, facts(rows, table, 6))
    whole = judge_hours(table, rows, known, day(2), day(6), RULES)
    for a, b in ((24, 25), (31, 55)):
        start, end = day(2) + a * HOUR, day(2) + b * HOUR
        before = whole.grid_hours[whole.grid_hours["hour"] < start]
        earlier = before[before["hour"] >= start - RULES.filter.memory_hours * HOUR]
        back = RULES.hours_back_of_next * HOUR
        needed = rows[(rows["hour"] >= start - back) & (rows["hour"] < end)]
        todays = known[known["date"] >= (start - HOUR).date()]
        piece = judge_hours(table, needed, todays, start, end, RULES, earlier=earlier)
        for name in ("grid_hours", "station_hours"):
            part = getattr(whole, name)
            same(getattr(piece, name), part[(part["hour"] >= start) & (part["hour"] < end)])


def test_daily_facts_are_the_same_one_by_one() -> None:
    air, table = busy(), stations()
    rows = air.rows()
    whole = facts(rows, table, 6)
    for number in range(6):
        on = (day(number)).date()
        start = day(number) - RULES.quality.memory_hours * HOUR
        needed = rows[(rows["hour"] >= start) & (rows["hour"] < day(number + 1))]
        same(station_days(table, needed, on, on, RULES), whole[whole["date"] == on])


def test_later_hours_change_no_earlier_alarm() -> None:
    air, table = busy(), stations()
    rows = air.rows()
    first, settled = day(2), ["alarm_id", "grid_id", "started_at", "raised_at"]
    everything = judge_hours(
        table, rows, gains(table, facts(rows, table, 6)), first, day(6), RULES
    ).grid_hours
    final = episodes(everything, first, day(6), RULES)
    assert len(final) >= 5
    for hours in (20, 31, 40, 55, 72):
        end = first + hours * HOUR
        known = rows[rows["hour"] < end]
        complete = facts(known, table, 6)
        complete = complete[complete["date"] < end.date()]
        then = episodes(
            judge_hours(table, known, gains(table, complete), first, end, RULES).grid_hours, first, end, RULES
        )
        same(then[settled], final.loc[final["raised_at"] <= end, settled])


def test_episodes_are_the_same_from_any_window() -> None:
    air, table = busy(), stations()
    rows = air.rows()
    everything = judge_hours(
        table, rows, gains(table, facts(rows, table, 6)), day(0), day(6), RULES
    ).grid_hours
    whole = episodes(everything, day(0), day(6), RULES)
    for a, b in ((3, 6), (2, 3), (4, 5)):
        back = everything[everything["hour"] >= day(a) - RULES.episode_back * HOUR]
        piece = episodes(back, day(a), day(b), RULES)
        now = whole[(whole["raised_at"] <= day(b)) & (whole["last_at"] >= day(a))]
        same(piece[["alarm_id", "started_at", "raised_at"]], now[["alarm_id", "started_at", "raised_at"]])
