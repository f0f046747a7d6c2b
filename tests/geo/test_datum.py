"""Datums: published pairs, round trips, and the answer to a datum nobody knows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.errors import InputError
from include.geo.datum import DATUMS, datum_named, from_wgs84, to_wgs84

METRES_PER_DEGREE = 111_320.0

# (WGS84, datum, in that datum): the example in the README of wandergis/coordtransform, whose conversions are the
# reference of most libraries, and the test of the command-line tool geotool.
PUBLISHED = [
    ((116.404, 39.915), "GCJ-02", (116.41024449916938, 39.91640428150164)),
    ((121.0917077, 30.6107779), "GCJ-02", (121.09626935575027, 30.608604331756705)),
    ((121.0917077, 30.6107779), "BD-09", (121.10271732371203, 30.61484572185035)),
    ((121.0917077, 30.6107779), "WGS84", (121.0917077, 30.6107779)),
]


def metres_apart(a: tuple[np.ndarray, np.ndarray], b: tuple[float, float]) -> float:
    east = (a[0] - b[0]) * np.cos(np.radians(b[1])) * METRES_PER_DEGREE
    return float(np.max(np.hypot(east, (a[1] - b[1]) * METRES_PER_DEGREE)))


@pytest.mark.parametrize(("wgs84", "datum", "there"), PUBLISHED)
def test_published_pairs_hold_both_ways(
    wgs84: tuple[float, float], datum: str, there: tuple[float, float]
) -> None:
    assert metres_apart(from_wgs84(*wgs84, datum), there) < 0.1
    assert metres_apart(to_wgs84(*there, datum), wgs84) < 0.1


@given(lon=st.floats(73.5, 135.0), lat=st.floats(18.0, 53.5), datum=st.sampled_from(DATUMS))
def test_there_and_back_is_the_same_place(lon: float, lat: float, datum: str) -> None:
    assert metres_apart(to_wgs84(*from_wgs84(lon, lat, datum), datum), (lon, lat)) < 0.01


def test_arrays_keep_their_shape_and_their_gaps() -> None:
    lon, lat = to_wgs84([[116.41024449916938, np.nan]], [[39.91640428150164, 39.9]], "GCJ-02")

    np.testing.assert_allclose(lon, [[116.404, np.nan]], atol=1e-7)
    np.testing.assert_allclose(lat[0, 0], 39.915, atol=1e-7)
    assert lat.shape == (1, 2)


@pytest.mark.parametrize("datum", DATUMS)
def test_nothing_is_shifted_outside_china(datum: str) -> None:
    assert from_wgs84(2.3522, 48.8566, datum) == (2.3522, 48.8566)
    assert to_wgs84(2.3522, 48.8566, datum) == (2.3522, 48.8566)


@pytest.mark.parametrize("convert", [to_wgs84, from_wgs84])
def test_an_unknown_datum_names_the_three(convert: object) -> None:
    with pytest.raises(
        InputError, match=r"unknown datum; expected one of WGS84, GCJ-02, BD-09; got CGCS2000"
    ):
        convert(116.4, 39.9, "CGCS2000")  # type: ignore[operator]


@pytest.mark.parametrize(
    ("told", "datum"),
    [
        ("gcj02", "GCJ-02"),
        ("GCJ-02", "GCJ-02"),
        ("Gcj 02", "GCJ-02"),
        ("bd-09", "BD-09"),
        ("WGS_84", "WGS84"),
    ],
)
def test_a_datum_is_known_however_it_is_spelled(told: str, datum: str) -> None:
    assert datum_named(told, "test") == datum


@pytest.mark.parametrize("told", ["", "gcj", "CGCS2000", "none"])
def test_another_datum_is_refused_with_its_place(told: str) -> None:
    with pytest.raises(InputError, match=r"points: unknown datum; expected WGS84 \| GCJ-02 \| BD-09"):
        datum_named(told, "points")
