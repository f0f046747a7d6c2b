"""Daily facts and the gains that are made of them, on literal facts."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from include.watch.days import gains, station_days, station_gains
from include.watch.gain_level import gain_level
from include.watch.network import networks, station_order
from include.watch.rules import DEFAULT_RULES
from tests.watch.small_world import Air, stations

RULES = DEFAULT_RULES
TODAY = date(2020, 4, 20)


def facts_of(
    station: str, ratios: list[float], spread: float = 0.08, hours: int = 24, spikes: int = 0
) -> pd.DataFrame:
    """One fact a day that ends yesterday; all other stations have ratio 0."""
    rows = []
    for name in stations()["station_id"]:
        for k, ratio in enumerate(ratios):
            told = ratio if name == station else 0.0
            on = TODAY - timedelta(days=len(ratios) - k)
            rows.append((name, on, hours, told, spread, spikes if name == station else 0))
    facts = pd.DataFrame(rows, columns=["station_id", "date", "hours", "log_ratio", "spread", "spikes"])
    return facts.assign(damp_mean=0.1, damp_xx=0.0, damp_xy=0.0, low_hours=0)


def gain_of(station: str, facts: pd.DataFrame) -> tuple[float, bool, int]:
    network = networks(station_order(stations()), [TODAY], RULES.background)[TODAY]
    found = gains(facts, network, TODAY, RULES)
    at = network.station_ids.index(station)
    return round(float(found.gain[at]), 2), bool(found.jumped[at]), int(found.days[at])


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [
        ([], (0.0, False, 0)),
        ([0.3] * 10, (0.31, False, 10)),  # a little more: its own gain is in its neighbours' surroundings
        ([0.0] * 8 + [0.5], (0.47, True, 9)),  # one steady day far off: it has jumped
        ([0.0] * 8 + [0.5, 0.5, 0.5], (0.51, True, 11)),
        ([0.0] * 10 + [0.1], (0.0, False, 11)),  # within what a day scatters
        ([9.9] * 6 + [0.3] * 14, (0.31, False, 14)),  # only the last fourteen days are read
        ([0.0, 0.05] * 7, (0.025, False, 14)),  # days that scatter: all fourteen
    ],
)
def test_a_gain_follows_the_last_days(ratios: list[float], expected: tuple[float, bool, int]) -> None:
    facts = facts_of("M40", ratios)
    gain, jumped, days = gain_of("M40", facts)
    assert (jumped, days) == expected[1:]
    assert gain == pytest.approx(expected[0], abs=0.03)


def test_of_a_gain_that_drifts_only_the_latest_days_tell() -> None:
    ratio = np.array(
        [
            [0.04 * k for k in range(14)],
            [0.02 * (k % 2) for k in range(14)],
            [0.0] * 12 + [0.5, 0.5],  # two of the last three days
            [np.nan] * 12 + [0.3, 0.3],
            [np.nan] * 14,
        ]
    )
    level, jumped, days = gain_level(ratio, np.full(ratio.shape, 0.4), RULES.gain)
    assert level.round(2).tolist()[:2] == [0.4, 0.01]
    assert days.tolist() == [7, 14, 3, 2, 0]
    assert level[2:4].tolist() == [0.5, 0.3]
    assert np.isnan(level[4])
    assert not jumped.any()


def test_an_unsteady_day_is_a_source_and_no_jump() -> None:
    assert gain_of("M40", facts_of("M40", [0.0] * 8 + [0.5], spread=0.4))[:2] == (0.0, False)


def test_facts_of_today_and_later_and_of_few_hours_are_not_read() -> None:
    later = facts_of("M40", [0.4] * 5)
    later["date"] = [on + timedelta(days=5) for on in later["date"]]
    assert gain_of("M40", later) == (0.0, False, 0)
    assert gain_of("M40", facts_of("M40", [0.4] * 5, hours=7)) == (0.0, False, 0)


def test_a_spiky_station_says_less() -> None:
    network = networks(station_order(stations()), [TODAY], RULES.background)[TODAY]
    wild = gains(facts_of("M40", [0.0] * 5, spikes=3), network, TODAY, RULES).wild
    at = network.station_ids.index("M40")
    assert wild[at] == pytest.approx(0.002 + 15 / 120)
    assert np.delete(wild, at).max() == pytest.approx(0.002)


def test_a_stations_own_swelling_is_learnt_from_its_damp_hours() -> None:
    air = Air(days=6)
    rh = 65 + 27 * np.cos(np.arange(air.pm25.shape[0]) / 24 * 2 * np.pi)
    common = 0.045 * rh / (100 - rh)
    air.pm25[:, :-1] *= 1 + common[:, None]
    swells = air.at("M40")
    air.pm25[:, swells] *= (1 + common[:, None]) ** 0.8
    rows = air.rows()
    rows["rh_pct"] = np.repeat(rh, len(air.ids))
    table = stations()
    facts = station_days(table, rows, date(2020, 4, 3), date(2020, 4, 8), RULES)
    known = station_gains(table, facts, date(2020, 4, 9), date(2020, 4, 9), RULES).set_index("station_id")
    assert known.loc["M40", "damp_slope"] == pytest.approx(0.75, abs=0.15)
    assert known.drop(index=["M40", "OFF"])["damp_slope"].abs().max() < 0.2  # a reference instrument is dried
    none = station_gains(table, facts.iloc[:0], date(2020, 4, 9), date(2020, 4, 9), RULES)
    assert (none["damp_slope"] == 0).all()
    assert none["damp_slope_sd"].tolist() == pytest.approx([RULES.background.damp_slope_sd] * len(none))


def test_a_daily_fact_says_what_the_day_was() -> None:
    air = Air(days=2)
    air.pm25[24:, air.at("M40")] *= 1.5
    air.pm25[24 + 5, air.at("M51")] *= 4
    air.pm25[24 + 15, air.at("M51")] *= 4
    air.samples[24 : 24 + 18, air.at("M62")] = 0
    rows = air.rows()
    first, second = date(2020, 4, 3), date(2020, 4, 4)
    facts = station_days(stations(), rows, first, second, RULES).set_index(["date", "station_id"])
    before, after = facts.loc[(first, "M40")], facts.loc[(second, "M40")]
    assert after["log_ratio"] - before["log_ratio"] == pytest.approx(np.log(1.5), abs=0.06)
    assert (after["hours"], after["completeness"], after["verdict"], after["grid_id"]) == (
        24,
        1.0,
        "ok",
        "G4",
    )
    assert (facts.loc[(second, "M51"), "spikes"], facts.loc[(second, "M51"), "verdict"]) == (2, "spiky")
    assert (facts.loc[(second, "M62"), "hours"], facts.loc[(second, "M62"), "verdict"]) == (6, "few")
    assert facts.loc[(second, "M62"), "completeness"] == 0.25


def test_a_replaced_instrument_begins_anew() -> None:
    table = stations()
    new = table[table["station_id"] == "M40"].assign(station_id="N40", valid_from="2020-04-04")
    table.loc[table["station_id"] == "M40", "valid_to"] = "2020-04-04"
    air = Air(days=2)
    rows = air.rows()
    rows = pd.concat([rows, rows[rows["station_id"] == "M40"].assign(station_id="N40")])
    facts = station_days(pd.concat([table, new]), rows, date(2020, 4, 3), date(2020, 4, 4), RULES)
    told = facts[facts["station_id"].isin(["M40", "N40"])]
    assert told[["station_id", "date"]].to_numpy().tolist() == [
        ["M40", date(2020, 4, 3)],
        ["N40", date(2020, 4, 4)],
    ]


def test_how_often_a_station_stands_low_is_learnt_from_its_days() -> None:
    facts = facts_of("M40", [0.0] * 14)
    facts["low_hours"] = np.where(facts["station_id"] == "M40", 6, 0)
    network = networks(station_order(stations()), [TODAY], RULES.background)[TODAY]
    low = dict(zip(network.station_ids, gains(facts, network, TODAY, RULES).low.round(4), strict=True))
    assert low["M40"] == round((14 * 6 + 0.02 * 48) / (14 * 24 + 48), 4)
    assert set(low.values()) - {low["M40"]} == {round(0.02 * 48 / (14 * 24 + 48), 4)}
    assert (gains(facts.iloc[:0], network, TODAY, RULES).low == 0.02).all()
