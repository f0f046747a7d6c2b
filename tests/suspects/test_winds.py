"""Winds: codes, masts that disagree, vector means, a mast that tells 'to' for 'from'."""

import numpy as np
import pandas as pd
import pytest

from include.suspects.kinds import direction
from include.suspects.opposed import joined_pairs, opposed_words
from include.suspects.places import east_north_km, pairs_within
from include.suspects.rules import DEFAULT_RULES
from include.suspects.winds import clean_winds, epoch_hours, opposed_masts, read_masts, wind_at
from tests.suspects.places import LAT, LON, T0, at_km, hour

RULES = DEFAULT_RULES.wind


def test_codes_of_wind_are_understood() -> None:
    told = [
        ("360", 2.0),
        ("0", 2.0),
        (90, 1.0),
        ("C", None),
        ("VRB", 1.5),
        ("999017", 0.0),
        ("45", 0.0),
        ("999", 2.0),
        ("400", 2.0),
        ("-5", 2.0),
        ("180", None),
        ("180", 999.9),
        (None, 2.0),
    ]
    winds = pd.DataFrame(told, columns=["wind_from_deg", "wind_speed_m_s"]).astype({"wind_from_deg": object})
    found = clean_winds(winds.assign(station_id="W1", hour=T0))
    rows = found.winds[["wind_from_deg", "wind_speed_m_s"]].astype(object)
    assert rows.where(rows.notna(), None).to_numpy().tolist() == [
        [0.0, 2.0],
        [0.0, 2.0],
        [90.0, 1.0],
        [None, 0.0],
        [None, 1.5],
        [None, 0.0],
        [None, 0.0],
        [None, 2.0],
    ]
    assert found.remarks.to_dict("records") == [
        {"what": "calm by a code", "rows": 2, "example": "C"},
        {"what": "variable: no direction", "rows": 1, "example": "VRB"},
        {"what": "no speed between 0 and 75 m/s: left out", "rows": 2, "example": "180"},
        {"what": "no direction between 0 and 360 and no known code: left out", "rows": 3, "example": "999"},
    ]


def mast_winds(*masts: tuple[str, float, float]) -> pd.DataFrame:
    hours = [hour(number) for number in range(-30, 3)]
    return pd.concat(
        [
            pd.DataFrame(
                {"station_id": name, "hour": hours, "wind_from_deg": origin, "wind_speed_m_s": speed}
            )
            for name, origin, speed in masts
        ]
    )


