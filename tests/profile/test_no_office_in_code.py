"""The code names no office: no place of a shipped profile, no adcode, no bureau. What an office is stands in its profile."""

import re
import zipfile
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
# The comment of a column, as the first migration wrote it into the stores that exist.
COMMENT = "2+26, 2+36, 汾渭平原"
OFFICES = re.compile(
    "生态环境部(?!门)|部领导|省厅|生态环境厅|生态环境局|(?<![0-9.])39(?=个?城市| cities)|三十九个?(?:市|城市)|thirty-nine"
)
ADCODE = re.compile(r"[\"'`](?:[1-6][0-9]{5}|100000)[\"'`]")
_MARKUP = re.compile("<[^>]+>")


def files() -> list[Path]:
    found = [path for part in PARTS for path in sorted((ROOT / part).rglob("*")) if path.is_file()]
    names = {path: path.relative_to(ROOT).as_posix() for path in found}
    return [
        path
        for path, name in names.items()
        if not name.startswith(LEFT_OUT) and name not in TABLES and path.suffix != ".pyc"
    ]


def told_by(path: Path) -> str:
    """What a file says: its text, that of the parts of a Word document."""
    if path.suffix != ".docx":
        return path.read_text(encoding="utf-8")
    with zipfile.ZipFile(path) as package:
        parts = [package.read(name).decode("utf-8") for name in package.namelist() if name.endswith(".xml")]
    return "\n".join(_MARKUP.sub("", part) for part in parts)


@cache
def office_names() -> re.Pattern[str]:
    """What the shipped profiles call their own: places from city upwards, with and without 市 or 省, and in English; regions with a name
    of their own; the bureaus of their units; who signs."""
    names: set[str] = set()
    for profile in map(load, shipped_names()):
        for place in profile.places:
            if place.level not in ("county", "zone", "ward", "country") and len(place.name) > 2:
                names |= {place.name, place.name.removesuffix("市").removesuffix("省"), place.name_en}
        names |= {stay.region for stay in profile.regions}
        names |= {name for unit in profile.units for name in (unit.bureau, unit.name_en)}
        names.add(profile.letterhead.issuer)
    # Beijing is a clock's name too; 全省, 全市 are words of any office; 生态环境部门, any bureau, begins as the ministry's name.
    return _whole_words(names - {"", "Beijing", "全省", "全市", "生态环境部"})


def _whole_words(names: set[str]) -> re.Pattern[str]:
    told = sorted(names, key=len, reverse=True)
    return re.compile(
        "|".join(
            rf"(?<![A-Za-z0-9]){re.escape(one)}(?![A-Za-z0-9])" if one.isascii() else re.escape(one)
            for one in told
        )
    )


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_office_stands_in_the_code(path: Path) -> None:
    text = told_by(path).replace("北京时间", "").replace(COMMENT, "")
    for pattern in (office_names(), OFFICES, ADCODE):
        found = pattern.search(text)
        assert found is None, (
            f"{path}:{text.count(chr(10), 0, found.start()) + 1}: {found[0]} belongs in a profile"
        )


def test_texts_of_every_kind_are_looked_at() -> None:
    """Words, statements, DAGs, plugins, templates of letters and of the desk, styles and scripts."""
    looked_at = {path.relative_to(ROOT).as_posix() for path in files()}
    assert {path.suffix for path in files()} >= {
        ".py",
        ".sql",
        ".html",
        ".txt",
        ".yaml",
        ".docx",
        ".typ",
        ".md",
        ".js",
        ".css",
    }
    assert looked_at >= {
        "include/language/en/letters.yaml",
        "include/desk/pages/words.yaml",
        "include/openness/words.yaml",
        "include/field/pages/words.yaml",
        "include/letters/templates/notice.docx",
        "include/letters/templates/notice_mail.html",
        "sql/alarm_states.sql",
        "dags/daily_dispatch.py",
        "plugins/desk.py",
    }
    names = office_names()
    for told in (
        "山西省的",
        "太原等",
        "2+26城市",
        "汾渭平原",
        "in Taiyuan",
        "Harbour Region",
        "北京市生态环境局",
    ):
        assert names.search(told), told
    for told in ("今天", "Beijing time", "全市有效网格"):
        assert not names.search(told), told
    assert "规则版本" in told_by(ROOT / "include" / "letters" / "templates" / "notice.docx")
