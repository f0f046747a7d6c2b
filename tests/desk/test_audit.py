"""The trail names what it is about as a person does, tells sign-offs of persons from what a rule released, and so does its table."""

import csv
import io
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.act import Act
from include.desk.audit import Filters, audit_rows
from include.periods import HOUR
from include.post.drafts import await_approval, draft
from include.post.release import release, withdraw
from tests.desk.facts import Browser, archive_in, house_of
from tests.post.samples import NOW, YANGQUAN, add_cities, composition, facts, outgoing, released, render


@pytest.fixture
def browser(engine: Engine, tmp_path: Path) -> Browser:
    """One letter that a rule released, one bulletin that a person signed, one that another signed at the desk from its draft."""
    archive = archive_in(tmp_path)
    add_cities(engine)
    released(engine, archive, actor="dag daily_dispatch", reason="时段新鲜，自动放行")
    for kind, who, waits in (("bulletin", "王处长", True), ("reminder", "李科长", False)):
        letter = facts(kind=kind)
        made = draft(engine, archive, letter, composition(), now=NOW, actor="dag half_monthly_bulletin")
        if waits:
            await_approval(engine, made.letter_id, now=NOW, actor="run", reason="等待签发")
        act = Act(NOW, who, f"{who}签发：数字已核")
        release(outgoing(engine, archive, None), made.letter_id, act, render=render, is_person=True)
    return Browser(house_of(engine, tmp_path))


def test_sign_offs_are_those_of_persons(browser: Browser) -> None:
    rows = audit_rows(browser.desk.open_house(), Filters(view="signed"), most=10).to_dict("records")
    assert [(row["actor"], row["kind"], row["addressee"]) for row in rows] == [
        ("李科长", "reminder", "阳泉市"),
        ("王处长", "bulletin", "阳泉市"),
    ]
    signed = audit_rows(browser.desk.open_house(), Filters(view="signed", kind="bulletin"), most=10)
    assert signed["actor"].tolist() == ["王处长"]
    page = browser.get("/audit?view=signed&kind=bulletin").text
    assert "王处长</td>" in page
    assert "李科长</td>" not in page
    assert "通报函 阳泉市" in page
    assert "自动放行</td>" not in page


def test_the_table_says_it_in_words(browser: Browser) -> None:
    text = browser.get("/audit.csv?subject=letter&action=release").text.removeprefix("\ufeff")
    first, *_, last = csv.DictReader(io.StringIO(text))
    assert (first["何人"], first["对象"], first["动作"], first["现状态"]) == (
        "李科长",
        "函件",
        "放行",
        "已放行",
    )
    assert (last["何人"], last["种类"], last["收件方"]) == ("日调度", "提示函", "阳泉市")


def test_a_unit_stands_by_its_name(browser: Browser) -> None:
    said = {"kind": "call", "whom": "李局长", "reason": "答应当日反馈"}
    browser.post(f"/cities/{YANGQUAN}/notes", said)
    page = browser.get("/audit?subject=unit").text
    assert f'<a href="/desk/cities/{YANGQUAN}" title="{YANGQUAN}">阳泉市</a>' in page
    assert "电话记录" in page


def test_a_past_act_names_the_number_that_its_letter_had_then(
    browser: Browser, engine: Engine, tmp_path: Path
) -> None:
    house = browser.desk.open_house()
    withdraw(outgoing(engine, archive_in(tmp_path), None), 1, Act(NOW + HOUR, "duty", "撤回"), render)
    act = Act(NOW + 2 * HOUR, "duty", "duty签发：无误")
    release(outgoing(engine, archive_in(tmp_path), None), 1, act, render=render, is_person=True)
    rows = audit_rows(house, Filters(subject="letter", kind="notice"), most=10).to_dict("records")
    numbers = [(row["action"], row["number"]) for row in rows if row["action"] in ("release", "withdraw")]
    (_, now_number), (_, then_number), (_, first_number) = numbers
    assert [action for action, _ in numbers] == ["release", "withdraw", "release"]
    assert then_number == first_number != now_number
    for number in (then_number, now_number):
        assert "提示函 阳泉市" in browser.get(f"/audit?words={number}").text
        assert "提示函" in browser.get(f"/letters?number={number}").text.split("<tbody>")[1]