def masts(*places: tuple[str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [{"station_id": name, "kind": "weather", **at_km(east, north)} for name, east, north in places]
    )


def wind_here(winds: pd.DataFrame, stations: pd.DataFrame) -> dict[str, float]:
    now = int(epoch_hours(pd.Series([T0]))[0])
    read = read_masts(winds, stations, now, now + 1, RULES)
    found = wind_at(np.array([LON]), np.array([LAT]), np.array([0]), np.array([now]), read, RULES)
    origin = np.degrees(np.arctan2(-found.east[0], -found.north[0])) % 360
    return {
        "from": round(float(origin), 1),
        "speed": round(float(np.hypot(found.east[0], found.north[0])), 2),
        "masts": int(found.masts[0]),
        "nearest": round(float(found.nearest_km[0]), 1),
        "spread": round(float(found.spread_deg[0]), 1),
    }


def test_two_masts_are_a_vector_mean_of_which_the_nearer_weighs_more() -> None:
    found = wind_here(mast_winds(("W1", 0.0, 3.0), ("W2", 90.0, 3.0)), masts(("W1", 0, 5), ("W2", 30, 0)))
    assert found == {"from": 24.0, "speed": 2.27, "masts": 2, "nearest": 5.0, "spread": 33.0}


def test_masts_that_point_against_each_other_leave_a_calm() -> None:
    found = wind_here(mast_winds(("W1", 0.0, 3.0), ("W2", 180.0, 3.0)), masts(("W1", 0, 5), ("W2", 0, -5)))
    assert (found["speed"], found["spread"]) == (0.0, 180.0)


def test_a_weak_wind_spreads_more() -> None:
    place = masts(("W1", 0, 5))
    spreads = [
        wind_here(mast_winds(("W1", 0.0, speed)), place)["spread"] for speed in (0.4, 0.5, 1.0, 2.0, 5.0)
    ]
    assert spreads == [180.0, 75.0, 61.0, 33.0, 33.0]


def test_a_far_mast_says_nothing() -> None:
    found = wind_here(mast_winds(("W1", 0.0, 3.0)), masts(("W1", 0, 90)))
    assert (found["masts"], found["spread"]) == (0, 180.0)


def opposed_in_test(winds: pd.DataFrame, stations: pd.DataFrame) -> pd.DataFrame:
    begin = int(epoch_hours(pd.Series([hour(0)]))[0])
    return opposed_masts(winds, stations, begin, begin + 3, RULES)


FIVE = masts(("W1", 0, 0), ("W2", 0, 20), ("W3", 10, 0), ("W4", -15, 0), ("W5", 0, 90))
TURNED = mast_winds(
    ("W1", 200.0, 3.0), ("W2", 10.0, 3.0), ("W3", 20.0, 3.0), ("W4", 20.0, 3.0), ("W5", 20.0, 3.0)
)


def test_a_mast_that_stands_against_most_others_is_left_out_and_the_pairs_are_told() -> None:
    found = opposed_in_test(TURNED, FIVE)
    assert found[["station_id", "neighbour_id", "distance_km", "least_cosine", "left_out_hours"]].to_numpy().tolist() == [
        ["W1", "W3", 10.0, -1.0, 3],
        ["W1", "W4", 15.0, -1.0, 3],
        ["W1", "W2", 20.0, -0.98, 3],
        ["W2", "W1", 20.0, -0.98, 0],
        ["W3", "W1", 10.0, -1.0, 0],
        ["W4", "W1", 15.0, -1.0, 0],
    ]  # fmt: skip
    assert (found["opposed_hours"] == 3).all()
    assert opposed_words(found) == [
        "气象站W1的风向与W3（10.0公里，平均余弦-1.00）、W4（15.0公里，平均余弦-1.00）、W2（20.0公里，平均余弦-0.98）相反"
        "（2020-03-10 08时至2020-03-10 10时）：疑为把去向记作来向，其中3小时未采用，请核对风向口径"
    ]


def test_a_mast_that_is_left_out_says_nothing_of_the_wind() -> None:
    found = wind_here(TURNED, FIVE)
    assert (found["from"], found["speed"], found["masts"], found["nearest"]) == (20.0, 3.0, 2, 10.0)


def test_too_few_hours_accuse_nobody() -> None:
    few = TURNED[TURNED["hour"] > hour(-20)]
    assert opposed_in_test(few, FIVE).empty
    assert wind_here(few, FIVE)["masts"] == 3


def test_of_two_masts_nobody_can_tell_which_is_wrong() -> None:
    two = masts(("W1", 0, 0), ("W2", 0, 20))
    winds = mast_winds(("W1", 200.0, 3.0), ("W2", 20.0, 3.0))
    found = opposed_in_test(winds, two)
    assert found[["station_id", "neighbour_id", "left_out_hours"]].to_numpy().tolist() == [["W1", "W2", 0], ["W2", "W1", 0]]  # fmt: skip
    assert [line.split("：")[1] for line in opposed_words(found)] == [
        "周边气象站不足以判断哪一站有误，均仍采用，请核对风向口径（来向或去向）"
    ]
    assert wind_here(winds, two)["masts"] == 2


def test_masts_that_agree_or_blow_too_little_are_not_opposed() -> None:
    agreed = mast_winds(*((name, 20.0, 3.0) for name in ("W1", "W2", "W3", "W4", "W5")))
    weak = mast_winds(("W1", 200.0, 0.3), *((name, 20.0, 3.0) for name in ("W2", "W3", "W4", "W5")))
    for winds in (agreed, weak, agreed.iloc[:0]):
        assert opposed_in_test(winds, FIVE).empty
    assert opposed_in_test(agreed, FIVE.iloc[:1]).empty
    assert opposed_words(opposed_in_test(agreed, FIVE)) == []


def test_spans_of_hours_are_joined_to_one_row_a_pair() -> None:
    found = opposed_in_test(TURNED, FIVE)
    whole = joined_pairs([found, found.iloc[:0], found])
    assert whole["opposed_hours"].tolist() == [2 * one for one in found["opposed_hours"]]
    assert joined_pairs([]).empty


def test_directions_have_names() -> None:
    assert [direction(0, 1), direction(1, 1), direction(1, 0), direction(0, -1), direction(-1, 0.1)] == [
        "北",
        "东北",
        "东",
        "南",
        "西",
    ]


@pytest.mark.parametrize("within_km", [1.0, 5.5, 40.0])
def test_pairs_are_those_of_the_whole_matrix(within_km: float) -> None:
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(114.5, 115.5, 40), rng.uniform(35.5, 36.5, 40)
    to_lon, to_lat = rng.uniform(114.5, 115.5, 300), rng.uniform(35.5, 36.5, 300)
    to_lon[7] = np.nan
    first, second, km = pairs_within(lon, lat, to_lon, to_lat, within_km)
    matrix = np.hypot(*east_north_km(lon[:, None], lat[:, None], to_lon, to_lat))
    expected = np.argwhere(matrix <= within_km)
    assert np.column_stack([first, second]).tolist() == expected.tolist()
    np.testing.assert_allclose(km, matrix[first, second])
