"""The filter against an enumeration of every path, and what an hour says."""

import itertools
import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from include.watch.background import node_levels
from include.watch.evidence import evidence, filtered, going_on
from include.watch.network import networks, station_order
from include.watch.rules import DEFAULT_RULES, FilterRules
from tests.watch import small_world

RULES = DEFAULT_RULES


def enumerated(
    ratios: list[float], entries: list[float], goings: list[float], rule: FilterRules
) -> tuple[float, float]:
    """Sums the weights of all paths of quiet (0), exceedance (1), fault (2)."""
    start, stay, jump, remain = rule.start_per_hour, rule.stay, rule.fault_per_hour, rule.fault_stay
    step = [[1 - start - jump, start, jump], [1 - stay, stay, 0.0], [0.0, 0.0, remain]]
    begin = [1.0, start / (1 - stay), jump / (1 - remain)]
    last = [0.0, 0.0, 0.0]
    for path in itertools.product(range(3), repeat=len(ratios) + 1):
        weight = begin[path[0]]
        for k, (before, here) in enumerate(itertools.pairwise(path)):
            told = {0: 0.0, 1: ratios[k], 2: goings[k] if before == 2 else entries[k]}[here]
            weight *= step[before][here] * math.exp(told)
        last[path[-1]] += weight
    return last[1] / sum(last), last[2] / sum(last)


def test_the_filter_is_the_sum_over_all_paths() -> None:
    rules = replace(RULES, filter=replace(RULES.filter, fault_per_hour=0.01))
    ratios, entries, goings = [-1.0, 2.5, 3.0, -0.5], [0.5, 2.0, 1.0, 0.0], [-2.0, -1.0, 2.5, 1.0]
    told = ([np.array([value]) for value in values] for values in (ratios, entries, goings))
    found = filtered(*told, rules)
    assert [float(part[0]) for part in found] == pytest.approx(
        enumerated(ratios, entries, goings, rules.filter)
    )


def test_a_fault_goes_on_only_while_its_station_stands_above_the_air() -> None:
    change, rise, sd = np.zeros(3), np.array([0.6, 0.15, 0.0]), np.full(3, 0.08)
    high, edge, back = going_on(change, rise, sd, np.log(np.full(3, 2.0)), RULES)
    steady = math.log(0.98 * 0.3989 / (1.4 * 0.08) + 0.02 * RULES.filter.wild_density) - math.log(2.0)
    assert high == pytest.approx(steady, abs=0.01)
    assert edge == pytest.approx(steady - math.log(2.0))
    assert back < -2.5
    assert going_on(change + 0.5, rise, sd, np.log(np.full(3, 2.0)), RULES)[0] < high - 4.0


def hour_of(values: dict[str, float], sd: float = 0.07) -> float:
    """Evidence for grid G4 where its stations read `values` and the air is 50 μg/m³."""
    network = networks(station_order(small_world.stations()), [date(2020, 4, 3)], RULES.background)[
        date(2020, 4, 3)
    ]
    y = np.array([math.log(values.get(name, 50.0) + 5) for name in network.station_ids])
    count = len(network.size)
    mean, mean_sd = np.full(count, math.log(55.0)), np.full(count, sd)
    wild = np.full(len(y), 0.002)
    level, _ = node_levels(y, network, RULES.background)
    factor = np.ones(network.grids)
    found = evidence(y, np.full(len(y), 0.08), wild, level, mean, mean_sd, factor, network, RULES)
    return float(found.ratio[network.grid_ids.index("G4")])


def test_evidence_grows_with_height_and_with_a_second_station() -> None:
    quiet, small, high = (hour_of({"M40": value}) for value in (50.0, 65.0, 110.0))
    assert quiet < -1
    assert quiet < small < high
    assert hour_of({"M40": 110.0, "M41": 90.0}) > high + 1


def test_a_grid_that_rises_as_a_whole_says_less_than_one_whose_lowest_stayed() -> None:
    everywhere = hour_of({"M40": 75.0, "M41": 75.0, "M42": 75.0})
    assert everywhere < hour_of({"M40": 75.0, "M41": 75.0})


def test_where_the_surroundings_are_not_known_a_rise_says_little() -> None:
    assert hour_of({"M40": 85.0, "M41": 85.0, "M42": 85.0}, sd=0.5) < 1.0


def test_silent_stations_say_nothing() -> None:
    assert hour_of({name: float("nan") for name in ("M40", "M41", "M42")}) == 0.0
