"""An office in English: nothing that it publishes holds a Chinese character, not even the mark of simulated data."""

import csv
import io
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from frictionless import validate
from sqlalchemy import text

from include.connections import read_registry
from include.house import SETTINGS_FILE, House, open_house
from include.openness.editions import remove
from include.openness.publishing import publish
from include.periods import midnight
from include.profile.current import VARIABLE, load, office, using
from include.simulator.office_region import write_office_region
from include.store.migrate import migrate
from tests.profile.test_harbour_english import CJK

SEASON = (date(2020, 3, 1), date(2020, 5, 1))
UNTIL = date(2020, 5, 20)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """An installation of the office with two months of its demo region."""
    monkeypatch.setenv(VARIABLE, "harbour")
    env = {"AIRFLOW_VAR_PROFILE": "harbour", "AIRFLOW_VAR_PUBLISH": '{"hints_to": "hints@harbour.example"}'}
    house = replace(open_house(read_registry(SETTINGS_FILE, env), tmp_path / "var"), season=SEASON)
    migrate(house.engine)
    write_office_region(office(), *SEASON, Path(house.sources[0].location), 7)
    return house


@pytest.fixture(autouse=True)
def _in_harbour() -> object:
    with using(load("harbour")):
        yield


def chinese_lines(folder: Path) -> list[str]:
    """Every line of every file, and every path, with such a character."""
    found = [str(path) for path in folder.rglob("*") if CJK.search(path.name)]
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        for line in re.split(r"[\n<>]", path.read_text(encoding="utf-8")):
            if CJK.search(line):
                found.append(f"{path.relative_to(folder)}: {line.strip()[:100]}")
    return found


def test_all_that_it_publishes_is_in_english(house: House, tmp_path: Path) -> None:
    to, now = tmp_path / "site", midnight(UNTIL)
    publish(house, UNTIL, to, now=now, actor="test")
    with house.engine.begin() as connection:  # what lies in no county of the unit
        connection.execute(
            text(
                "update alarm set county = 'Old Yard' where alarm_id in (select alarm_id from alarm limit 9)"
            )
        )
    done = publish(house, UNTIL, to, now=now, actor="test")
    assert [one.number for one in done.plan.new] == [2]
    remove(house, "2020-03", 1, now=now, actor="test", reason="the places were wrong")
    publish(house, UNTIL, to, now=now, actor="test")
    assert chinese_lines(to) == []
    assert sorted(path.name for path in to.glob("*.html")) == [
        "changes.html",
        "dictionary.html",
        "hints.html",
        "index.html",
        "method.html",
    ]
    index = (to / "index.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in index
    assert '<strong lang="en">Simulated data</strong>' in index
    assert 'xml:lang="en"' in (to / "feed.xml").read_text(encoding="utf-8")
    counties = list(csv.DictReader(io.StringIO((to / "v2/2020/03/counties.csv").read_text(encoding="utf-8"))))
    assert {row["data_origin"] for row in counties} == {"Simulated data"}
    assert any("(elsewhere)" in row["counties"] for row in counties)
    assert validate(str(to / "datapackage.json")).valid


def test_in_both_languages_its_data_and_english_pages_stay_as_they_are(house: House, tmp_path: Path) -> None:
    now = midnight(UNTIL)
    publish(house, UNTIL, tmp_path / "one", now=now, actor="test")
    both = replace(house, openness=replace(house.openness, languages=("en", "zh")))
    publish(both, UNTIL, tmp_path / "two", now=now, actor="test")
    for path in (tmp_path / "one").rglob("*.csv"):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
    assert "提供线索" in (tmp_path / "two/hints.zh.html").read_text(encoding="utf-8")
    rest = [line for line in chinese_lines(tmp_path / "two") if ".zh." not in line]
    assert {line.partition(": ")[2] for line in rest if ".html: " in line} == {"中文"}  # the link
