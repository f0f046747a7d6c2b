"""The outlines that are shipped: complete, valid, seamless and in the right place."""

from datetime import date

import pandas as pd
import pytest

from include.geo.boundaries import city_outlines, counties
from include.geo.grids import locate
from include.geo.regions import cities, members_on, region_members

METRIC = "EPSG:6933"  # equal area


def test_a_city_lists_its_counties() -> None:
    assert counties(["140300"]).drop(columns="geometry").to_dict("list") == {
        "county_code": ["140302", "140303", "140311", "140321", "140322"],
        "county_name": ["城区", "矿区", "郊区", "平定县", "盂县"],
        "unit_code": ["140300"] * 5,
    }


def test_every_city_has_outlines_and_no_other() -> None:
    assert set(counties()["unit_code"]) == set(cities()["unit_code"])
    assert counties()["county_code"].is_monotonic_increasing
    assert counties()["county_code"].is_unique
    assert len(counties(members_on(date(2020, 3, 1))["unit_code"])) == 455


def test_an_unknown_city_has_no_rows() -> None:
    assert counties(["999999"]).empty
    assert counties([]).empty


def test_outlines_are_valid_areas_that_neither_overlap_nor_gape() -> None:
    outlines = counties()
    assert outlines.crs == "EPSG:4326"
    assert outlines.is_valid.all()
    assert set(outlines.geom_type) <= {"Polygon", "MultiPolygon"}
    area = outlines.to_crs(METRIC).area.sum()
    assert outlines.to_crs(METRIC).union_all().area == pytest.approx(area, rel=1e-9)
    assert city_outlines().to_crs(METRIC).area.sum() == pytest.approx(area, rel=1e-9)


def test_a_city_is_the_sum_of_its_counties() -> None:
    outline = city_outlines(["140300"])
    assert outline["unit_code"].tolist() == ["140300"]
    assert outline.geometry.iloc[0].equals(counties(["140300"]).union_all())


def test_callers_cannot_spoil_what_others_read() -> None:
    for mine in (counties(), cities(), region_members(), city_outlines()):
        mine["unit_code"] = ""
    for fresh in (counties(), cities(), region_members(), city_outlines()):
        assert (fresh["unit_code"] != "").all()


def test_landmarks_lie_in_their_counties() -> None:
    """WGS84 places of 天安门, 大雁塔, 平遥古城, 曲阜孔庙; half a kilometre off (GCJ-02 unconverted) would still pass
    for the towns, but not for 天安门, which stands 600 m from 西城区."""
    found = locate([116.3913, 108.9592, 112.1750, 116.9850], [39.9073, 34.2182, 37.2030, 35.5940])

    assert found.to_dict("list") == {
        "unit_code": ["110000", "610100", "140700", "370800"],
        "county": ["东城区", "雁塔区", "平遥县", "曲阜市"],
    }


@pytest.mark.parametrize(
    ("unit_code", "day", "region"),
    [
        ("140300", date(2020, 3, 1), "2+26"),
        ("140300", date(2023, 11, 29), "2+26"),
        ("140300", date(2023, 11, 30), "汾渭平原"),
        ("410300", date(2020, 3, 1), "汾渭平原"),
        ("410300", date(2023, 11, 30), "2+36"),
    ],
)
def test_membership_follows_the_day(unit_code: str, day: date, region: str) -> None:
    members = members_on(day).set_index("unit_code")
    assert members.loc[unit_code, "region"] == region


def test_39_cities_in_2020() -> None:
    assert members_on(date(2020, 3, 1))["region"].value_counts().to_dict() == {"2+26": 28, "汾渭平原": 11}
    assert members_on(date(2018, 6, 30)).empty
    assert region_members()["valid_to"].dropna().unique().tolist() == [pd.Timestamp("2023-11-30")]
