"""Search from every page, the letters' filters and acts on many, the audit trail, and names of which there is nothing."""

import csv
import html
import io
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import Engine, insert

from include.desk.search import nearest, search
from include.office.acts import act
from include.periods import DAY
from include.post.drafts import await_approval, draft
from include.store import tables
from include.store.air_tables import enterprise
from include.store.engine import writing
from tests.desk.facts import NOW, SHIJIAZHUANG, YANGQUAN, Browser, add_alarm, archive_in, house_of, provenance
from tests.post.samples import add_cities, composition, facts, released

TODAY = NOW.date()


@pytest.fixture
def store(engine: Engine, tmp_path: Path) -> Engine:
    add_cities(engine)
    add_alarm(engine, "BJ-0001", "03-11 06:00")
    with writing(engine) as connection:
        for grid_id, name in (("T85711", "荫营镇"), ("T85712", "河底镇"), ("S100%", "百分号")):
            row = {
                "grid_id": grid_id,
                "unit_code": YANGQUAN,
                "county": "郊区",
                "name": name,
                "is_hot": True,
                "is_monitored": False,
                **provenance(),
            }
            connection.execute(insert(tables.grid).values(**row))
    released(engine, archive_in(tmp_path))
    return engine


@pytest.fixture
def browser(store: Engine, tmp_path: Path) -> Browser:
    return Browser(house_of(store, tmp_path))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("阳泉", [("unit", "阳泉市", "/cities/140300"), ("contact", "air@140300.example", "")]),
        ("140300", [("unit", "阳泉市", "/cities/140300")]),
        ("郊区", [("county", "郊区", "/cities/140300")]),
        ("t8571", [("grid", "T85711", "/grids/T85711"), ("grid", "T85712", "/grids/T85712")]),
        ("荫营", [("grid", "T85711", "/grids/T85711"), ("point", "荫营镇", "/grids/T85711")]),
        ("营镇", [("grid", "T85711", "/grids/T85711"), ("point", "荫营镇", "/grids/T85711")]),
        ("Ｔ85712", [("grid", "T85712", "/grids/T85712")]),
        ("bj-0001", [("alarm", "BJ-0001", "/alarms/BJ-0001")]),
        ("BJ-", [("alarm", "BJ-0001", "/alarms/BJ-0001")]),
        ("s100%", [("grid", "S100%", "/grids/S100%25")]),
        ("%", []),
        ("", []),
        ("查无此物", []),
    ],
)
def test_a_text_finds_what_it_names(
    store: Engine, tmp_path: Path, words: str, found: list[tuple[str, str, str]]
) -> None:
    hits = [(one.topic, one.title, one.path) for one in search(house_of(store, tmp_path), words, TODAY)]
    assert [one for one in hits if one[0] != "contact"] == [one for one in found if one[0] != "contact"]


def test_a_letter_is_found_by_its_number(browser: Browser, store: Engine, tmp_path: Path) -> None:
    number = browser.get("/letters/1").text.split("环气函")[0] and search(
        house_of(store, tmp_path), "2020〕", TODAY
    )
    assert [(one.topic, one.path) for one in number] == [("letter", "/letters/1")]


def test_a_letter_is_found_as_people_write_its_number(
    browser: Browser, store: Engine, tmp_path: Path
) -> None:
    (one,) = search(house_of(store, tmp_path), "〔2020〕", TODAY)
    for words in (
        one.title.replace("〔", "[").replace("〕", "]"),
        one.title.replace("〔", "［").replace("〕", "］"),
        "#1",
        "＃1",
    ):
        answer = browser.get("/search", params={"q": words})
        assert (answer.status_code, answer.headers.get("location")) == (303, "/desk/letters/1"), words
    assert browser.get("/search", params={"q": "#77"}).status_code == 200


