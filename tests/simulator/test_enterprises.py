"""The invented enterprises: where they are, what they are called."""

import pandas as pd
from shapely import STRtree, box, points

from include.geo.grids import locate
from include.simulator.enterprises import ENTERPRISES
from tests.simulator.conftest import Written


def test_every_enterprise_lies_in_its_city_and_county(written: Written) -> None:
    found = written.enterprises
    assert len(found) == ENTERPRISES
    assert found["enterprise_id"].is_unique
    assert not found[["lon", "lat"]].duplicated().any()
    places = locate(found["lon"].astype(float), found["lat"].astype(float))
    assert places.to_dict("list") == found[["unit_code", "county"]].to_dict("list")
    assert set(found["unit_code"]) == set(written.grids["unit_code"])
    assert found["unit_code"].value_counts().min() >= 10


def test_names_are_unmistakably_made_up(written: Written) -> None:
    found = written.enterprises
    assert found["name"].str.contains("某").all()
    assert found["name"].str.endswith("（模拟）").all()
    assert not found[["unit_code", "name"]].duplicated().any()
    assert found["industry"].value_counts().min() > 50


def test_some_lie_inside_hotspot_grids_and_three_in_t85711(written: Written) -> None:
    edges = written.grids.set_index("grid_id")[["west", "south", "east", "north"]].astype(float)
    tree = STRtree(box(*edges.to_numpy().T))
    at = points(written.enterprises["lon"].astype(float), written.enterprises["lat"].astype(float))
    enterprise, grid = tree.query(at, predicate="within")
    assert 400 < len(set(enterprise)) < 2000
    inside = pd.Series(edges.index.to_numpy()[grid])
    of_t85711 = written.enterprises.iloc[enterprise[(inside == "T85711").to_numpy()]]
    named = of_t85711[of_t85711["name"].str.startswith("荫营镇")]
    assert sorted(named["industry"]) == ["砖瓦", "耐火材料", "耐火材料"]
    assert set(named["county"]) == {"郊区"}
