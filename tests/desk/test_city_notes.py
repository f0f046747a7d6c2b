"""Notes about a unit, who sees to its matter, its problems by category and its grids with several alarms."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.act import Act
from include.desk.cities import ProblemCount, city_page
from include.errors import InputError, StateError
from include.office.notes import Note, add_note, unit_notes
from tests.desk.facts import NOW, YANGQUAN, Browser, add_alarm, add_event, add_problem, house_of


def test_a_call_a_remark_and_who_sees_to_it(engine: Engine, tmp_path: Path) -> None:
    house = house_of(engine, tmp_path)
    add_note(house, YANGQUAN, "call", "李局长", Act(NOW, "duty", "答应当日反馈"))
    add_note(house, YANGQUAN, "assign", "王科长", Act(NOW, "duty", "由其跟进"))
    found = unit_notes(house, YANGQUAN)
    assert found.assignee == "王科长"
    assert found.notes == (
        Note(NOW, "duty", "assign", "王科长", "由其跟进"),
        Note(NOW, "duty", "call", "李局长", "答应当日反馈"),
    )
    add_note(house, YANGQUAN, "assign", "", Act(NOW, "duty", "不再指定"))
    assert unit_notes(house, YANGQUAN).assignee == ""


@pytest.mark.parametrize(
    ("unit", "kind", "whom", "words", "error"),
    [
        (YANGQUAN, "call", " ", "答应", InputError),
        (YANGQUAN, "note", "", "  ", InputError),
        (YANGQUAN, "shout", "", "好", InputError),
        ("000000", "note", "", "好", StateError),
    ],
)
def test_a_note_that_cannot_be_kept(
    engine: Engine, tmp_path: Path, unit: str, kind: str, whom: str, words: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        add_note(house_of(engine, tmp_path), unit, kind, whom, Act(NOW, "duty", words))


def test_the_page_keeps_a_note_escaped_and_in_the_trail(engine: Engine, tmp_path: Path) -> None:
    browser = Browser(house_of(engine, tmp_path))
    said = {"kind": "call", "whom": "<李>", "reason": "答应当日反馈"}
    answer = browser.post(f"/cities/{YANGQUAN}/notes", said)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/cities/140300#notes")
    page = browser.get(f"/cities/{YANGQUAN}").text
    assert "&lt;李&gt;　答应当日反馈" in page
    assert "<李>：答应当日反馈" in browser.get("/audit.csv", params={"subject": "unit"}).text
    refused = browser.post(f"/cities/{YANGQUAN}/notes", {**said, "whom": ""})
    assert (refused.status_code, "电话记录须写明与何人通话" in refused.text) == (409, True)
    assert browser.post("/cities/000000/notes", said).status_code == 404


def test_nobody_is_in_charge_only_where_that_is_said(engine: Engine, tmp_path: Path) -> None:
    house = house_of(engine, tmp_path)
    browser = Browser(house)
    named = {"kind": "assign", "whom": "王科长", "reason": "由其跟进"}
    assert browser.post(f"/cities/{YANGQUAN}/notes", named).status_code == 303
    refused = browser.post(f"/cities/{YANGQUAN}/notes", {**named, "whom": " "})
    assert (refused.status_code, "没有写明经办人" in refused.text) == (409, True)
    assert unit_notes(house, YANGQUAN).assignee == "王科长"
    done = browser.post(f"/cities/{YANGQUAN}/notes", {**named, "kind": "unassign"})
    assert (done.status_code, unit_notes(house, YANGQUAN).assignee) == (303, "")
    assert "取消经办人" in browser.get(f"/cities/{YANGQUAN}").text


def test_problems_by_category_and_grids_with_several_alarms(engine: Engine, tmp_path: Path) -> None:
    for name, pushed in (("A1", "03-09 06:00"), ("A2", "03-11 06:00")):
        add_alarm(engine, name, pushed)
    add_event(engine, "A1", "submitted", "03-09 09:00")
    add_problem(engine, "P1", "A1", "03-09 08:00")
    house = house_of(engine, tmp_path)
    found = city_page(house, YANGQUAN, NOW)
    assert found.categories == (ProblemCount("其他", 1, 0, 1),)
    assert [(one.grid_id, one.alarms, one.open_alarms) for one in found.repeats] == [("T85711", 2, 1)]