def test_an_enterprise_is_found_by_its_number_and_told(browser: Browser, store: Engine) -> None:
    with writing(store) as connection:
        told = {"enterprise_id": "QY7", "name": "甲厂（北区）", "industry": "钢铁", "unit_code": YANGQUAN}
        place = {
            "source": "t",
            "county": "郊区",
            "lon": 113.6,
            "lat": 37.9,
            "is_simulated": False,
            "received_at": NOW,
        }
        connection.execute(insert(enterprise).values(**told, **place))
    for words in ("qy7", "甲厂(北区)", "甲厂（北区）"):
        page = browser.get("/search", params={"q": words})
        assert page.status_code == 200
        assert "甲厂（北区）" in page.text
        assert "QY7 钢铁" in page.text


@pytest.mark.parametrize("words", ["Yangquan", "yangquan", "ＹＡＮＧＱＵＡＮ"])
def test_a_name_of_the_english_desk_finds_its_unit_and_filters(browser: Browser, words: str) -> None:
    answer = browser.get("/search", params={"q": words})
    assert (answer.status_code, answer.headers.get("location")) == (303, "/desk/cities/140300")
    assert 'href="/desk/letters/1"' in browser.get("/letters", params={"unit": words}).text
    contacts = browser.get("/contacts", params={"region": words}).text
    assert contacts.count("@city.example") == contacts.count("140300@city.example") > 0


def test_a_misspelt_english_name_finds_what_is_written_much_the_same(browser: Browser) -> None:
    assert 'href="/desk/cities/140300"' in browser.get("/search", params={"q": "Yangqan"}).text


@pytest.mark.parametrize(("path", "field"), [("/letters", "unit"), ("/contacts", "region")])
def test_a_filter_takes_names_and_offers_what_is_written_much_the_same(
    browser: Browser, path: str, field: str
) -> None:
    page = browser.get(path, params={field: "阳全"})
    assert page.status_code == 200
    assert "最接近的" in page.text
    assert f'href="/desk{path}?{field}={quote("阳泉市")}"' in page.text
    for words in ("阳泉", "140300"):
        found = browser.get(path, params={field: words}).text
        assert "最接近的" not in found
        assert "阳泉市" in found


def test_what_stands_in_a_unit_is_found_after_its_name(browser: Browser) -> None:
    for words in ("阳泉市荫营", "阳泉荫营"):
        page = browser.get("/search", params={"q": words})
        assert page.status_code == 200
        assert 'href="/desk/grids/T85711"' in page.text
        assert "最接近的" not in page.text
    assert "T85711" not in browser.get("/search", params={"q": "石家庄市荫营"}).text


