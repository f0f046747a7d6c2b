"""Hints of the public: read in within bounds, matched, moderated by a person, erased; no fact comes of them."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select

from include.errors import InputError, StateError
from include.office.hints import answer_text, count_hints, erase, hint_of, hints, settle
from include.periods import DAY
from include.rules import HINTS
from include.sources.hints import take_hints
from include.store import tables
from include.store.engine import reading, writing
from include.store.open_tables import hint
from tests.desk.facts import NOW, YANGQUAN, Browser, archive_in, house_of, provenance

HEADER = "hint_id,received_at,place,lon,lat,text,name,contact\n"


@pytest.fixture
def store(engine: Engine) -> Engine:
    cell = {"unit_code": YANGQUAN, "county": "郊区", "is_hot": True, "is_monitored": True, **provenance()}
    with writing(engine) as connection:
        connection.execute(
            insert(tables.grid),
            [
                {
                    "grid_id": "T1",
                    "name": "荫营镇",
                    "west": 113.5,
                    "south": 37.9,
                    "east": 113.54,
                    "north": 37.93,
                    **cell,
                },
                {
                    "grid_id": "T2",
                    "name": "河底镇",
                    "west": 113.54,
                    "south": 37.9,
                    "east": 113.58,
                    "north": 37.93,
                    **cell,
                },
            ],
        )
    return engine


def put(folder: Path, text: str, name: str = "hints.csv") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(HEADER + text, encoding="utf-8")
    return folder


def told(engine: Engine) -> list[tuple[object, ...]]:
    return [
        (row["hint_id"], row["grid_id"], row["unit_code"], row["match_how"], row["state"])
        for row in hints(engine)
    ]


def test_hints_are_matched_to_grids_by_point_or_name_and_the_file_is_gone(
    store: Engine, tmp_path: Path
) -> None:
    rows = (
        "a,2020-03-11T08:00,某处,113.55,37.91,冒黑烟,张三,13800000000\n"
        "b,2020-03-11T09:00,阳泉荫营镇北口,,,焚烧秸秆,,\n"
        "c,2020-03-11T10:00,阳泉某村,,,扬尘,,\n"
        "d,2020-03-11T11:00,不知道,,,异味,,\n"
    )
    done = take_hints(store, put(tmp_path / "in", rows), now=NOW)
    assert (done.taken, done.matched, done.known, done.refused) == (4, 2, 0, [])
    assert told(store) == [
        ("a", "T2", YANGQUAN, "point", "waiting"),
        ("b", "T1", YANGQUAN, "name", "waiting"),
        ("c", None, YANGQUAN, "none", "waiting"),
        ("d", None, None, "none", "waiting"),
    ]
    assert list((tmp_path / "in").iterdir()) == []
    with reading(store) as connection:
        for table in (tables.alarm, tables.feedback_event, tables.problem, tables.quarantine):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_what_is_unusable_or_too_much_is_named_without_its_words_and_stops_nothing(
    store: Engine, tmp_path: Path
) -> None:
    spam = "".join(f",2020-03-11T08:{n:02d},某处,,,内容{n}号,李四,138-0000 0001\n" for n in range(8))
    rows = "x,yesterday,某处,,,坏时间,,\ny,2020-03-12T09:00,某处,,,将来,,\nz,2020-03-11T08:00,,,,没有地点,,\n"
    again = ",2020-03-11T20:00,别处,,,内容 1号！,王五,\n"
    folder = put(tmp_path / "in", rows + spam + again)
    (folder / "hints_2.csv").write_bytes(b"\x00\x01\x02")
    done = take_hints(store, folder, now=NOW)
    assert (done.taken, done.known, len(done.refused)) == (HINTS.most_of_one_sender, 0, 3 + 3 + 1 + 1)
    assert not any(word in line for line in done.refused for word in ("李四", "内容", "坏时间"))
    assert sorted(path.name for path in folder.iterdir()) == ["hints_2.csv", "rejected"]
    (kept,) = (folder / "rejected").iterdir()
    assert len(kept.read_text(encoding="utf-8").splitlines()) == 1 + 7
    put(folder, spam)
    assert take_hints(store, folder, now=NOW).taken == 0


def test_what_was_not_taken_holds_no_formula(store: Engine, tmp_path: Path) -> None:
    folder = put(tmp_path / "in", "=1+1,yesterday,@x,-113.5,37.9,+cmd,-2+3,+8613800000000\n")
    assert len(take_hints(store, folder, now=NOW).refused) == 1
    (kept,) = (folder / "rejected").iterdir()
    (row,) = csv.DictReader(kept.read_text(encoding="utf-8").splitlines())
    assert [row[name] for name in HEADER.strip().split(",")] == [
        "'=1+1",
        "yesterday",
        "'@x",
        "-113.5",
        "37.9",
        "'+cmd",
        "'-2+3",
        "+8613800000000",
    ]


def test_another_hint_under_a_known_id_is_kept_and_nothing_is_lost(store: Engine, tmp_path: Path) -> None:
    first = "a,2020-03-11T08:00,某处,113.55,37.91,冒黑烟,张三,138\n"
    other = "a,2020-03-11T09:00,别处,,,扬尘,李四,139\n"
    elsewhere = "a,2020-03-11T08:00,别处,,,冒黑烟,张三,138\n"
    by_another = "b,2020-03-11T08:00,某处,113.55,37.91,冒黑烟,张三,139\n"
    folder = tmp_path / "in"
    done = take_hints(store, put(folder, first + other + elsewhere + by_another + first), now=NOW)
    assert (done.taken, done.known, len(done.refused)) == (2, 1, 2)
    assert all("同样的话已收过" in line for line in done.refused)
    (kept,) = (folder / "rejected").iterdir()
    assert [line.split(",")[0] for line in kept.read_text(encoding="utf-8").splitlines()] == [
        "line",
        "4",
        "5",
    ]
    own = sorted(row["hint_id"] for row in hints(store))
    assert own[0] == "a"
    assert own[1].startswith("a-h")
    again = take_hints(store, put(folder, first + other), now=NOW)
    assert (again.taken, again.known, again.refused) == (0, 2, [])
    settle(house_of(store, tmp_path), own[1], "spam", now=NOW, actor="duty")
    assert erase(store, archive_in(tmp_path), NOW + 31 * DAY) == 1
    assert take_hints(store, put(folder, first + other), now=NOW + 31 * DAY).known == 2


def test_a_list_that_ends_early_says_how_many_more_there_are(store: Engine, tmp_path: Path) -> None:
    rows = "".join(f",2020-03-11T08:00,某处,,,第{n}件事,,\n" for n in range(103))
    take_hints(store, put(tmp_path / "in", rows), now=NOW)
    assert (len(hints(store, limit=100)), count_hints(store), count_hints(store, ("spam",))) == (100, 103, 0)
    page = Browser(house_of(store, tmp_path)).get("/hints").text
    assert "只列出最早的100条，另有3条" in page


def test_a_day_has_a_limit(store: Engine, tmp_path: Path) -> None:
    rows = "".join(f",2020-03-11T08:00,某处,,,第{n}件事,,\n" for n in range(HINTS.most_a_day + 3))
    done = take_hints(store, put(tmp_path / "in", rows), now=NOW)
    assert (done.taken, len(done.refused)) == (HINTS.most_a_day, 3)


def test_a_person_moderates_answers_and_what_names_the_sender_is_erased(
    store: Engine, tmp_path: Path
) -> None:
    house = house_of(store, tmp_path)
    rows = "a,2020-03-11T08:00,某处,,,冒黑烟,张三,13800000000\nb,2020-03-11T08:00,别处,,,扬尘,,\n"
    take_hints(store, put(tmp_path / "in", rows), now=NOW)
    settle(house, "a", "checking", now=NOW, actor="duty", grid_id="T1")
    assert told(store)[0] == ("a", "T1", YANGQUAN, "person", "checking")
    words = answer_text(house, {**hint_of(store, "a"), "received_at": "3月11日"}, "confirmed")
    assert words.startswith("张三，您好：")
    assert "“某处”一事（3月11日收到）" in words
    assert "情况属实" in words
    settle(house, "a", "confirmed", now=NOW, actor="duty", answer=words)
    with pytest.raises(StateError, match="closed"):
        settle(house, "a", "spam", now=NOW, actor="duty")
    with pytest.raises(InputError, match="no such hint"):
        settle(house, "zz", "spam", now=NOW, actor="duty")
    with pytest.raises(InputError, match="no such grid"):
        settle(house, "b", "confirmed", now=NOW, actor="duty", grid_id="T9")
    assert erase(store, archive_in(tmp_path), NOW + 30 * DAY) == 0
    assert erase(store, archive_in(tmp_path), NOW + 30 * DAY + timedelta(minutes=1)) == 1
    with reading(store) as connection:
        everything = str(connection.execute(select(hint).where(hint.c.hint_id == "a")).one())
        everything += str(connection.execute(select(tables.audit)).all())
    assert not any(word in everything for word in ("张三", "1380", "某处", "黑烟", "您好"))
    assert take_hints(store, put(tmp_path / "in", rows), now=NOW + 31 * DAY).taken == 0


def test_the_desk_shows_hints_and_takes_what_a_person_decides(store: Engine, tmp_path: Path) -> None:
    rows = "a,2020-03-11T08:00,某处,113.55,37.91,<b>冒黑烟</b>,张三,13800000000\n"
    take_hints(store, put(tmp_path / "in", rows), now=NOW)
    browser = Browser(house_of(store, tmp_path))
    page = browser.get("/hints").text
    assert "&lt;b&gt;冒黑烟&lt;/b&gt;" in page
    assert "张三，您好" in page
    assert "Hints" in Browser(browser.desk.open_house(), language="en").get("/hints").text
    done = browser.post(
        "/hints", {"hint_id": "a", "outcome": "confirmed", "grid_id": "T1", "answer": "已处理"}
    )
    assert done.status_code == 303
    assert hints(store)[0]["state"] == "confirmed"
    assert browser.post("/hints", {"hint_id": "a", "outcome": "spam"}).status_code == 409
    assert "已处理" in browser.get("/hints?closed=true").text
