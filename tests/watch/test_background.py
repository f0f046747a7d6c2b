"""The surroundings' level, against hand computation and against NumPy's own solver."""

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest

from include.watch.background import grouped_median, node_levels, solve, surroundings, weighted_median
from include.watch.network import networks, station_order
from include.watch.rules import BackgroundRules

RULES = BackgroundRules()
NAN = float("nan")
DAY = date(2020, 4, 3)


def three_in_a_row() -> pd.DataFrame:
    """Grids A, B, C at 0, 10 and 20 km on the equator, one station each."""
    step = 10 / 111.2
    return pd.DataFrame(
        {
            "station_id": ["a", "b", "c"],
            "kind": "micro",
            "unit_code": "1",
            "grid_id": ["A", "B", "C"],
            "lon": [100.0, 100.0 + step, 100.0 + 2 * step],
            "lat": 0.0,
            "valid_from": "2020-01-01",
            "valid_to": ["", "", "2020-04-04"],
        }
    )


def test_neighbours_come_nearest_first_and_never_the_node_itself() -> None:
    table = station_order(three_in_a_row())
    found = networks(table, [DAY, date(2020, 4, 4)], RULES)
    network = found[DAY]
    assert network.grid_ids == ("A", "B", "C")
    assert [sorted(row) for row in network.near[:, :2].tolist()] == [[1, 2], [0, 2], [0, 1]]
    assert network.near[[0, 2], 0].tolist() == [1, 1]
    assert np.round(network.near_km[0, :2], 3).tolist() == [10.0, 20.0]
    assert found[date(2020, 4, 4)].grid_ids == ("A", "B"), "valid_to is exclusive"


def test_kriging_of_two_neighbours_is_what_the_hand_computes() -> None:
    network = networks(station_order(three_in_a_row()), [DAY], RULES)[DAY]
    level, variance = np.array([4.0, 4.1, 4.3]), np.full(3, 0.06**2)
    mean, sd = surroundings(level, variance, network, RULES)
    # Grid A: neighbours B (10 km) and C (20 km). Weights of the median 1/15 and 1/25: the median is B's 4.1; the spread is
    # 1.4826 × the weighted median of |0|, |0.2| = 0, so the least one stands.
    sill, noise = 0.06**2, 0.06**2
    beside = sill * np.exp(-np.array([10.0, 20.0]) / 30)
    among = sill * math.exp(-10 / 30)
    above = 0.2 - 2 * 0.06  # C stands 0.2 above the median: its excess over two sills adds to its noise
    matrix = np.array([[sill + noise, among], [among, sill + noise + above**2]])
    share = np.linalg.solve(matrix, beside)
    assert mean[0] == pytest.approx(4.1 + share[1] * 0.2, rel=1e-5)
    left = sill - share @ beside + sill / 2 + 0.05**2
    assert sd[0] == pytest.approx(max(math.sqrt(left), RULES.absent_sd / 2), rel=1e-5)


def test_where_no_neighbour_speaks_nothing_is_known() -> None:
    network = networks(station_order(three_in_a_row()), [DAY], RULES)[DAY]
    mean, sd = surroundings(np.array([4.0, NAN, NAN]), np.full(3, 0.0036), network, RULES)
    assert (np.isnan(mean).tolist(), sd[0]) == ([True, False, False], RULES.absent_sd)


def test_a_node_is_told_by_its_lower_stations() -> None:
    table = pd.concat([three_in_a_row()] * 2).assign(station_id=["a", "b", "c", "d", "e", "f"], valid_to="")
    network = networks(station_order(table), [DAY], RULES)[DAY]
    assert network.station_ids == ("a", "d", "b", "e", "c", "f")
    level, variance = node_levels(np.array([4.0, 5.0, NAN, 4.2, NAN, NAN]), network, RULES)
    assert level[:2].tolist() == [4.0 + 0.564 * 0.06, 4.2]
    assert np.isnan(level[2])
    assert variance[2] == 1e4


def test_the_small_solver_agrees_with_numpys() -> None:
    rng = np.random.default_rng(3)
    roots = rng.normal(size=(5, 4, 4))
    matrix = roots @ roots.transpose(0, 2, 1) + np.eye(4)
    right = rng.normal(size=(5, 4))
    assert np.allclose(solve(matrix, right), np.linalg.solve(matrix, right[:, :, None])[:, :, 0], rtol=1e-10)


def test_medians() -> None:
    values = np.array([[1.0, 5.0, 9.0], [NAN, 2.0, 4.0], [NAN, NAN, NAN]])
    weight = np.array([[1.0, 1.0, 3.0], [0.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    found = weighted_median(values, weight)
    assert found[:2].tolist() == [9.0, 2.0]
    assert np.isnan(found[2])
    middle, count = grouped_median(np.array([3.0, 1.0, NAN, 7.0]), np.array([0, 0, 0, 2]), 3)
    assert middle.tolist()[::2] == [2.0, 7.0]
    assert np.isnan(middle[1])
    assert count.tolist() == [2, 0, 1]
