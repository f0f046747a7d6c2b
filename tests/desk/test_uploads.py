"""A filled-in answer form handed in at the desk: looked at row by row, then taken, once, from the moment of its receipt."""

import base64
import re
from datetime import date, datetime, timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine, insert, select

from include.act import Act
from include.answer_form import layout as form
from include.answer_form.writing import answer_form
from include.errors import InputError, QianliyanError
from include.office.uploads import FormRow, HandedIn, look_at, shown_name, take_in
from include.store import tables
from include.store.engine import reading, writing
from tests.desk.facts import NOW, Browser, add_alarm, house_of
from tests.letters.samples import KEY, notice
from tests.post.samples import audit_rows

HEADERS = {column.key: column.header for column in form.COLUMNS}
FOUND = {
    "result": form.FOUND,
    "category": "扬尘（工地）",
    "description": "裸土未苫盖",
    "rectification": form.RECTIFYING,
    "rectify_by_date": date(2020, 3, 15),
    "unit": "长安区分局",
    "inspector": "李某",
    "answered_at": datetime.fromisoformat("2020-03-12T07:00"),
}
NOTHING = {
    "result": form.NOTHING_FOUND,
    "unit": "<script>alert(1)</script>",
    "inspector": "赵某",
    "answered_at": datetime.fromisoformat("2020-03-12T07:05"),
}


def named_letter(engine: Engine) -> None:
    """Two alarms of 11 March, 06:00, and the letter of KEY that names them."""
    for number in (1, 2):
        add_alarm(engine, f"A{number}", "03-11 06:00", unit_code="130100")
    told = {
        "kind": "notice",
        "addressee": "130100",
        "unit_code": "130100",
        "letter_key": KEY,
        "state": "released",
        "is_simulated": True,
        "revision": 1,
        "composed_at": NOW - timedelta(hours=3),
    }
    fillers: dict[type, Any] = {bool: False, str: "", int: 0, object: NOW, date: date(2020, 3, 12)}
    others = {
        column.name: fillers[column.type.python_type]
        for column in tables.letter.c
        if not column.nullable and not column.primary_key
    }
    with writing(engine) as connection:
        (letter_id,) = connection.execute(insert(tables.letter).values(others | told)).inserted_primary_key
        for number in (1, 2):
            named = {"letter_id": letter_id, "alarm_id": f"A{number}", "is_urged": False}
            connection.execute(insert(tables.letter_alarm).values(named))


@pytest.fixture
def store(engine: Engine) -> Engine:
    named_letter(engine)
    return engine


def filled(*rows: dict[str, Any]) -> bytes:
    """The letter's form with these rows filled in."""
    workbook = openpyxl.load_workbook(BytesIO(answer_form(notice(form=2), [])))
    sheet = workbook[form.FORM_SHEET]
    titles = [cell.value for cell in sheet[form.HEADER_ROW]]
    for place, values in enumerate(rows):
        for key, value in values.items():
            sheet.cell(form.FIRST_ROW + place, titles.index(HEADERS[key]) + 1, value)
    stream = BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def events(engine: Engine) -> list[tuple[str, str, datetime]]:
    told = tables.feedback_event.c
    with reading(engine) as connection:
        rows = connection.execute(select(told.alarm_id, told.event, told.event_at).order_by(told.alarm_id))
        return [(row[0], row[1], row[2]) for row in rows]


def row(line: int, alarm_id: str, **changes: Any) -> FormRow:
    values = {
        "event": "submitted",
        "problem": "",
        "who": "",
        "outcome": "new",
        "reason": "",
        "standing": "answered",
    }
    return FormRow(line, alarm_id, **{**values, **changes})


def test_looking_keeps_nothing_and_taking_does_what_was_shown(store: Engine, tmp_path: Path) -> None:
    house = house_of(store, tmp_path)
    file = HandedIn("回执.xlsx", filled(FOUND, {"result": form.NOTHING_FOUND, "unit": "某局"}))
    seen = look_at(house, file, NOW)
    first, second = form.FIRST_ROW, form.FIRST_ROW + 1
    assert (seen.unit_name, seen.received_at, seen.others, seen.inspected) == ("石家庄市", NOW, (), 0)
    assert seen.rows[0] == row(
        first,
        "A1",
        problem="扬尘（工地）　裸土未苫盖",
        who="长安区分局 李某",
        standing="late",
    )
    assert (seen.rows[1].line, seen.rows[1].outcome, "必填" in seen.rows[1].reason) == (
        second,
        "refused",
        True,
    )
    assert events(store) == []
    assert audit_rows(store, "letter") == []
    assert take_in(house, file, Act(NOW, "duty", "微信交来")) == seen
    assert events(store) == [("A1", "submitted", NOW)]
    assert audit_rows(store, "letter") == [(KEY, "take_form", None, None)]


def test_whether_it_is_in_time_follows_from_the_stated_receipt(store: Engine, tmp_path: Path) -> None:
    received_at = NOW - timedelta(hours=2, minutes=45)  # 05:45, a quarter of an hour before the deadline
    file = HandedIn(
        "回执.xlsx",
        filled(NOTHING | {"answered_at": datetime.fromisoformat("2020-03-12T05:00")}),
        received_at,
    )
    assert [one.standing for one in look_at(house_of(store, tmp_path), file, NOW).rows] == ["answered"]
    take_in(house_of(store, tmp_path), file, Act(NOW, "duty", "昨夜传真"))
    assert events(store) == [("A1", "submitted", received_at)]


