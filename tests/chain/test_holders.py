"""Who holds the tasks of an alarm where that changes by itself: a unit that ends has a successor, a leading unit's task is withdrawn."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from docx import Document
from sqlalchemy import Engine

from include.act import Act
from include.chain.clocks import clocks_of
from include.chain.values import Event, Move
from include.errors import StateError
from include.house import House
from include.letters.chain import asked_of, compose_chain
from include.office.chain import chain_at, take, withdraw_all
from include.office.chain_assessment import assessment_figures
from include.office.chain_assigning import assign_by_rules
from include.office.chain_letters import due_figures
from include.office.chain_lists import running_tasks
from include.office.units import close_unit
from include.periods import midnight
from include.profile.chain_values import AssignRule, ChainSettings
from include.profile.current import office, told_office, use, using
from include.rules import ChainRules
from include.sources.chain_holders import follow_successors
from include.sources.succession import take_over
from include.store.engine import writing
from include.store.offices import adopt_office
from include.store.successors import Successor
from include.supervision.figures import Issue
from tests.desk.facts import SHIJIAZHUANG, YANGQUAN, Browser, add_alarm, house_of

H = timedelta(hours=1)
START = midnight(date(2020, 3, 12)) + 9 * H
DAY = date(2020, 3, 13)
MORNING = midnight(DAY) + 9 * H
XIAN = "610100"
ISSUE = Issue("某局", "某人", "000", "", "环交〔2020〕1号", "2020年3月13日")
CHAIN = ChainSettings(replace(ChainRules(), spot_check_percent=0))


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Iterator[House]:
    for name in ("A1", "A2", "A3", "A4"):
        add_alarm(engine, name, "03-11 06:00")
    house = house_of(engine, tmp_path)
    with using(replace(office(), chain=CHAIN, letters={**office().letters, "task_sheet": "环交"})):
        yield house
    use(told_office())


def step(
    house: House, alarm_id: str, name: str, at: datetime, task_no: int = 1, **more: object
) -> Event | None:
    who = "李某" if name in ("acknowledge", "report", "rectify") else "王某"
    move = Move(name, at, at, who, task_no=0 if name in ("assign", "close") else task_no, **more)
    return take(house, alarm_id, move)


def end(house: House, heir: str = SHIJIAZHUANG, now: datetime = MORNING) -> None:
    """阳泉 ends on the 13th; what is its goes to another."""
    chain, letters = office().chain, office().letters
    with writing(house.engine, lock="intake") as connection:
        close_unit(connection, YANGQUAN, DAY, heir, Act(now, "王", "机构改革"))
    adopt_office(house.engine)
    use(replace(office(), chain=chain, letters=letters))


def holders(house: House, at: datetime) -> dict[tuple[str, int], tuple[str, str]]:
    rows = running_tasks(house, at)
    return {(one.alarm_id, one.task_no): (one.holder_code, one.role) for one in rows.itertuples()}


def test_running_tasks_follow_a_units_successor(house: House) -> None:
    """A1 waits for its 签收, A2 for its review, A3 for its rectification, A4 was written off."""
    for name in ("A1", "A2", "A3", "A4"):
        step(house, name, "assign", START, unit_code=YANGQUAN)
    for name, found in (("A2", False), ("A3", True), ("A4", False)):
        more = {"problem_found": found, "category": "工业企业" if found else "", "note": "见附图"}
        step(house, name, "report", START + H, unit_code=YANGQUAN, **more)
    for name in ("A3", "A4"):
        step(house, name, "pass", START + 2 * H)
    step(house, "A4", "write_off", START + 3 * H)
    before = {name: chain_at(house, name, MORNING)[1].tasks[0] for name in ("A1", "A2", "A3")}
    end(house)

    assert holders(house, midnight(DAY)) == {(name, 1): (YANGQUAN, "lead") for name in ("A1", "A2", "A3")}
    assert holders(house, MORNING) == {(name, 1): (SHIJIAZHUANG, "lead") for name in ("A1", "A2", "A3")}
    rows = running_tasks(house, MORNING)
    assert set(rows["holder_name"]) == {"石家庄市"}
    for name, was in before.items():
        events, chain = chain_at(house, name, MORNING)
        task = chain.tasks[0]
        assert (task.state, task.due_at, task.answer_due_at) == (was.state, was.due_at, was.answer_due_at)
        assert "阳泉市已撤销" in events[-1].note
        assert task.former == ((YANGQUAN, events[-1].event_at),)
        assert {one.holder_code for one in clocks_of(events) if one.taken_at is None} <= {SHIJIAZHUANG}

    page = Browser(house, now=MORNING).get("/chain/A1").text
    assert "变更承办　石家庄市（主办）" in page
    assert "阳泉市" in page

    note = {"problem_found": False, "note": "无"}
    with pytest.raises(
        StateError, match=f"that step is the holder's; expected {SHIJIAZHUANG}; got {YANGQUAN}"
    ):
        step(house, "A1", "report", MORNING, unit_code=YANGQUAN, **note)
    late = Move("report", MORNING, START + 5 * H, "李某", unit_code=YANGQUAN, task_no=1, **note)
    assert take(house, "A2", replace(late, note="补报")) is not None  # it reached us while 阳泉 still held it
    assert step(house, "A1", "report", MORNING, unit_code=SHIJIAZHUANG, **note) is not None
    assert step(house, "A3", "rectify", MORNING, unit_code=SHIJIAZHUANG) is not None

    told = [one for one in due_figures(house, MORNING + H) if one.unit_code == SHIJIAZHUANG]
    cases = {case.alarm_id: case for one in told for case in one.cases}
    assert {
        name: (one.handed_from, one.acknowledge_by, one.report_by, one.rectify_by, one.with_office)
        for name, one in cases.items()
    } == {
        "A1": ("阳泉市", before["A1"].due_at, before["A1"].answer_due_at, None, ""),
        "A2": ("阳泉市", None, None, None, "review"),
        "A3": ("阳泉市", None, None, before["A3"].due_at, ""),
    }
    letter = compose_chain(told[0], ISSUE)
    document = Document(io.BytesIO(letter.file("docx").content))
    text = "\n".join(one.text for one in document.paragraphs)
    for said in (text, letter.file("text").content.decode()):
        assert "请于2020年3月12日11时前签收其中1件" in said
        assert "核查属实待整改的1件，请于" in said
        assert "1件正待我单位审核、验收或销号" in said
    asked = asked_of(told[0])
    assert asked is not None
    assert [one.alarm_id for one in asked.form] == ["A1", "A3"]
    figures = assessment_figures(house, date(2020, 3, 1), MORNING + 100 * H)
    assert [
        (one.unit_name, one.tasks, one.report_due, one.report_on_time, one.written_off)
        for one in figures.rows
    ] == [
        ("石家庄市", 3, 1, 1, 0),  # A1 was reported at its deadline
        ("阳泉市", 1, 3, 3, 1),
    ]


def test_what_was_acknowledged_before_a_hand_over_is_not_asked_for_again(house: House) -> None:
    step(house, "A1", "assign", START, unit_code=YANGQUAN)
    step(house, "A1", "acknowledge", START + H, unit_code=YANGQUAN)
    step(house, "A2", "assign", START, unit_code=YANGQUAN)
    step(house, "A2", "report", START + H, unit_code=YANGQUAN, problem_found=False, note="无")
    end(house)
    (told,) = (one for one in due_figures(house, MORNING + H) if one.unit_code == SHIJIAZHUANG)
    alone = {
        case.alarm_id: compose_chain(replace(told, cases=(case,)), replace(ISSUE, reply_link="https://f.x/1"))
        for case in told.cases
    }
    text = {name: one.file("text").content.decode() for name, one in alone.items()}
    assert "请于2020年3月13日9时前上报核查情况。" in text["A1"]
    assert "https://f.x/1" in text["A1"]
    assert "待我单位审核" in text["A2"]
    assert "https://f.x/1" not in text["A2"]
    assert "反馈表" not in alone["A2"].file("xlsx").file_name
    for name, one in alone.items():
        document = Document(io.BytesIO(one.file("docx").content))
        said = text[name] + "\n".join(each.text for each in document.paragraphs)
        assert "签收" not in said
        assert ("填入所附反馈表" in said) == (name == "A1")


def test_what_the_unit_before_rectified_is_told_and_counted_as_its_own(house: House) -> None:
    report = {"unit_code": YANGQUAN, "problem_found": True, "category": "工业企业", "note": "未苫盖"}
    for name in ("A1", "A2"):
        step(house, name, "assign", START, unit_code=YANGQUAN)
        step(house, name, "report", START + H, **report)
    step(house, "A1", "pass", START + 2 * H)
    step(house, "A1", "rectify", START + 3 * H, unit_code=YANGQUAN)
    end(house)
    step(house, "A1", "fail", MORNING + H, note="仍未苫盖")
    step(house, "A2", "return", MORNING + H, note="照片不清")
    words = {**office().letters, "site_sheet": "环验", "return_sheet": "环退"}
    with using(replace(office(), letters=words)):
        told = {one.kind: one for one in due_figures(house, MORNING + 2 * H)}
    for kind, said in (
        ("site_sheet", "对原承办单位阳泉市上报整改完成的1件进行了现场验收"),
        ("return_sheet", "原承办单位阳泉市上报的1件热点网格报警核查情况经审核退回"),
    ):
        assert told[kind].unit_code == SHIJIAZHUANG
        document = Document(io.BytesIO(compose_chain(told[kind], ISSUE).file("docx").content))
        assert said in "\n".join(one.text for one in document.paragraphs)
        assert "石家庄市（主办）；原由阳泉市承办" in [row.cells[1].text for row in document.tables[0].rows]
    figures = assessment_figures(house, date(2020, 3, 1), MORNING + 2 * H)
    assert [(one.unit_name, one.tasks, one.returned, one.failed) for one in figures.rows] == [
        ("石家庄市", 2, 0, 0),
        ("阳泉市", 0, 1, 1),
    ]
    step(house, "A1", "rectify", MORNING + 3 * H, unit_code=SHIJIAZHUANG)
    step(house, "A1", "fail", MORNING + 4 * H, note="仍未苫盖")
    figures = assessment_figures(house, date(2020, 3, 1), MORNING + 5 * H)
    assert [(one.unit_name, one.failed) for one in figures.rows] == [("石家庄市", 1), ("阳泉市", 1)]


def test_a_successor_that_is_named_anew_or_begins_later_is_followed_too(house: House) -> None:
    step(house, "A1", "assign", START, unit_code=YANGQUAN)
    end(house, now=START + H)  # told on the day before
    assert holders(house, START + H) == {("A1", 1): (YANGQUAN, "lead")}
    with writing(house.engine, lock="intake") as connection:
        assert follow_successors(connection, START + 2 * H) == 0
        assert follow_successors(connection, MORNING) == 1
        assert follow_successors(connection, MORNING) == 0
    assert holders(house, MORNING) == {("A1", 1): (SHIJIAZHUANG, "lead")}
    with writing(house.engine, lock="intake") as connection:
        take_over(connection, YANGQUAN, Successor(XIAN, DAY), "", Act(MORNING + H, "王", "指定有误"))
    assert holders(house, MORNING + 2 * H) == {("A1", 1): (XIAN, "lead")}


def test_a_successor_that_holds_the_alarm_itself_owes_one_report_and_leads(house: House) -> None:
    for unit_code in (YANGQUAN, SHIJIAZHUANG):
        step(house, "A1", "assign", START, unit_code=unit_code)
        step(house, "A2", "assign", START, unit_code=unit_code)
    step(house, "A2", "report", START + H, unit_code=YANGQUAN, problem_found=False, note="无")
    end(house)
    assert holders(house, MORNING) == {
        ("A1", 2): (SHIJIAZHUANG, "lead"),
        ("A2", 1): (SHIJIAZHUANG, "lead"),  # its report waits for the review
        ("A2", 2): (SHIJIAZHUANG, "joint"),
    }
    chain = chain_at(house, "A2", MORNING)[1]
    task = chain.task_of(SHIJIAZHUANG, MORNING)
    assert task is not None
    assert task.task_no == 2
    assert chain.task_of(YANGQUAN, MORNING) is None


def test_a_rule_that_names_a_unit_of_before_hands_on_to_its_successor(house: House) -> None:
    end(house)
    rule = AssignRule(lead=YANGQUAN, joint=(SHIJIAZHUANG, XIAN))
    with using(replace(office(), chain=replace(CHAIN, assign=(rule,)))):
        done, troubles = assign_by_rules(house, ["A1"], Act(MORNING, "run"))
    assert ([(one.unit_code, one.role) for one in done], troubles) == (
        [(SHIJIAZHUANG, "lead"), (XIAN, "joint")],
        [],
    )


def test_where_the_leading_units_task_is_withdrawn_the_first_of_the_others_leads(house: House) -> None:
    for unit_code in (YANGQUAN, SHIJIAZHUANG, XIAN):
        step(house, "A1", "assign", START, unit_code=unit_code)
    step(house, "A1", "withdraw", START + H, 2, note="交错")
    assert holders(house, START + H) == {("A1", 1): (YANGQUAN, "lead"), ("A1", 3): (XIAN, "joint")}
    step(house, "A1", "withdraw", START + 2 * H, 1, note="改由西安主办")
    events, chain = chain_at(house, "A1", START + 2 * H)
    assert [(one.event, one.task_no, one.role) for one in events[-2:]] == [
        ("withdrawn", 1, "lead"),
        ("handed_over", 3, "lead"),
    ]
    assert holders(house, START + 2 * H) == {("A1", 3): (XIAN, "lead")}
    assert holders(house, START + H) == {("A1", 1): (YANGQUAN, "lead"), ("A1", 3): (XIAN, "joint")}
    joint = step(house, "A1", "assign", START + 3 * H, unit_code=SHIJIAZHUANG, role="joint")
    assert joint is not None
    assert joint.role == "joint"
    (case,) = [
        case
        for one in due_figures(house, START + 5 * H)
        if one.unit_code == XIAN
        for case in one.cases
        if case.role == "lead"
    ]
    assert (case.handed_from, case.acknowledge_by) == ("", chain.tasks[2].due_at)


def test_an_alarm_that_is_none_is_taken_back_without_anybody_leading_on(house: House) -> None:
    for unit_code in (YANGQUAN, SHIJIAZHUANG):
        step(house, "A1", "assign", START, unit_code=unit_code)
    with writing(house.engine, lock="intake") as connection:
        withdraw_all(connection, "A1", Act(START + H, "王某", "误报"))
    events, chain = chain_at(house, "A1", START + H)
    assert [one.event for one in events] == ["assigned", "assigned", "withdrawn", "withdrawn"]
    assert chain.running == ()


def test_a_report_that_is_told_again_word_by_word_is_the_same_fact(house: House) -> None:
    step(house, "A1", "assign", START, unit_code=YANGQUAN)
    told = {"unit_code": YANGQUAN, "problem_found": True, "category": "工业企业", "note": "未苫盖 "}
    assert step(house, "A1", "report", START + H, **told) is not None
    assert step(house, "A1", "report", START + H, **told) is None
    assert step(house, "A1", "report", START + 2 * H, **{**told, "note": " 未苫盖"}) is None
    assert step(house, "A1", "report", START + 2 * H, **{**told, "note": "已苫盖"}) is not None
    step(house, "A1", "return", START + 3 * H, note="补照片")
    assert step(house, "A1", "report", START + 4 * H, **{**told, "note": "已苫盖"}) is not None
    assert [one.event for one in chain_at(house, "A1", START + 5 * H)[0]] == [
        "assigned",
        "reported",
        "reported",
        "returned",
        "reported",
    ]
