"""交办单, 反馈单 and 现场验收单: from the steps of a chain to mails with a number, each once."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from sqlalchemy import Engine, insert, select

from include.act import Act
from include.chain.values import Move
from include.house import House
from include.letters.chain import compose_chain
from include.office.chain import take
from include.office.chain_letters import chain_letters, due_figures
from include.office.uploads import HandedIn, take_in
from include.office.waiting import waiting
from include.profile.chain_values import ChainSettings, Duty
from include.profile.current import office, using
from include.rules import ChainRules
from include.simulator.mail_answers import filled_in, nothing_found
from include.store import tables
from include.store.engine import reading, writing
from include.supervision.figures import Issue
from tests.desk.facts import NOW, SHIJIAZHUANG, YANGQUAN, add_alarm, house_of, provenance

MINUTE = timedelta(minutes=1)
WORDS = {
    "task_sheet": "环交",
    "report_sheet": "环馈",
    "return_sheet": "环退",
    "site_sheet": "环验",
    "escalation": "环提",
}
ISSUE = Issue("某局", "某人", "000", "", "环交〔2020〕1号", "2020年3月12日")


@pytest.fixture
def chained(engine: Engine, tmp_path: Path) -> Iterator[House]:
    add_alarm(engine, "A1", "03-12 06:00", point_name="荫营<镇>")
    house = house_of(engine, tmp_path)
    with writing(engine) as connection:
        contact = {"region_code": YANGQUAN, "role": "to", "name": "局", "address": "a@example.org"}
        for more in ({}, {"region_code": office().own_unit, "role": "leader", "address": "l@example.org"}):
            row = {**contact, **more, "valid_from": NOW.date(), **provenance()}
            connection.execute(insert(tables.contact), row)
    chain = ChainSettings(replace(ChainRules(), spot_check_percent=0))
    letters = {**office().letters, **WORDS}
    with using(replace(office(), chain=chain, letters=letters)):
        yield replace(
            house, office=replace(house.office, number_words={**house.office.number_words, **WORDS})
        )


def walk(house: House) -> None:
    """Assigned at 0, reported at 1 and passed at 2, rectified at 3, accepted at 4 hours."""
    report = {"problem_found": True, "category": "工业企业", "note": "=未苫盖", "unit_code": YANGQUAN}
    steps = (
        ("assign", 0, {"unit_code": YANGQUAN}),
        ("report", 1, {**report, "person": "李某"}),
        ("pass", 2, {"actor": "王某"}),
        ("rectify", 3, {"unit_code": YANGQUAN, "note": "已苫盖"}),
        ("accept", 4, {"actor": "王某"}),
    )
    for name, hours, more in steps:
        at = NOW + timedelta(hours=hours)
        take(
            house,
            "A1",
            Move(name, at, at, **{"actor": "duty", "task_no": 0 if name == "assign" else 1, **more}),
        )


def test_each_letter_leaves_once_with_a_number(chained: House) -> None:
    walk(chained)
    now = NOW + timedelta(hours=5)
    assert chain_letters(chained, NOW, "run") == {"letters": 0}  # its minute is not over
    assert chain_letters(chained, now, "run") == {"letters": 3}
    assert chain_letters(chained, now, "run") == {"letters": 0}
    columns = tables.letter.c
    asked = select(columns.kind, columns.addressee, columns.state, columns.number).order_by(columns.start_at)
    with reading(chained.engine) as connection:
        rows = [tuple(row) for row in connection.execute(asked)]
    assert rows == [
        ("task_sheet", YANGQUAN, "released", "环交〔2020〕1号"),
        ("report_sheet", "leader", "released", "环馈〔2020〕1号"),
        ("site_sheet", YANGQUAN, "released", "环验〔2020〕1号"),
    ]


def test_what_they_say(chained: House) -> None:
    walk(chained)
    first, second, third = sorted(
        due_figures(chained, NOW + timedelta(hours=5)), key=lambda one: one.period.as_of
    )
    letter = compose_chain(first, ISSUE)
    assert letter.subject == "热点网格报警交办单（阳泉市，1件）"
    document = Document(io.BytesIO(letter.file("docx").content))
    text = "\n".join(one.text for one in document.paragraphs)
    assert "现将1件热点网格报警交你市办理" in text
    assert "请于2020年3月12日10时30分前签收" in text
    cells = {row.cells[0].text: row.cells[1].text for row in document.tables[0].rows}
    assert cells["受理编号"] == "A1-1"
    assert "荫营<镇>" in cells["交办问题基本情况"]
    assert letter.file("pdf").content.startswith(b"%PDF")
    sheet = openpyxl.load_workbook(io.BytesIO(compose_chain(third, ISSUE).file("xlsx").content)).active
    told = {sheet.cell(2, n).value: sheet.cell(3, n) for n in range(1, 12)}
    assert told["调查核实情况"].value.startswith("=未苫盖")
    assert told["调查核实情况"].data_type == "s"
    assert "现场验收通过" in told["处理和整改情况"].value
    assert told["是否属实"].value == "属实"
    assert "审核通过，核查属实。" in compose_chain(second, ISSUE).file("text").content.decode()


def test_the_form_of_an_assignment_is_read_back_row_by_row(chained: House) -> None:
    """The form that goes with a 交办单, filled in and handed in at the desk: the step of its holder, with what became of each row."""
    take(chained, "A1", Move("assign", NOW, NOW, "duty", unit_code=YANGQUAN))
    assert chain_letters(chained, NOW + MINUTE, "run") == {"letters": 1}
    (figures,) = due_figures(chained, NOW + MINUTE)
    blank = compose_chain(figures, ISSUE).file("xlsx")
    assert "热点网格排查反馈表" in blank.file_name
    content = filled_in(blank.content, lambda number, alarm_id: nothing_found(NOW + MINUTE))
    file = HandedIn("form.xlsx", content, NOW + timedelta(hours=1))
    done = take_in(chained, file, Act(NOW + timedelta(hours=2), "录入员", "微信"))
    assert [(one.alarm_id, one.outcome, one.task_state) for one in done.rows] == [("A1", "new", "reported")]


def test_a_task_taken_back_at_once_gets_no_letter(chained: House) -> None:
    take(chained, "A1", Move("assign", NOW, NOW, "duty", unit_code=YANGQUAN))
    later = NOW + MINUTE
    take(chained, "A1", Move("withdraw", later, later, "duty", task_no=1, note="交错"))
    assert chain_letters(chained, NOW + 2 * MINUTE, "run") == {"letters": 0}


def test_each_holder_is_told_who_else_holds_it(chained: House) -> None:
    for unit_code in (YANGQUAN, SHIJIAZHUANG):
        take(chained, "A1", Move("assign", NOW, NOW, "duty", unit_code=unit_code))
    told = list(due_figures(chained, NOW + MINUTE))
    assert {one.unit_code: one.cases[0].others for one in told} == {
        YANGQUAN: ("石家庄市",),
        SHIJIAZHUANG: ("阳泉市",),
    }
    holders = {one.unit_code: compose_chain(one, ISSUE).file("text").content.decode() for one in told}
    assert "承办单位：阳泉市（主办）、石家庄市（协办）" in holders[YANGQUAN]
    assert "承办单位：石家庄市（协办）、阳泉市（主办）" in holders[SHIJIAZHUANG]
    (case,) = told[0].cases
    before = compose_chain(replace(told[0], cases=(replace(case, other_roles=()),)), ISSUE)
    assert f"（{'主办' if case.role == 'lead' else '协办'}）、{case.others[0]}\n" in before.file(
        "text"
    ).content.decode().replace("\r\n", "\n")


def test_an_office_whose_profile_names_no_such_letter_makes_none(chained: House) -> None:
    walk(chained)
    with using(replace(office(), letters={})):
        assert list(due_figures(chained, NOW + timedelta(hours=5))) == []


def test_a_report_that_is_sent_back_is_told_to_its_holder(chained: House) -> None:
    report = {"problem_found": False, "note": "未见异常", "unit_code": YANGQUAN}
    for name, hours, more in (
        ("assign", 0, {"unit_code": YANGQUAN}),
        ("report", 1, {**report, "person": "李某"}),
        ("return", 2, {"actor": "王某", "note": "照片不清"}),
    ):
        at = NOW + timedelta(hours=hours)
        values = {"actor": "duty", "task_no": 0 if name == "assign" else 1, **more}
        take(chained, "A1", Move(name, at, at, **values))
    found = [one for one in due_figures(chained, NOW + timedelta(hours=3)) if one.kind == "return_sheet"]
    assert [(one.unit_code, one.period.start_at) for one in found] == [(YANGQUAN, NOW + timedelta(hours=2))]
    letter = compose_chain(found[0], ISSUE)
    assert letter.subject == "热点网格报警退回重报单（阳泉市，1件）"
    text = letter.file("text").content.decode()
    assert "审核退回：照片不清" in text
    for link, said in (
        ("", "原反馈表、来信均可"),
        ("https://f.example.org/x", "原反馈表、手机页面、来信均可"),
    ):
        document = Document(
            io.BytesIO(compose_chain(found[0], replace(ISSUE, reply_link=link)).file("docx").content)
        )
        assert said in "\n".join(one.text for one in document.paragraphs)
    assert "前重新上报" in text


def test_what_is_overdue_is_told_once_to_who_stands_in_and_once_to_the_leaders(chained: House) -> None:
    chain = replace(
        office().chain, duties={"acknowledge": Duty("张某", "李某", "王局"), "report": Duty("赵某")}
    )
    with using(replace(office(), chain=chain)):
        take(chained, "A1", Move("assign", NOW, NOW, "duty", unit_code=YANGQUAN))
        overdue = NOW + timedelta(hours=2)
        told = escalations(chained, NOW + timedelta(days=2))
        assert told == [
            ("operators", overdue, "acknowledge", "李某"),
            ("leader", overdue + timedelta(hours=24), "acknowledge", "王局"),
        ]
        # Whenever a round looks, and whatever came since: the moment is the deadline's.
        late = overdue + timedelta(hours=1)
        take(chained, "A1", Move("acknowledge", late, late, "a", unit_code=YANGQUAN, task_no=1))
        assert escalations(chained, NOW + timedelta(days=2)) == [
            ("operators", overdue, "acknowledge", "李某"),
            ("operators", NOW + timedelta(hours=24), "report", "赵某"),
        ]


def test_what_reached_us_in_time_is_not_overdue_however_late_it_was_taken(chained: House) -> None:
    take(chained, "A1", Move("assign", NOW, NOW, "duty", unit_code=YANGQUAN))
    in_time, taken = NOW + timedelta(hours=2), NOW + timedelta(hours=7)
    move = Move("acknowledge", taken, in_time, "mailbox", unit_code=YANGQUAN, task_no=1)
    take(chained, "A1", move)
    assert escalations(chained, NOW + timedelta(hours=23)) == []


def test_a_pause_between_rounds_of_any_length_loses_no_letter(chained: House) -> None:
    """Rounds at 0 and after ten days: what was overdue, passed and accepted meanwhile is told as by a round of each minute."""
    add_alarm(chained.engine, "A2", "03-12 06:00")
    take(chained, "A2", Move("assign", NOW, NOW, "duty", unit_code=YANGQUAN))
    assert chain_letters(chained, NOW + MINUTE, "run") == {"letters": 1}
    walk(chained)
    late = NOW + timedelta(days=10)
    with reading(chained.engine) as connection:
        before = set(connection.execute(select(tables.letter.c.letter_key)).scalars())
    expected = {one.letter_key for one in due_figures(chained, late, without_made=True)}
    chain_letters(chained, late, "run")
    kinds = select(tables.letter.c.kind, tables.letter.c.addressee)
    with reading(chained.engine) as connection:
        made = set(connection.execute(select(tables.letter.c.letter_key)).scalars()) - before
        rows = {tuple(row) for row in connection.execute(kinds)}
    assert made == expected
    assert {("report_sheet", "leader"), ("site_sheet", YANGQUAN), ("escalation", "leader")} <= rows


def test_the_unit_above_is_told_where_the_profile_says_so(chained: House) -> None:
    own = office().unit(office().own_unit)
    above = replace(own, unit_code="990000", name="上级", reports_to="")
    others = tuple(one for one in office().units if one.unit_code != own.unit_code)
    units = (*others, replace(own, reports_to="990000"), above)
    chain = replace(office().chain, tells_superior=True)
    with using(replace(office(), units=units, chain=chain)):
        assert "上级机关上级没有联系人" in [one.title for one in waiting(chained, NOW)]
        with writing(chained.engine) as connection:
            row = {"region_code": "990000", "role": "province", "name": "厅", "address": "p@example.org"}
            connection.execute(insert(tables.contact), {**row, "valid_from": NOW.date(), **provenance()})
        assert "上级机关上级没有联系人" not in [one.title for one in waiting(chained, NOW)]
        walk(chained)
        assert chain_letters(chained, NOW + timedelta(hours=5), "run") == {"letters": 4}
        told = {
            one.unit_code
            for one in due_figures(chained, NOW + timedelta(hours=5))
            if one.kind == "report_sheet"
        }
    assert told == {"leader", "990000"}


def test_a_letter_names_what_its_addressee_fills_in(chained: House) -> None:
    walk(chained)
    said = {
        one.kind: "\n".join(
            each.text
            for each in Document(io.BytesIO(compose_chain(one, ISSUE).file("docx").content)).paragraphs
        )
        for one in due_figures(chained, NOW + timedelta(hours=5))
    }
    assert {kind for kind, text in said.items() if "填入所附反馈表" in text} == {"task_sheet"}


def escalations(house: House, now: datetime) -> list[tuple[str, datetime, str, str]]:
    found = [one for one in due_figures(house, now) if one.kind == "escalation"]
    return sorted(
        (
            (one.unit_code, one.period.start_at, case.waits_for, case.duty)
            for one in found
            for case in one.cases
        ),
        key=lambda one: one[1],
    )