def test_what_is_left_off_is_counted_with_a_way_to_all(
    browser: Browser, store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "前" not in browser.get("/search", params={"q": "荫营"}).text.split('id="hits"')[1]
    monkeypatch.setattr("include.desk.search.MOST", 1)
    page = browser.get("/search", params={"q": "t8571"}).text
    assert "网格：前1件，共2件" in page
    page = browser.get("/search", params={"q": "@city.example"}).text
    assert "联系人：前1件，共" in page
    assert 'href="/desk/contacts?region=%40city.example"' in page
    assert browser.get("/contacts", params={"region": "@city.example"}).text.count("140300@city.example") == 2


def test_a_page_of_what_is_not_there_shows_a_row_once(browser: Browser) -> None:
    page = browser.get("/cities/泉")
    assert page.status_code == 404
    rows = re.findall('<li><span class="topic">.*?href="([^"]+)"', page.text)
    assert len(rows) == len(set(rows)) > 0


@pytest.mark.parametrize("words", ["环气函2020 4", "环气函〔2020〕4号", "2020-9"])
def test_a_number_that_is_nobodys_finds_those_next_to_it(browser: Browser, words: str) -> None:
    page = browser.get("/search", params={"q": words}).text
    assert "最接近的" in page
    assert 'href="/desk/letters/1"' in page.split('id="near"')[1]
    assert "/desk/cities/14" not in page


def test_an_address_is_found(store: Engine, tmp_path: Path) -> None:
    hits = search(house_of(store, tmp_path), "@", TODAY)
    assert {one.topic for one in hits} == {"contact"}
    assert hits[0].path.startswith("/contacts?region=")


def test_a_name_itself_leads_straight_to_its_page(browser: Browser) -> None:
    answer = browser.get("/search", params={"q": "t85711"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/grids/T85711")
    page = browser.get("/search", params={"q": "<b>"})
    assert page.status_code == 200
    assert "<b>" not in page.text.replace("<b>办", "")


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/grids/T85799", "/desk/grids/T85711"),
        ("/cities/140399", "/desk/cities/140300"),
        ("/letters/77", "/desk/letters/1"),
        ("/alarms/BJ-0009", "/desk/alarms/BJ-0001"),
    ],
)
def test_a_name_of_which_there_is_nothing_says_what_comes_nearest(
    browser: Browser, path: str, near: str
) -> None:
    page = browser.get(path)
    assert page.status_code == 404
    assert "最接近的" in page.text
    assert f'href="{near}"' in page.text


@pytest.mark.parametrize(
    ("words", "near"),
    [
        ("阳原市", "/cities/140300"),
        ("石家桩", "/cities/130100"),
        ("阳泉 没有的", "/cities/140300"),
        ("T85799", "/grids/T85711"),
    ],
)
def test_misspelt_words_find_what_is_written_much_the_same(browser: Browser, words: str, near: str) -> None:
    answer = browser.get("/search", params={"q": words})
    page = answer.text
    assert answer.status_code == 200
    assert ("最接近的" in page, f'href="/desk{near}"' in page) == (True, True)
    assert "没有找到" in browser.get("/search", params={"q": "Q"}).text


def test_another_case_leads_to_the_page(browser: Browser) -> None:
    answer = browser.get("/grids/t85711")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/grids/T85711")
    answer = browser.get("/alarms/bj-0001")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/alarms/BJ-0001")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_of_a_topic_that_has_more_the_whole_list_is_a_link_away(
    store: Engine, tmp_path: Path, language: str
) -> None:
    for number in range(20):
        add_alarm(store, f"MANY{number:02}", "03-11 06:00")
    browser = Browser(house_of(store, tmp_path), language=language)
    page = browser.get("/search", params={"q": "many"}).text
    assert page.count("/desk/alarms/MANY") == 12
    (link,) = re.findall(r'href="/desk(/search\?[^"]*topic=alarm[^"]*)"', page)
    whole = browser.get(html.unescape(link)).text
    assert whole.count("/desk/alarms/MANY") == 20
    assert "topic=alarm" not in whole
    assert browser.get("/search", params={"q": "many", "topic": "x"}).status_code == 422


def test_units_that_are_written_much_the_same(store: Engine, tmp_path: Path) -> None:
    assert nearest(house_of(store, tmp_path), "unit", "阳泉")[0].title == "阳泉市"
    assert nearest(house_of(store, tmp_path), "grid", "查无") == ()


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ({}, True),
        ({"unit": "阳泉"}, True),
        ({"unit": "石家庄"}, False),
        ({"unit": "140300"}, True),
        ({"kind": "notice"}, True),
        ({"kind": "summary"}, False),
        ({"standing": "queued"}, True),
        ({"standing": "sent"}, False),
        ({"first": "2020-03-12", "last": "2020-03-12"}, True),
        ({"first": "2020-03-13"}, False),
        ({"last": "2020-03-11"}, False),
        ({"number": "〔2020〕1"}, True),
        ({"number": "〔2020〕9"}, False),
        ({"unit": "%"}, False),
    ],
)
def test_letters_are_filtered_and_saved_alike(
    browser: Browser, query: dict[str, str], is_there: bool
) -> None:
    page = browser.get("/letters", params=query)
    assert ('href="/desk/letters/1"' in page.text) == is_there
    saved = browser.get("/letters.csv", params=query).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(saved)))
    assert [row["编号"] for row in rows] == (["1"] if is_there else [])


