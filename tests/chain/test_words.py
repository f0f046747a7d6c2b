"""What units say by form, page, folder and platform of an alarm that this office hands on itself: a report that waits for its review."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from include.act import Act
from include.answer_form import layout as form
from include.chain.values import Move
from include.field.reports import Answer
from include.house import House
from include.office.chain import chain_at, take
from include.office.feedback import feedback_table
from include.office.field_answers import store_answer
from include.office.uploads import HandedIn, look_at, take_in
from include.periods import custom_period
from include.profile.chain_values import ChainSettings
from include.profile.current import office, using
from include.rules import ChainRules
from include.sources import quarantine
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.store import tables
from include.store.engine import reading, writing
from tests.desk.facts import NOW, house_of
from tests.desk.test_uploads import FOUND, NOTHING, filled, named_letter

HOUR = timedelta(hours=1)
UNIT, OTHER = "130100", "140300"
CHAIN = ChainSettings(replace(ChainRules(), spot_check_percent=0))


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Iterator[House]:
    """A1 and A2 of 石家庄 in an office with a chain, and the letter that names both."""
    named_letter(engine)
    house = house_of(engine, tmp_path)
    with using(replace(office(), chain=CHAIN)):
        yield house


def assigned(house: House, *units: str, alarm_id: str = "A1") -> None:
    for unit in units:
        take(house, alarm_id, Move("assign", NOW - HOUR, NOW - HOUR, "duty", unit_code=unit))


def step(
    house: House, name: str, hours: float = 0, task_no: int = 1, alarm_id: str = "A1", **more: Any
) -> None:
    at = NOW + hours * HOUR
    take(house, alarm_id, Move(name, at, at, "王某", task_no=task_no, **more))


def handed_in(house: House, *rows: dict[str, Any], hours: float = 0, reason: str = "传真"):
    """A form of 石家庄 taken at the desk so many hours after NOW."""
    file = HandedIn("form.xlsx", filled(*rows), NOW + hours * HOUR)
    return take_in(house, file, Act(NOW + hours * HOUR, "录入员", reason))


def facts(house: House) -> list[tuple[str, str, datetime]]:
    own = tables.feedback_event.c
    with reading(house.engine) as connection:
        rows = connection.execute(
            select(own.alarm_id, own.event, own.event_at).order_by(own.event_at, own.event)
        )
        return [tuple(row) for row in rows]


def problems(house: House) -> list[tuple[Any, ...]]:
    """What is known of problems, each as told last."""
    own = tables.problem.c
    columns = (own.problem_id, own.category, own.status, own.rectified_at)
    with reading(house.engine) as connection:
        rows = connection.execute(select(*columns).order_by(own.problem_id, own.revision))
        return list({row[0]: tuple(row) for row in rows}.values())


def states(house: House, alarm_id: str = "A1", hours: float = 99) -> list[tuple[str, str]]:
    _, chain = chain_at(house, alarm_id, NOW + hours * HOUR)
    return [(one.holder_code, one.state) for one in chain.tasks]


def in_quarantine(house: House) -> list[tuple[str, str]]:
    with reading(house.engine) as connection:
        return [(one.kind, one.reason) for one in quarantine.list_rows(connection)][::-1]


def test_a_form_is_a_report_that_waits_for_its_review(house: House) -> None:
    assigned(house, UNIT)
    done = handed_in(house, FOUND)
    assert [(one.outcome, one.standing, one.task_state) for one in done.rows] == [
        ("new", "overdue", "reported")
    ]
    assert [event for _, event, _ in facts(house)] == ["acknowledged"]
    assert problems(house) == []
    events, _ = chain_at(house, "A1", NOW)
    report = events[-1]
    assert (report.event, report.person, report.unit_code, report.receipt_at, report.category) == (
        "reported",
        "李某",
        UNIT,
        NOW,
        "扬尘（工地）",
    )
    assert report.inspected_at == datetime.fromisoformat("2020-03-12T07:00+08:00")
    step(house, "pass", 1)
    assert facts(house)[-1] == ("A1", "submitted", NOW + HOUR)
    assert problems(house) == [("A1-C1", "扬尘（工地）", "整改中", None)]


def test_nothing_of_it_is_answered_before_the_review_as_of_any_moment(house: House) -> None:
    assigned(house, UNIT)
    handed_in(house, NOTHING)
    step(house, "pass", 3)
    assert [_answered(house, hours) for hours in (0, 2.9, 3)] == [0, 0, 1]


def _answered(house: House, hours: float) -> int:
    day = NOW.date()
    period = custom_period(day - timedelta(days=2), day + timedelta(days=1), NOW + hours * HOUR)
    return int(feedback_table(house.engine, period).set_index("unit_code").loc[UNIT]["answered"])


def test_said_again_it_is_no_second_step_and_after_a_return_it_is(house: House) -> None:
    assigned(house, UNIT)
    handed_in(house, NOTHING)
    again = handed_in(house, NOTHING, FOUND, hours=1)
    assert [one.outcome for one in again.rows] == ["known", "new"]
    assert [len(chain_at(house, one, NOW + HOUR)[0]) for one in ("A1", "A2")] == [2, 2]
    step(house, "return", 2, note="照片不清")
    handed_in(
        house, NOTHING, FOUND | {"inspector": "钱某"}, hours=3, reason="重报"
    )  # another file than before
    assert [(one, states(house, one)[0][1]) for one in ("A1", "A2")] == [
        ("A1", "reported"),
        ("A2", "reported"),
    ]
    assert [one.event for one in chain_at(house, "A1", NOW + 9 * HOUR)[0]] == [
        "assigned",
        "reported",
        "returned",
        "reported",
    ]


def test_an_alarm_answered_before_anybody_was_handed_it(house: House) -> None:
    handed_in(house, NOTHING)
    events, _ = chain_at(house, "A1", NOW)
    assert [(one.event, one.unit_code, one.note) for one in events] == [
        ("assigned", UNIT, "单位先行上报，视同交办"),
        ("reported", UNIT, "未发现问题"),
    ]
    assert [event for _, event, _ in facts(house)] == ["acknowledged"]


def test_joint_holders_report_each_their_own(house: House) -> None:
    assigned(house, UNIT, OTHER)
    handed_in(house, FOUND)
    assert states(house) == [(UNIT, "reported"), (OTHER, "assigned")]
    step(house, "pass", 1)
    assert _answered(house, 2) == 0
    say_by_page(house, "clear", OTHER, 2)
    assert states(house) == [(UNIT, "passed"), (OTHER, "reported")]
    step(house, "pass", 3, 2)
    assert (_answered(house, 2.9), _answered(house, 3)) == (0, 1)


def test_a_unit_that_does_not_hold_the_alarm_says_nothing_of_it(house: House) -> None:
    assigned(house, OTHER)
    done = handed_in(house, NOTHING)
    reason = "该报警交办给阳泉市，不是该单位（报警编号：A1）"
    assert [(one.outcome, one.reason) for one in done.rows] == [("refused", reason)]
    assert in_quarantine(house) == [("feedback", "该报警交办给阳泉市，不是该单位")]
    assigned(house, UNIT)
    assert replayed(house) == {}
    assert states(house) == [(OTHER, "assigned"), (UNIT, "reported")]


def replayed(house: House, hours: float = 1) -> dict[int, str]:
    with reading(house.engine) as connection:
        numbers = [one.quarantine_id for one in quarantine.list_rows(connection)]
    return quarantine.replay(house.engine, numbers, by="王某", now=NOW + hours * HOUR)


def test_what_comes_after_the_review_waits_for_a_person(house: House) -> None:
    assigned(house, UNIT)
    handed_in(house, NOTHING)
    step(house, "pass", 1)
    done = handed_in(house, FOUND, hours=2)
    reason = "该交办件已验收待销号，不再采用新的反馈；需要改报的，由本单位退回后重报"
    assert [(one.outcome, one.reason) for one in done.rows] == [("refused", f"{reason}（报警编号：A1）")]
    assert in_quarantine(house) == [("feedback", reason), ("problems", reason)]
    step(house, "return", 3, note="请改报")
    assert replayed(house, 4) == {}
    assert states(house) == [(UNIT, "reported")]
    assert (
        chain_at(house, "A1", NOW + 5 * HOUR)[0][-1].receipt_at == NOW + 2 * HOUR
    )  # when it came, not when it was taken


def test_what_was_rectified_on_the_spot_waits_for_its_acceptance(house: House) -> None:
    assigned(house, UNIT)
    mended = {"rectification": form.RECTIFIED, "rectified_date": date(2020, 3, 12), "rectify_by_date": None}
    handed_in(house, FOUND | mended)
    step(house, "pass", 1)
    assert states(house) == [(UNIT, "rectified")]
    assert problems(house) == [("A1-C1", "扬尘（工地）", "整改中", None)]
    step(house, "accept", 2)
    assert problems(house) == [("A1-C1", "扬尘（工地）", "已验收", NOW)]


def test_a_form_that_says_that_all_is_rectified_is_the_rectification(house: House) -> None:
    assigned(house, UNIT)
    handed_in(house, FOUND)
    step(house, "pass", 1)
    mended = {"rectification": form.RECTIFIED, "rectified_date": date(2020, 3, 12), "rectify_by_date": None}
    handed_in(house, FOUND | mended, hours=5)
    assert states(house) == [(UNIT, "rectified")]
    handed_in(house, FOUND | mended, FOUND, hours=6)  # with another row filled in
    assert [one.event for one in chain_at(house, "A1", NOW + 9 * HOUR)[0]] == [
        "assigned",
        "reported",
        "passed",
        "rectified",
    ]


def say_by_page(house: House, name: str, unit: str, hours: float, **more: Any) -> bool:
    values: dict[str, Any] = {
        "report_id": f"{int(hours * 10) + 1:x}".ljust(32, "0"),
        "word": "w" * 26,
        "letter_key": "k",
        "unit_code": unit,
        "device_id": "d" * 32,
        "received_at": NOW + hours * HOUR,
        "alarm_id": "A1",
        "step": name,
        "inspector": "孙某",
        "unit": "某局",
    }
    answer = Answer.model_construct(**{**Answer.model_construct().__dict__, **values, **more})
    with writing(house.engine, lock="intake") as connection:
        return store_answer(connection, answer, "孙某", NOW + (hours + 1) * HOUR, is_simulated=False)


def test_the_phone_page_acknowledges_and_reports_with_all_its_problems(house: House) -> None:
    assigned(house, UNIT)
    assert say_by_page(house, "arrived", UNIT, 0)
    assert states(house) == [(UNIT, "acknowledged")]
    found = {
        "category": "扬尘（工地）",
        "description": "裸土",
        "rectification": "rectifying",
        "rectify_by": date(2020, 3, 20),
    }
    assert say_by_page(house, "found", UNIT, 1, **found)
    assert say_by_page(house, "found", UNIT, 2, **found | {"category": "餐饮油烟", "description": "无净化"})
    assert not say_by_page(house, "clear", OTHER, 3)
    step(house, "pass", 4)
    assert [one[1] for one in problems(house)] == ["扬尘（工地）", "餐饮油烟"]


def test_a_drop_folder_of_a_unit_and_whose_word_it_is(house: House, tmp_path: Path) -> None:
    assigned(house, UNIT, OTHER)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    header = "alarm_id,event,event_at,unit,inspector,problem_found,note\n"
    rows = "A1,submitted,2020-03-12T08:00,阳泉市,周某,false,无异常\nA1,submitted,2020-03-12T08:00:01,某队,郑某,false,无异常\n"
    (inbox / "feedback.csv").write_text(header + rows)
    came_at = (NOW + HOUR).timestamp()
    os.utime(inbox / "feedback.csv", (came_at, came_at))
    source = SourceConfig("drop", "inbox", str(inbox))
    pull(house.engine, source, NOW, NOW, now=NOW + 2 * HOUR)
    assert states(house) == [(UNIT, "assigned"), (OTHER, "reported")]
    assert in_quarantine(house) == [
        ("feedback", "该报警由石家庄市、阳泉市共同承办，须写明是其中哪个单位的反馈")
    ]


def test_looking_at_a_form_takes_no_step(house: House) -> None:
    assigned(house, UNIT)
    found = look_at(house, HandedIn("form.xlsx", filled(NOTHING), NOW), NOW)
    assert [(one.outcome, one.task_state) for one in found.rows] == [("new", "reported")]
    assert states(house) == [(UNIT, "assigned")]


def test_an_office_without_a_chain_takes_answers_as_ever(engine: Engine, tmp_path: Path) -> None:
    named_letter(engine)
    house = house_of(engine, tmp_path)
    handed_in(house, NOTHING)
    assert [(alarm_id, event) for alarm_id, event, _ in facts(house)] == [("A1", "submitted")]
