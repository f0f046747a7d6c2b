"""The desk's pages of lists of hotspot grids, the map's layer, and what waits."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.office import grid_lists
from include.office.waiting import waiting
from include.store.archive import Archive
from tests.desk.facts import NOW, YANGQUAN, Browser, house_of
from tests.office.lists import choice


@pytest.fixture
def own(engine: Engine, tmp_path: Path) -> int:
    house = house_of(engine, tmp_path)
    return grid_lists.propose(house.engine, house.archive, choice(), now=NOW, actor="王科长")


def hot(engine: Engine, archive: Archive, list_id: int) -> list[str]:
    rows = grid_lists.view(engine, archive, list_id).rows
    return sorted(rows["grid_id"][rows["is_hot"] & (rows["unit_code"] == YANGQUAN)])


def test_a_list_waits_is_shown_by_unit_and_released(engine: Engine, tmp_path: Path, own: int) -> None:
    house = house_of(engine, tmp_path)
    browser = Browser(house)
    waits = [one for one in waiting(house, NOW) if one.topic == "grids"]
    assert [(one.title, one.path) for one in waits] == [("2025年热点网格", f"/grid-lists/{own}")]
    assert "2025年热点网格" in browser.get("/grid-lists").text
    page = browser.get(f"/grid-lists/{own}?unit={YANGQUAN}")
    gone, kept = hot(engine, house.archive, own)
    for words in ("待审核", "模拟数据", "阳泉市", gone, kept, "2025年PM2.5为", "发布", "缺少2023、2024年"):
        assert words in page.text, words

    struck = browser.post(
        f"/grid-lists/{own}/grids",
        {"action": "strike", "grid_id": gone, "reason": "在<水库>上", "unit": YANGQUAN},
    )
    assert struck.status_code == 303
    page = browser.get(f"/grid-lists/{own}?unit={YANGQUAN}").text
    assert "人工剔除：在&lt;水库&gt;上" in page
    again = browser.post(f"/grid-lists/{own}/grids", {"action": "strike", "grid_id": gone, "reason": "再次"})
    assert again.status_code == 409
    assert "该网格不在清单中" in again.text
    early = browser.post(f"/grid-lists/{own}", {"action": "release", "reason": "审核通过"})
    assert early.status_code == 409
    assert "缺少施行日期" in early.text
    done = browser.post(
        f"/grid-lists/{own}", {"action": "release", "reason": "审核通过", "valid_from": "2020-04-01"}
    )
    assert done.status_code == 303
    page = browser.get(f"/grid-lists/{own}").text
    assert "自2020-04-01起施行" in page
    assert 'name="action"' not in page
    assert not [one for one in waiting(house, NOW) if one.topic == "grids"]
    told = json.loads(browser.get("/map/grids.json?at=2020-04-02T00:00").text)
    flags = {one["properties"]["grid_id"]: one["properties"]["is_hot"] for one in told["features"]}
    assert flags[kept]
    assert "热点网格" in browser.get(f"/grids/{kept}?at=2020-04-02T00:00").text


def test_a_guest_reads_and_decides_nothing(engine: Engine, tmp_path: Path, own: int) -> None:
    guest = Browser(house_of(engine, tmp_path), "guest")
    page = guest.get(f"/grid-lists/{own}")
    assert page.status_code == 200
    assert 'method="post"' not in page.text
    for path, form in (
        (f"/grid-lists/{own}", {"action": "release", "reason": "通过", "valid_from": "2020-04-01"}),
        (f"/grid-lists/{own}/grids", {"action": "strike", "grid_id": "x", "reason": "通过"}),
    ):
        assert guest.post(path, form).status_code == 403
    assert Browser(house_of(engine, tmp_path)).post(path, form, token="wrong").status_code == 403


def test_its_files_and_its_layer(engine: Engine, tmp_path: Path, own: int) -> None:
    browser = Browser(house_of(engine, tmp_path))
    assert browser.get(f"/grid-lists/{own}/files/hot_grids.csv").text.startswith(
        "\ufeffgrid_id,unit_code,unit_name"
    )
    assert browser.get(f"/grid-lists/{own}/files/map.png").content.startswith(b"\x89PNG")
    pdf = browser.get(f"/grid-lists/{own}/reasons/{YANGQUAN}")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert browser.get(f"/grid-lists/{own}/reasons/999999").status_code == 400
    assert browser.get(f"/grid-lists/{own}/files/other").status_code == 404
    assert browser.get("/grid-lists/999").status_code == 404
    assert "没有这份清单" in browser.get("/grid-lists/999").text
    told = json.loads(browser.get(f"/map/grid_list.json?list={own}").text)
    assert (told["list_id"], len(told["features"]), told["is_simulated"]) == (own, 4, True)
    assert {one["properties"]["change"] for one in told["features"]} == {"first"}
    assert json.loads(browser.get("/map/grid_list.json?box=0,0,1,1").text)["features"] == []
    assert f'data-list="{own}"' in browser.get(f"/map?list={own}").text


def test_the_pages_are_english_for_who_reads_english(engine: Engine, tmp_path: Path, own: int) -> None:
    browser = Browser(house_of(engine, tmp_path), language="en")
    assert "Lists of hotspot grids" in browser.get("/grid-lists").text
    page = browser.get(f"/grid-lists/{own}").text
    for words in ("To review", "In force from", "Strike out", "Why this grid", "Data and rules"):
        assert words in page, words
