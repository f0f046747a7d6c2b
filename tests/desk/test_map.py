"""The map's data by window and box, the watch's cells as arrays, tiles of the own network only, and the page itself."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, insert

from include.desk import map_layers
from include.desk.map_cells import compact
from include.desk.map_layers import WORLD, Box, read_box
from include.errors import InputError
from include.geo.tiles import Tiles, read_tiles
from include.store import tables
from include.store.air_tables import enterprise
from include.store.engine import writing
from tests.desk.facts import YANGQUAN, Browser, add_alarm, add_event, house_of, moment, provenance
from tests.post.samples import add_cities

DAY = {"start": "2020-03-11T00:00", "end": "2020-03-12T00:00"}


def add_grid(engine: Engine, grid_id: str, west: float | None = 113.5, is_simulated: bool = False) -> None:
    """A grid of 0.04 × 0.03 degrees, or one without bounds."""
    sides = {"west": west, "south": 37.8, "east": west and west + 0.04, "north": 37.83}
    with writing(engine) as connection:
        connection.execute(
            insert(tables.grid).values(
                grid_id=grid_id,
                unit_code=YANGQUAN,
                county="郊区",
                name="<b>",
                is_hot=True,
                is_monitored=False,
                **(sides if west else dict.fromkeys(sides)),
                **provenance(is_simulated),
            )
        )


@pytest.fixture
def store(engine: Engine) -> Engine:
    add_cities(engine)
    add_grid(engine, "G1")
    add_grid(engine, "G2", west=None)
    add_alarm(engine, "A1", "03-11 06:00")
    add_event(engine, "A1", "submitted", "03-11 18:00")
    add_alarm(engine, "A2", "03-11 07:00", grid_id="G1", lon=None, lat=None)
    add_alarm(engine, "A3", "03-11 07:30", grid_id="G2", lon=None, lat=None)
    add_alarm(engine, "A4", "03-02 07:00", lon=113.7, is_simulated=True)
    return engine


@pytest.fixture
def browser(store: Engine, tmp_path: Path) -> Browser:
    return Browser(house_of(store, tmp_path))


def told(browser: Browser, path: str, **query: str) -> dict[str, Any]:
    answer = browser.get(path, params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json"), answer.text
    found: dict[str, Any] = answer.json()
    return found


def shown(found: dict[str, Any]) -> list[tuple[str, str, list[float]]]:
    return [
        (one["properties"]["alarm_id"], one["properties"]["standing"], one["geometry"]["coordinates"])
        for one in found["features"]
    ]


def test_alarms_lie_at_their_point_or_in_the_middle_of_their_grid(browser: Browser) -> None:
    found = told(browser, "/map/alarms.json", **DAY)
    assert shown(found) == [("A2", "overdue", [113.52, 37.815]), ("A1", "answered", [113.6, 37.9])]
    assert {name: value for name, value in found.items() if name != "features"} == {
        "type": "FeatureCollection",
        "left_off": 0,
        "without_place": 1,
        "is_simulated": False,
    }
    assert found["features"][1] == {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [113.6, 37.9]},
        "properties": {
            "alarm_id": "A1",
            "grid_id": "T85711",
            "unit_code": YANGQUAN,
            "county": "郊区",
            "point_name": "荫营镇",
            "pushed": "2020-03-11T06:00",
            "standing": "answered",
            "peak_pm25_ug_m3": 150.4,
            "source": "test",
        },
    }


@pytest.mark.parametrize(
    ("state", "at", "expected"),
    [
        ("", "2020-03-12T08:30", {"A1": "answered", "A2": "overdue", "A4": "chronic"}),
        ("open", "2020-03-12T08:30", {"A2": "overdue", "A4": "chronic"}),
        ("answered", "2020-03-12T08:30", {"A1": "answered"}),
        ("overdue", "2020-03-12T08:30", {"A2": "overdue", "A4": "chronic"}),
        ("chronic", "2020-03-12T08:30", {"A4": "chronic"}),
        ("", "2020-03-11T06:30", {"A1": "open", "A4": "chronic"}),
    ],
)
def test_alarms_by_state_as_of_a_moment(
    browser: Browser, state: str, at: str, expected: dict[str, str]
) -> None:
    found = told(
        browser, "/map/alarms.json", start="2020-03-01T00:00", end="2020-03-12T00:00", state=state, at=at
    )
    assert {alarm: standing for alarm, standing, _ in shown(found)} == expected
    assert found["is_simulated"] == ("A4" in expected)


def test_a_box_and_a_bound_leave_off(
    browser: Browser, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [
        one[0] for one in shown(told(browser, "/map/alarms.json", box="113.5,37.8,113.55,37.83", **DAY))
    ] == ["A2"]
    monkeypatch.setattr(map_layers, "MOST_FEATURES", 1)
    found = told(browser, "/map/alarms.json", **DAY)
    assert ([one[0] for one in shown(found)], found["left_off"]) == (["A2"], 1)


def test_grids_are_rectangles(browser: Browser) -> None:
    found = told(browser, "/map/grids.json")
    assert found["without_place"] == 1
    assert found["features"] == [
        {
            "type": "Feature",
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[113.5, 37.8], [113.54, 37.8], [113.54, 37.83], [113.5, 37.83], [113.5, 37.8]]
                ],
            },
            "properties": {
                "grid_id": "G1",
                "unit_code": YANGQUAN,
                "county": "郊区",
                "name": "<b>",
                "is_hot": True,
                "is_monitored": False,
            },
        }
    ]
    assert told(browser, "/map/grids.json", box="114,37,115,38")["features"] == []


def test_enterprises_outlines_and_flags(browser: Browser, store: Engine) -> None:
    told_of = {name: value for name, value in provenance().items() if name in enterprise.c}
    with writing(store) as connection:
        connection.execute(
            insert(enterprise).values(
                enterprise_id="E1",
                name="<i>",
                industry="焦化",
                unit_code=YANGQUAN,
                county="郊区",
                lon=113.61,
                lat=37.91,
                **told_of,
            )
        )
    [one] = told(browser, "/map/enterprises.json")["features"]
    assert (one["geometry"]["coordinates"], one["properties"]["name"]) == ([113.61, 37.91], "<i>")
    areas = told(browser, "/map/outlines.json")["features"]
    assert {one["geometry"]["type"] for one in areas} == {"MultiPolygon"}
    assert ("阳泉市", YANGQUAN) in {
        (one["properties"]["unit_name"], one["properties"]["unit_code"]) for one in areas
    }
    assert told(browser, "/map/flags.json", at="2020-03-12T08:30")["flags"][YANGQUAN] == "remind"


def test_outlines_are_a_sketch_of_the_whole_and_nearer_to_the_truth_near_by(browser: Browser) -> None:
    def points(found: dict[str, Any]) -> dict[str, list[tuple[float, float]]]:
        return {
            one["properties"]["county_code"]: [
                (x, y) for polygon in one["geometry"]["coordinates"] for ring in polygon for x, y in ring
            ]
            for one in found["features"]
        }

    whole = points(told(browser, "/map/outlines.json"))
    near = points(told(browser, "/map/outlines.json", detail="near", box="113.5,37.8,113.7,38.0"))
    assert set(near) < set(whole)
    assert all(len(near[code]) > 3 * len(whole[code]) for code in near)
    # What is in the box, and what only touches it: the box lies between the extremes of each.
    for ring in near.values():
        assert min(x for x, _ in ring) <= 113.7
        assert max(x for x, _ in ring) >= 113.5
        assert min(y for _, y in ring) <= 38.0
        assert max(y for _, y in ring) >= 37.8
    # Neighbours keep their common border in the sketch: most of its points stand in two counties.
    shared = [point for ring in whole.values() for point in set(ring)]
    assert len(set(shared)) < 0.7 * len(shared)


def cells_of(names: list[str]) -> pd.DataFrame:
    """36 cells a grid: the first measured at 80, the last unknown, the others estimated at 40."""
    rows = [
        {
            "cell_id": f"{name}-{place // 6 + 1}{place % 6 + 1}",
            "grid_id": name,
            "pm25_ug_m3": 80.04 if place == 0 else None if place == 35 else 40.0,
            "kind": "实测" if place == 0 else "估算",
            "stations": 2 if place == 0 else 0,
            "west": 113 + number + place % 6 * 0.01,
            "east": 113 + number + place % 6 * 0.01 + 0.01,
            "south": 37 + place // 6 * 0.01,
            "north": 37 + place // 6 * 0.01 + 0.01,
            "is_simulated": True,
        }
        for number, name in enumerate(names)
        for place in range(36)
    ]
    return pd.DataFrame(rows)


def test_cells_are_short_arrays_in_the_order_of_their_grids() -> None:
    found = compact(cells_of(["G1", "G2"]), Box(113.5, 30, 115, 40))
    assert found == {
        "grids": [["G2", 114.0, 37.0, 114.06, 37.06]],
        "pm25_ug_m3": [80.0, *[40.0] * 34, None],
        "measured": "1" + "0" * 35,
        "stations": 2, "left_off": 0, "is_judged": True, "is_simulated": True,
    }  # fmt: skip
    assert [name for name, *_ in compact(cells_of(["G1", "G2"]), WORLD)["grids"]] == ["G1", "G2"]


def test_the_cells_of_an_hour_come_from_the_watch(browser: Browser) -> None:
    asked: list[datetime] = []

    def cells(_: object, hour: datetime) -> pd.DataFrame:
        asked.append(hour)
        return cells_of(["G1"])

    object.__setattr__(browser.desk, "cells", cells)
    assert told(browser, "/map/cells.json", hour="2020-03-11T07:00")["measured"] == "1" + "0" * 35
    assert asked == [moment("03-11 07:00").astimezone(UTC)]
    assert browser.get("/map/cells.json?hour=2020-03-11T07:30").status_code == 400


def test_an_hour_that_was_not_judged_has_no_cells(browser: Browser) -> None:
    found = told(browser, "/map/cells.json", hour="2020-03-11T07:00")
    assert (found["is_judged"], found["grids"]) == (False, [])


@pytest.mark.parametrize(
    "text", ["1,2,3", "a,b,c,d", "3,0,2,1", "0,0,nan,1", "-181,0,0,1", "0,0,1,inf", "1,2,3,4,5"]
)
def test_a_box_that_is_none_is_refused(browser: Browser, text: str) -> None:
    with pytest.raises(InputError, match="not a box"):
        read_box(text)
    assert browser.get("/map/grids.json", params={"box": text}).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "start=2020-03-11T00:00",
        "start=2020-03-12&end=2020-03-11",
        "start=2020-03-11&end=2020-03-11",
        "start=2020-03-01&end=2020-06-01",
        "start=x&end=2020-03-12",
        "start=2020-03-11&end=2020-03-12&state=closed",
    ],
)
def test_a_window_that_is_none_is_refused(browser: Browser, query: str) -> None:
    assert browser.get(f"/map/alarms.json?{query}").status_code in (400, 422)


def test_the_page_says_its_day_its_notice_and_loads_nothing_from_elsewhere(browser: Browser) -> None:
    answer = browser.get("/map?grid=%3Cb%3E&city=%22%27")
    assert answer.status_code == 200
    for words in ("示意图，不作为划界依据", 'value="2020-03-11"', "模拟数据", 'data-grid="&lt;b&gt;"'):
        assert words in answer.text, words
    assert "<b>" not in answer.text
    assert "data-tiles" not in answer.text
    assert "img-src 'self' data:; connect-src 'self'" in answer.headers["content-security-policy"]
    for name in ("leaflet.js", "leaflet.css", "map.js", "map_sheets.js"):
        assert f"/desk/assets/{name}" in answer.text
        assert browser.get(f"/assets/{name}").status_code == 200


def test_the_words_of_the_script_are_json_in_both_languages(store: Engine, tmp_path: Path) -> None:
    for language, word in (("zh-CN", "实测"), ("en", "measured")):
        page = Browser(house_of(store, tmp_path), language=language).get("/map").text
        text = page.split("data-words='")[1].split("'")[0]
        assert json.loads(text)["measured"] == word


def test_tiles_of_the_own_network_widen_the_policy_of_pages_with_a_map_only(
    store: Engine, tmp_path: Path
) -> None:
    tiles = read_tiles({"tiles": "http://tiles.local:8081/{z}/{x}/{y}.png", "attribution": "<a>"})
    assert tiles == Tiles("http://tiles.local:8081/{z}/{x}/{y}.png", "http://tiles.local:8081", "<a>")
    browser = Browser(replace(house_of(store, tmp_path), tiles=tiles))
    answer = browser.get("/map")
    assert "img-src 'self' data: http://tiles.local:8081;" in answer.headers["content-security-policy"]
    assert 'data-attribution="&lt;a&gt;"' in answer.text
    small = browser.get(f"/cities/{YANGQUAN}")
    assert "img-src 'self' data: http://tiles.local:8081;" in small.headers["content-security-policy"]
    assert 'data-box="' in small.text
    assert "tiles.local" not in browser.get("/letters").headers["content-security-policy"]


@pytest.mark.parametrize(
    "url",
    [
        "tiles.local/{z}/{x}/{y}.png",
        "ftp://h/{z}/{x}/{y}",
        "http://h/{z}/{x}.png",
        "http://h;script-src *;/{z}/{x}/{y}",
        "http:///{z}/{x}/{y}",
        "http://h/{z}/{x}/{y} 'unsafe-inline'",
        "javascript:{z}{x}{y}",
        "http://user@h/{z}/{x}/{y}",
        "http://*/{z}/{x}/{y}",
    ],
)
def test_an_address_that_would_widen_the_policy_further_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="not an address of map tiles"):
        read_tiles({"tiles": url})


def test_no_tiles_are_needed() -> None:
    assert (read_tiles({}), read_tiles({"tiles": ""})) == (None, None)
