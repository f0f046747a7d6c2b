"""The code names no office: no place of a shipped profile, no adcode, no bureau. What an office is stands in its profile."""

import re
from functools import cache
from pathlib import Path

import pytest

from include.profile.current import load, shipped_names

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("include", "dags", "plugins", "sql")
# The simulator plays one region's published season; mappings name the columns of other people's files; migrations are history,
# as are the templates of an earlier edition.
LEFT_OUT = (
    "include/simulator/",
    "include/sources/mappings/",
    "include/store/migrations/",
    "include/letters/templates/2020-03/",
)
# Codes of counties that changed since 2000: a table of the country, of no office.
TABLES = ("include/geo/data/county_code_changes.csv",)
OFFICES = re.compile("生态环境部(?!门)|部领导|省厅|生态环境厅|生态环境局|(?<![0-9.])39(?=个?城市| cities)")
ADCODE = re.compile(r"[\"'`](?:[1-6][0-9]{5}|100000)[\"'`]")


def files() -> list[Path]:
    found = [path for part in PARTS for path in sorted((ROOT / part).rglob("*")) if path.is_file()]
    kept = [
        path
        for path in found
        if path.suffix in {".py", ".sql", ".html", ".txt", ".js", ".yaml", ".typ", ".csv"}
    ]
    return [
        path
        for path in kept
        if not path.relative_to(ROOT).as_posix().startswith(LEFT_OUT)
        and path.relative_to(ROOT).as_posix() not in TABLES
    ]


@cache
def place_names() -> re.Pattern[str]:
    """The names of places from city upwards of every shipped profile, with and without 市 or 省, as whole words."""
    names = set()
    for profile in map(load, shipped_names()):
        for place in profile.places:
            if place.level in ("city", "province") and len(place.name) > 2:
                names |= {place.name, place.name.removesuffix("市").removesuffix("省")}
    return re.compile("|".join(sorted(names, key=len, reverse=True)))


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_office_stands_in_the_code(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("北京时间", "")
    for pattern in (place_names(), OFFICES, ADCODE):
        found = pattern.search(text)
        assert found is None, (
            f"{path}:{text.count(chr(10), 0, found.start()) + 1}: {found[0]} belongs in a profile"
        )
