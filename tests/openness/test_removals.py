"""Taking editions of a month away, whichever of them: the pages show the newest that stands, and nothing points to one that was removed
but the notes that say so."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain, combinations
from pathlib import Path

import pytest
from frictionless import validate

from include.open_settings import OpenSettings
from include.openness.editions import remove
from include.openness.package import publication
from include.openness.publishing import publish
from include.openness.site import Site
from tests.openness.region import NOW, UNTIL, copied, region_house
from tests.openness.test_editions import FIRST, MONTH

APRIL = replace(FIRST, month=replace(MONTH, start=date(2020, 4, 1), end=date(2020, 5, 1)))
EDITIONS = tuple(
    replace(FIRST, number=n, released_on=FIRST.released_on + timedelta(days=n), reason="facts")
    for n in (1, 2, 3)
)


def site_without(*numbers: int) -> dict[str, str]:
    """The pages of three editions of March and one of April, after these of March were removed."""
    march = (
        replace(one, removed_on=date(2020, 6, 1), removed_reason=f"因{one.number}")
        if one.number in numbers
        else one
        for one in EDITIONS
    )
    files = publication(Site((*march, APRIL), OpenSettings(), "局"))
    return {path: content.decode() for path, content in files.items()}


def links(page: str) -> set[int]:
    """The editions of March that a page links to, its own language's switch aside."""
    body = page.split("<main", 1)[1]
    return {int(n) for n in re.findall(r'href="(?:\.\./)*v(\d)/2020/03/index\.html"', body)}


@pytest.mark.parametrize("gone", list(chain.from_iterable(combinations((1, 2, 3), n) for n in range(4))))
def test_the_newest_that_stands_is_shown_and_pointed_to(gone: tuple[int, ...]) -> None:
    files = site_without(*gone)
    standing = [n for n in (1, 2, 3) if n not in gone]
    newest = standing[-1:]
    assert links(files["index.html"]) == set(newest)
    assert links(files["units/1.html"]) == set(newest)
    assert links(files["changes.html"]) == {1, 2, 3}
    for one in EDITIONS:
        page = files[f"v{one.number}/2020/03/index.html"]
        later_gone = {n for n in gone if n > one.number} if one.number in newest else set()
        own = later_gone if one.number in newest else set(newest)
        assert links(page) == own, (gone, one.number)
        assert ("已撤下" in page) == bool(later_gone)
        assert (f"因{one.number}" in page) == (one.number in gone)
        assert ("该月没有其他版次" in page) == (not standing)
        assert (f"v{one.number}/2020/03/answers.csv" in files) == (one.number in standing)
    titles = {
        entry["path"]: entry["title"]
        for entry in json.loads(files["datapackage.json"])["resources"]
        if entry["path"].startswith("v") and entry["path"].endswith("/03/answers.csv")
    }
    assert titles == {
        f"v{n}/2020/03/answers.csv": f"2020年3月 第{n}版"
        + ("" if n in newest else f"；这一版已有更正：第{newest[0]}版")
        for n in standing
    }


def test_when_everything_is_removed_the_pages_say_so_and_the_rest_stands() -> None:
    alone = tuple(
        replace(one, removed_on=date(2020, 6, 1), removed_reason="全部有误") for one in (*EDITIONS, APRIL)
    )
    files = publication(Site(alone, OpenSettings(), "局"))
    assert not [path for path in files if path.endswith((".csv", ".geojson", ".svg"))]
    assert json.loads(files["datapackage.json"])["resources"] == []
    assert files["changes.html"].decode().count("全部有误") == 4
    assert "目前没有" in files["index.html"].decode()


def test_a_removed_month_stays_removed_until_its_figures_change(tmp_path: Path) -> None:
    with region_house(tmp_path / "made") as made:
        house = copied(made, tmp_path / "copy")
        to = tmp_path / "site"
        publish(house, UNTIL, to, now=NOW, actor="test")
        for month in ("2020-03", "2020-04"):
            remove(house, month, 1, now=NOW, actor="test", reason="错")
        assert publish(house, UNTIL, to, now=NOW, actor="test").plan.new == ()
        assert not list(to.rglob("*.csv"))
        assert validate(str(to / "datapackage.json")).valid
        with house.engine.begin() as connection:
            connection.exec_driver_sql(
                "update alarm set unit_code = '130100' where alarm_id in (select alarm_id from alarm "
                "where unit_code = '110000' and pushed_at < '2020-03-20' order by alarm_id limit 2)"
            )
        done = publish(house, UNTIL, to, now=NOW, actor="test")
        assert [one.path for one in done.plan.new] == ["v2/2020/03"]
        assert "v2/2020/03/index.html" in (to / "index.html").read_text()
        assert validate(str(to / "datapackage.json")).valid
