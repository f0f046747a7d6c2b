"""The page of places: what holds on a date, and every change with its reason."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, select

from include.desk.pages import places, units
from include.profile.current import told_office, using
from include.store.engine import reading, writing
from include.store.migrate import migrate
from include.store.unit_tables import installation, place, place_change, unit, unit_change
from tests.desk.facts import Browser, house_of

RENAME = {
    "act": "rename",
    "place_code": "140311",
    "since": "2020-03-12",
    "name": "新阳泉区",
    "reason": "区划调整",
}


@pytest.fixture
def store(engine: Engine) -> Iterator[Engine]:
    with using(told_office()):
        yield engine
    with writing(engine) as connection:
        for table in (unit, unit_change, place, place_change, installation):
            connection.execute(delete(table))
    migrate(engine)


def test_a_place_is_renamed_from_a_date_on(store: Engine, tmp_path: Path) -> None:
    browser = Browser(house_of(store, tmp_path))
    assert browser.post("/places", RENAME).status_code == 303
    assert "新阳泉区" in browser.get("/places?on=2020-03-12").text
    assert "新阳泉区" not in browser.get("/places?on=2020-03-11").text
    with reading(store) as connection:
        (logged,) = connection.execute(select(place_change)).mappings()
    assert (logged["action"], logged["reason"]) == ("rename", "区划调整")


@pytest.mark.parametrize(
    ("language", "words"), [("zh-CN", "没有所在的这个地方"), ("en", "the place around it is unknown")]
)
def test_what_cannot_be_is_said_in_the_readers_language(
    store: Engine, tmp_path: Path, language: str, words: str
) -> None:
    browser = Browser(house_of(store, tmp_path), language=language)
    answer = browser.post("/places", {**RENAME, "act": "move", "parent_code": "999999"})
    assert answer.status_code == 409
    assert words in answer.text


def test_who_may_only_look_changes_nothing(store: Engine, tmp_path: Path) -> None:
    guest = Browser(house_of(store, tmp_path), user="guest")
    assert guest.get("/places").status_code == 200
    assert 'name="act"' not in guest.get("/places").text
    assert guest.post("/places", RENAME).status_code == 403


@pytest.mark.parametrize("page", ["places", "units"])
def test_what_was_typed_stays_where_it_could_not_be_done(store: Engine, tmp_path: Path, page: str) -> None:
    browser = Browser(house_of(store, tmp_path))
    book = {"places": places.BOOK, "units": units.BOOK}[page]
    typed = {one.name: "999999" for one in book.fields if not one.choices}
    told = {**typed, book.code[0]: "999998", "act": "move", "since": "2020-03-11", "reason": "<区划>"}
    answer = browser.post(f"/{page}", told)
    assert answer.status_code == 409
    form = answer.text.partition('<details class="edit" open>')[2].partition("</form>")[0]
    for name, value in told.items():
        if name != "act":
            assert re.search(rf'name="{name}"[^>]* value="{html.escape(value)}"', form), name
    assert '<option value="move" selected>' in form
    fresh = browser.get(f"/{page}").text
    assert "999999" not in fresh
    assert " selected>" not in fresh.partition('<details class="edit"')[2].partition("</form>")[0]
