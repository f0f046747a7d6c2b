import pandas as pd
import pytest
from sqlalchemy import Engine

from include.geo.boundaries import counties
from include.sources.places import outside_city, places
from include.store.engine import reading


def test_a_city_goes_by_every_name(engine: Engine) -> None:
    with reading(engine) as connection:
        known = places(connection)
    for name in ("140300", "阳泉市", "阳泉"):
        assert known.cities[name] == "140300"
    assert [known.cities[name] for name in ("杨凌示范区", "610403", "韩城市", "西咸新区")] == [
        "610400",
        "610400",
        "610500",
        "610100",
    ]
    assert "140301" not in known.cities
    assert {"140300", "140000", "100000"} <= known.regions


def test_former_counties_lead_to_counties_of_today(engine: Engine) -> None:
    with reading(engine) as connection:
        former = places(connection).counties
    today = set(zip(counties()["unit_code"], counties()["county_name"], strict=True))
    assert former[("130500", "桥西区")] == "信都区"
    own = {(unit_code, name) for (unit_code, said), name in former.items() if said == unit_code}
    assert ("140300", "阳泉市") in own
    assert {(unit_code, name) for (unit_code, _), name in former.items()} - own <= today
    assert not set(former) & today


@pytest.mark.parametrize(
    ("unit_code", "lon", "lat", "is_outside"),
    [
        ("140300", 113.62, 37.80, False),
        ("140300", 116.40, 39.90, True),
        ("140300", None, None, False),
        ("999999", 116.40, 39.90, False),  # a city without an outline
        ("110000", 0.0, 0.0, True),
    ],
)
def test_outside_the_city_that_is_named(
    unit_code: str, lon: float | None, lat: float | None, is_outside: bool
) -> None:
    points = pd.Series([unit_code] * 2), pd.Series([lon] * 2, dtype=float), pd.Series([lat] * 2, dtype=float)
    assert outside_city(*points).tolist() == [is_outside] * 2
