"""The house's texts, said as an office says them: no letter of a province or a city speaks of cities that it does not address."""

import re
import zipfile
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from include.language import office_words, say
from include.letters.document.templates import SHIPPED, is_shipped, template_text
from include.letters.document.word import _cleaned
from include.letters.words.wording import named
from include.profile.current import load, using

TAGS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", re.DOTALL)
TEMPLATES = sorted(path.name for path in SHIPPED.iterdir() if path.suffix in (".docx", ".txt", ".html"))


def words_of(name: str) -> str:
    """What a shipped template says around its tags."""
    if name.endswith(".docx"):
        with zipfile.ZipFile(SHIPPED / name) as package:
            xml = _cleaned(package.read("word/document.xml").decode("utf-8"))
        return TAGS.sub("", office_words(xml))
    return TAGS.sub("", template_text(name))


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("office", ["jinan", "shaanxi"])
def test_a_template_speaks_of_the_offices_own_units(office: str, name: str) -> None:
    with using(load(office)) as profile:
        said = words_of(name).replace(profile.units_called, "")
    assert not re.search("城市|各市|每市|全市|本市|省级|省份", said)


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_ministrys_words_are_the_houses(name: str) -> None:
    with using(load("ministry")):
        if not name.endswith(".docx"):
            assert template_text(name) == (SHIPPED / name).read_text(encoding="utf-8")
        assert (
            office_words("各城市，各市，省级，北京时间，{{ 城市数 }}")
            == "各城市，各市，省级，北京时间，{{ 城市数 }}"
        )


def test_texts_of_the_code_are_said_so_too() -> None:
    with using(load("jinan")):
        assert say("个城市") == "个区县和部门"
        assert named(["甲", "乙", "丙", "丁"], 2) == "甲、乙等4个区县和部门"
        assert office_words("{{ 城市数 }}个城市{% if 有报警城市 %}各市{% endif %}") == (
            "{{ 城市数 }}个区县和部门{% if 有报警城市 %}各区县和部门{% endif %}"
        )
    with using(load("ministry")):
        assert named(["甲", "乙", "丙", "丁"], 2) == "甲、乙等4市"


def test_the_foot_of_a_mail_names_the_offices_zone() -> None:
    with using(replace(load("shaanxi"), zone=ZoneInfo("Asia/Urumqi"))):
        assert "时间均为Asia/Urumqi时间" in template_text("mail_foot.txt")


def test_an_offices_own_template_stands_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "mail_foot.txt").write_text("城市管理，北京时间", encoding="utf-8")
    with using(replace(load("jinan"), folder=tmp_path)):
        assert not is_shipped("mail_foot.txt")
        assert template_text("mail_foot.txt") == "城市管理，北京时间"