def test_the_same_form_again_and_what_it_said_before(store: Engine, tmp_path: Path) -> None:
    house = house_of(store, tmp_path)
    content = filled(NOTHING)
    take_in(house, HandedIn("一.xlsx", content), Act(NOW, "duty", "微信"))
    with pytest.raises(QianliyanError, match="taken before"):
        take_in(house, HandedIn("二.xlsx", content), Act(NOW, "other", "微信"))
    more = look_at(house, HandedIn("三.xlsx", filled(NOTHING, NOTHING)), NOW)
    assert [(one.alarm_id, one.outcome) for one in more.rows] == [("A1", "known"), ("A2", "new")]


@pytest.mark.parametrize(
    ("content", "received_at", "words"),
    [
        (b"no workbook", None, "cannot be read"),
        (b"", None, "cannot be read"),
        (filled(), None, "nothing is filled in"),
        (filled(FOUND), NOW + timedelta(minutes=1), "later than now"),
        (filled(FOUND), NOW - timedelta(days=1), "before its letter"),
        (b"x" * 1_000_001, None, "too large"),
    ],
    ids=["text", "empty", "blank form", "future", "before the letter", "large"],
)
def test_what_cannot_be_taken_says_why_and_names_the_file(
    store: Engine, tmp_path: Path, content: bytes, received_at: datetime | None, words: str
) -> None:
    with pytest.raises(InputError, match=words) as refused:
        look_at(house_of(store, tmp_path), HandedIn("回执.xlsx", content, received_at), NOW)
    assert "qianliyan-" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("C:\\表\\回执.xlsx", "回执.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("", "form.xlsx"),
        ("a" * 300 + ".xlsx", "a" * 114 + "….xlsx"),
    ],
)
def test_a_file_name_is_only_a_name(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_the_page_shows_first_and_keeps_on_demand(store: Engine, tmp_path: Path) -> None:
    browser = Browser(house_of(store, tmp_path))
    file = {"file": ("<b>回执.xlsx", filled(FOUND, NOTHING))}
    seen = browser.post("/uploads", {"received": ""}, files=file)
    assert seen.status_code == 200
    assert "将记入2行，已有0行，不能采用0行；尚未存入。" in seen.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in seen.text
    assert "<script>alert" not in seen.text
    assert "<b>回执" not in seen.text
    content = re.search(r'name="content" value="([^"]+)"', seen.text)
    assert content is not None
    assert base64.urlsafe_b64decode(content[1]) == file["file"][1]
    kept = {"content": content[1], "name": "回执.xlsx", "received": "", "reason": "微信交来"}
    taken = browser.post("/uploads/take", kept)
    assert (taken.status_code, "记入2行，已有0行，不能采用0行。" in taken.text) == (200, True)
    again = browser.post("/uploads/take", kept)
    assert (again.status_code, "这份表格（内容相同）已经录入过" in again.text) == (409, True)


def test_a_page_that_was_changed_on_its_way_is_refused(store: Engine, tmp_path: Path) -> None:
    answer = Browser(house_of(store, tmp_path)).post(
        "/uploads/take", {"content": "***", "name": "x", "reason": "试"}
    )
    assert (answer.status_code, "不是本页送出的内容" in answer.text) == (409, True)


def test_a_reader_sees_no_form(store: Engine, tmp_path: Path) -> None:
    page = Browser(house_of(store, tmp_path), user="guest").get("/uploads").text
    assert "只读账号不能录入。" in page
    assert 'type="file"' not in page


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "zh-CN",
            (
                "选择“已排查，未发现问题”时必填：排查人；排查时间不是有效的时间：应如2020-03-13 08:30",
                "排查人：—；排查时间：昨天；排查结果：已排查，未发现问题；排查单位：某局；报警编号：A1",
            ),
        ),
        ("en", ("Inspected by (person): —; Inspected at: 昨天; ",)),
    ],
)
def test_every_fault_of_a_row_is_told_with_its_cell(
    store: Engine, tmp_path: Path, language: str, told: tuple[str, ...]
) -> None:
    browser = Browser(house_of(store, tmp_path), language=language)
    content = filled({"result": form.NOTHING_FOUND, "unit": "某局", "answered_at": "昨天"})
    page = unescape(browser.post("/uploads", files={"file": ("回执.xlsx", content)}).text)
    for words in told:
        assert words in page
    assert "2222" not in page


def test_what_intake_refuses_names_its_column_and_value(store: Engine, tmp_path: Path) -> None:
    browser = Browser(house_of(store, tmp_path))
    content = filled(NOTHING | {"answered_at": "2099-10-03 20:00"})
    page = browser.post("/uploads", files={"file": ("回执.xlsx", content)}).text
    assert "晚于收到的时间：反馈不可能发生在收到之后（排查时间：2099-10-03T20:00:00+08:00）" in page