def test_many_letters_are_withheld_with_one_reason_and_what_cannot_be_says_why(
    browser: Browser, store: Engine, tmp_path: Path
) -> None:
    archive = archive_in(tmp_path)
    for day in (NOW.date(), NOW.date() + DAY):
        letter = facts(unit_code=SHIJIAZHUANG, day=day)
        draft(store, archive, letter, composition(), now=NOW, actor="run")
    page = browser.post(
        "/letters",
        {"letter": ["2", "3", "999"], "action": "withhold", "reason": "数据待核"},
    )
    assert page.status_code == 200
    assert "办成2封，未办成1封" in page.text
    assert '<a href="/desk/letters/999">#999</a>' in page.text
    states = [row["state"] for row in _letters(store)]
    assert states == ["released", "withheld", "withheld"]
    trail = browser.get("/audit.csv", params={"words": "数据待核"}).content.decode("utf-8-sig")
    assert {row["何人"] for row in csv.DictReader(io.StringIO(trail))} == {"duty"}


def _letters(store: Engine) -> list[dict[str, object]]:
    with store.connect() as connection:
        rows = connection.execute(tables.letter.select().order_by(tables.letter.c.letter_id)).mappings()
        return [dict(row) for row in rows]


def test_too_many_or_no_reason_is_refused(browser: Browser) -> None:
    many = {"letter": [str(one) for one in range(1, 120)], "action": "release", "reason": "好"}
    assert browser.post("/letters", many).status_code == 422
    assert browser.post("/letters", {"letter": ["1"], "action": "withhold", "reason": " "}).status_code == 422


def test_the_trail_is_filtered_by_person_subject_action_and_day(
    browser: Browser, store: Engine, tmp_path: Path
) -> None:
    act(house_of(store, tmp_path), "BJ-0001", "close", now=NOW, actor="王科长", reason="=点位已拆除")
    page = browser.get("/audit", params={"actor": "王科长"}).text
    assert "结案" in page
    assert "=点位已拆除" in page
    assert 'href="/desk/alarms/BJ-0001"' in page
    for query, count in (
        ({"actor": "王科长"}, 1),
        ({"subject": "alarm"}, 1),
        ({"action": "close"}, 1),
        ({"words": "拆除"}, 1),
        ({"first": "2020-03-12", "last": "2020-03-12", "subject": "alarm"}, 1),
        ({"first": "2020-03-13", "subject": "alarm"}, 0),
        ({"last": "2020-03-11", "subject": "alarm"}, 0),
        ({"actor": "无此人"}, 0),
    ):
        rows = list(
            csv.DictReader(io.StringIO(browser.get("/audit.csv", params=query).content.decode("utf-8-sig")))
        )
        assert len(rows) == count, query
        if rows:
            assert rows[0]["时间（北京时间）"] == "2020-03-12 08:30"
            assert rows[0]["原因"] == "'=点位已拆除"  # no formula in a spreadsheet


def test_the_trail_leads_to_its_letter(browser: Browser) -> None:
    page = browser.get("/audit", params={"action": "release"}).text
    assert 'href="/desk/letters/1"' in page
    assert "放行" in page


def test_the_search_field_is_on_every_page(browser: Browser, store: Engine, tmp_path: Path) -> None:
    number = draft(
        store, archive_in(tmp_path), facts(unit_code=SHIJIAZHUANG), composition(), now=NOW, actor="run"
    )
    await_approval(store, number.letter_id, now=NOW, actor="run", reason="等待签发")
    for path in ("/", "/letters", "/signing", "/audit", "/map", "/season", "/quarantine", "/contacts"):
        assert 'id="find"' in browser.get(path).text, path
