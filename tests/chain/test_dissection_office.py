"""Cases of 解剖分析 in a store: opened by the alarms, analysed, measured, accepted and opened again; the draft and the desk."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from pypdf import PdfWriter
from sqlalchemy import Engine

from include.chain.dissection.values import CaseMove
from include.chain.values import Move
from include.errors import InputError, StateError
from include.house import House
from include.office.chain import take as take_step
from include.office.dissection import look, take
from include.office.dissection_documents import FiledDocument, draft_of
from include.office.dissection_figures import case_figures
from include.office.dissection_lists import case_at, case_rows
from include.office.waiting import waiting
from include.profile.chain_values import ChainSettings
from include.profile.current import office, using
from include.rules import ChainRules, DissectionRules
from include.store.engine import reading
from include.store.statements import frame
from tests.desk.facts import NOW, YANGQUAN, Browser, add_alarm, add_event, house_of

DAY = timedelta(days=1)
RULES = DissectionRules(alarms=3, within=5 * DAY, again=2, least_after=2 * DAY, compare=5 * DAY)
CASE = "T85711-1"


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Iterator[House]:
    """Three alarms of one grid in four days, one of another, in an office with a chain."""
    for alarm_id, pushed in (("A1", "03-08 06:00"), ("A2", "03-10 06:00"), ("A3", "03-11 06:00")):
        add_alarm(engine, alarm_id, pushed, point_name="荫营<镇>")
    add_alarm(engine, "B1", "03-10 06:00", grid_id="T85712")
    found = house_of(engine, tmp_path)
    chain = ChainSettings(replace(ChainRules(), spot_check_percent=0), dissection=RULES)
    with using(replace(office(), chain=chain)):
        yield found


def moved(house: House, step: str, days: float, document: FiledDocument | None = None, **more: Any) -> None:
    take(house, CASE, CaseMove(step, NOW + days * DAY, **{"actor": "duty", **more}), document)


CAUSE = "料堆长期露天堆放，大风天气起尘，是本网格反复报警的主要原因。"


def document(house: House, *, cause: str = CAUSE, mark: str = "", at: Any = NOW) -> FiledDocument:
    """The draft as of a moment, as Word saves it again: places filled with `cause` (empty: as they were), `mark` in its header."""
    told = Document(io.BytesIO(drafted(house, "docx", at)))
    for one in told.paragraphs:
        if cause and one.text.startswith("［"):
            one.text = cause
    if mark != "草稿":
        told.sections[0].header.paragraphs[0].text = mark
    saved = io.BytesIO()
    told.save(saved)
    return FiledDocument("分析.docx", saved.getvalue())


def drafted(house: House, role: str, at: Any = NOW) -> bytes:
    file = draft_of(house, CASE, at).file(role)
    assert file is not None
    return file.content


def to_acceptance(house: House) -> None:
    """Opened on 12 March, a measure done two days later, accepted three days later."""
    look(house, NOW, "run")
    measure = {"note": "苫盖", "unit_code": YANGQUAN, "owner": "李某", "due_at": NOW + 5 * DAY}
    moved(house, "measure", 0.1, **measure)
    moved(house, "file", 1, document(house), person="王某")
    moved(house, "done", 2, measure_no=1, note="已苫盖", person="李某")
    moved(house, "accept", 3, note="同意", actor="chief")


def test_the_alarms_open_a_case_once(house: House) -> None:
    assert look(house, NOW - 2 * DAY, "run") == []
    found = look(house, NOW, "run")
    assert [(case_id, one.event, one.alarm_id, one.note) for case_id, one in found] == [
        (CASE, "opened", "A3", "5天内报警3条")
    ]
    assert found[0][1].event_at.isoformat() == "2020-03-10T22:00:00+00:00"  # when A3 was pushed, in UTC
    assert look(house, NOW, "run") == []
    assert look(house, NOW + DAY, "another") == []
    rows = case_rows(house, NOW)
    assert rows[["case_id", "state", "county", "point_name", "measures"]].values.tolist() == [
        [CASE, "open", "郊区", "荫营<镇>", 0]
    ]
    assert case_rows(house, NOW - 2 * DAY).empty  # as it was before A3
    assert [(one.title, one.reason) for one in waiting(house, NOW) if one.topic == "dissection"] == [
        ("1个网格待分析", "其中逾期0个")
    ]


def test_an_alarm_that_is_none_opens_nothing(house: House) -> None:
    add_event(house.engine, "A2", "disputed", "03-10 08:00")
    add_event(house.engine, "A2", "dispute_upheld", "03-10 09:00")
    assert look(house, NOW, "run") == []
    add_event(house.engine, "A2", "dispute_rejected", "03-10 10:00")
    assert [case_id for case_id, _ in look(house, NOW, "run")] == [CASE]


def test_a_case_is_accepted_and_opens_again_by_itself(house: House) -> None:
    to_acceptance(house)
    assert case_rows(house, NOW + 3 * DAY)["state"].tolist() == ["accepted"]
    assert case_rows(house, NOW + 2 * DAY)["state"].tolist() == ["analysed"]  # as of any moment
    add_alarm(house.engine, "A4", "03-16 06:00")
    assert look(house, NOW + 5 * DAY, "run") == []
    add_alarm(house.engine, "A5", "03-17 06:00")
    assert [(one[0], one[1].event) for one in look(house, NOW + 6 * DAY, "run")] == [(CASE, "reopened")]
    assert look(house, NOW + 6 * DAY, "run") == []
    found = case_figures(house, CASE, NOW + 6 * DAY)
    assert (found.case.round_no, found.case.measures[0].state, len(found.visits)) == (2, "failed", 5)
    with reading(house.engine) as connection:
        held = set(frame(connection, "archived_files", mail_since_at=NOW)["sha256"])
    assert found.case.document_sha256 in held  # prune keeps it


def test_the_same_whatever_the_order_of_looking(house: House) -> None:
    """Looking each day, or once at the end: the same cases, opened at the same moments."""
    for pushed in ("03-13 06:00", "03-14 06:00", "03-15 06:00"):
        add_alarm(house.engine, f"C{pushed[3:5]}", pushed, grid_id="T85712")
    for day in range(-5, 5):
        look(house, NOW + day * DAY, "run")
    assert case_rows(house, NOW + 4 * DAY)[["case_id", "opened_at"]].astype(str).values.tolist() == [
        [CASE, "2020-03-10 22:00:00+00:00"],
        ["T85712-1", "2020-03-13 22:00:00+00:00"],
    ]


def test_what_was_found_and_failed_and_changed(house: House) -> None:
    steps: tuple[tuple[str, float, dict[str, Any]], ...] = (
        ("assign", 0, {"unit_code": YANGQUAN}),
        (
            "report",
            1,
            {
                "unit_code": YANGQUAN,
                "problem_found": True,
                "category": "工业企业",
                "note": "未苫盖",
                "person": "李某",
            },
        ),
        ("pass", 2, {"actor": "王某"}),
        ("rectify", 3, {"unit_code": YANGQUAN, "note": "已苫盖"}),
    )
    for name, hours, more in steps:
        at = NOW - 2 * DAY + timedelta(hours=hours)
        move = Move(name, at, at, **{"actor": "duty", "task_no": 0 if name == "assign" else 1, **more})
        take_step(house, "A2", move)
    to_acceptance(house)
    found = case_figures(house, CASE, NOW + 4 * DAY)
    assert [
        (one.alarm_id, each.found, each.holder, each.role, each.categories, each.note, each.rectified_note)
        for one in found.visits
        for each in one.findings
    ] == [
        ("A1", None, "阳泉市", "", (), "", ""),
        ("A2", True, "阳泉市", "lead", ("工业企业",), "未苫盖", "已苫盖"),
        ("A3", None, "阳泉市", "", (), "", ""),
    ]
    assert [(one.alarm_id, one.why, one.next_alarm_id) for one in found.unheld] == [("A2", "again", "A3")]
    assert found.effect is not None
    assert (found.effect.before_alarms, found.effect.after_alarms) == (3, 0)
    assert (found.effect.others_before, found.effect.others_after) == (1, 0)
    assert found.effect.ratio is not None
    assert found.effect.ratio.value == 0.0
    assert case_figures(house, CASE, NOW + 3 * DAY).effect is None  # too early


def test_each_holder_has_its_own_findings_in_the_draft_and_at_the_desk(house: House) -> None:
    """The leading unit found an open heap and covered it, the joint one found a boiler; a third has not reported."""
    held = ("140400", "370100")
    told: tuple[tuple[str, float, int, str, dict[str, Any]], ...] = (
        ("report", 1, 1, YANGQUAN, {"note": "料堆未苫盖", "category": "工业企业", "person": "李某"}),
        ("report", 2, 2, held[0], {"note": "锅炉冒烟", "category": "燃煤锅炉", "person": "赵某"}),
        ("pass", 3, 1, "", {"actor": "王某"}),
        ("pass", 3, 2, "", {"actor": "王某"}),
        ("rectify", 4, 1, YANGQUAN, {"note": "已苫盖"}),
    )
    at = NOW - 2 * DAY
    for number, code in enumerate((YANGQUAN, *held)):
        role = "joint" if number else "lead"
        take_step(house, "A2", Move("assign", at, at, "duty", unit_code=code, role=role))
    for name, hours, task_no, code, more in told:
        moment = at + timedelta(hours=hours)
        found = {"problem_found": True} if name == "report" else {}
        take_step(
            house,
            "A2",
            Move(
                name,
                moment,
                moment,
                **{"actor": "duty", "task_no": task_no, "unit_code": code, **found, **more},
            ),
        )
    look(house, NOW, "run")
    draft = draft_of(house, CASE, NOW).file("docx")
    assert draft is not None
    row = Document(io.BytesIO(draft.content)).tables[0].rows[2]
    names = ["阳泉市", *(case_figures(house, CASE, NOW).unit_names[code] for code in held)]
    assert row.cells[3].text == f"{names[0]}（主办）、{names[1]}（协办）、{names[2]}（协办）"
    assert row.cells[4].text.split("\n") == [
        f"{names[0]}：发现问题；工业企业；料堆未苫盖；上报人李某",
        f"{names[1]}：发现问题；燃煤锅炉；锅炉冒烟；上报人赵某",
        f"{names[2]}：尚无结果",
    ]
    assert row.cells[5].text == f"{names[0]}：\n3月10日 12:30完成整改；已苫盖"
    page = Browser(house).get(f"/dissection/case/{CASE}").text
    assert f"<b>{names[1]}</b>　发现问题；燃煤锅炉；锅炉冒烟；上报人赵某</div>" in page


def test_the_draft_says_it_and_leaves_room_for_a_person(house: House) -> None:
    look(house, NOW, "run")
    letter = draft_of(house, CASE, NOW)
    draft = letter.file("docx")
    pdf = letter.file("pdf")
    assert draft is not None
    assert pdf is not None
    assert pdf.content.startswith(b"%PDF")
    told = Document(io.BytesIO(draft.content))
    text = "\n".join(one.text for one in told.paragraphs)
    assert "“荫营<镇>”网格（编号T85711）在5天内报警达到3条" in text
    assert "［由承办人填写：" in text
    assert "共列入报警3条，其中核查发现问题0条，未发现问题0条，尚无核查结果3条" in text
    assert [row.cells[0].text for row in told.tables[0].rows] == ["序号", "1", "2", "3"]
    assert "草稿" in told.sections[0].header.paragraphs[0].text


def test_what_is_no_document_and_no_unit_is_refused(house: House) -> None:
    look(house, NOW, "run")
    for name, content in (
        ("分析.docx", b"PK\x03\x04"),
        ("分析.exe", b"MZ"),
        ("分析.pdf", b""),
        ("", b"%PDF-"),
    ):
        with pytest.raises(InputError, match="not a finished analysis"):
            moved(house, "file", 1, FiledDocument(name, content))
    with pytest.raises(InputError, match="no such unit"):
        moved(house, "measure", 1, note="x", unit_code="999", owner="李某", due_at=NOW + 9 * DAY)
    with pytest.raises(InputError, match="no such case"):
        take(house, "T1-9", CaseMove("drop", NOW, "duty", note="x"))
    with pytest.raises(StateError, match="its analysis is not filed"):
        moved(house, "accept", 1, note="同意")
    assert [one.event for one in case_at(house, CASE, NOW + DAY).events] == ["opened"]


def test_a_draft_that_nobody_finished_is_refused(house: House) -> None:
    """By what it says: saved again, its places taken out, a PDF of it, a draft of another day; each with what to do."""
    look(house, NOW, "run")
    emptied = Document(io.BytesIO(document(house).content))
    for one in emptied.paragraphs:
        if one.text == CAUSE:
            one.text = ""
    saved = io.BytesIO()
    emptied.save(saved)
    later = NOW + 6 * DAY
    refused = (
        (document(house, cause="", mark="草稿").content, "a place that nobody filled in"),
        (document(house, cause="").content, "a place that nobody filled in"),
        (drafted(house, "docx"), "a place that nobody filled in"),
        (drafted(house, "pdf"), "a place that nobody filled in"),
        (document(house, mark="草稿").content, "the mark of a draft in its header"),
        (saved.getvalue(), "nothing that a person wrote"),
        (document(house, cause="已填。").content, "nothing that a person wrote"),
    )
    for content, why in refused:
        name = "分析.pdf" if content.startswith(b"%PDF") else "分析.docx"
        with pytest.raises(InputError, match=f"an analysis that is not finished: {why}") as told:
            take(house, CASE, CaseMove("file", later, "duty"), FiledDocument(name, content))
        assert "finish the draft in Word" in str(told.value)
    assert case_at(house, CASE, later).case.state == "open"
    browser = Browser(house)
    files = {"file": ("分析.docx", refused[1][0])}
    page = browser.post(f"/dissection/case/{CASE}", {"name": "file"}, files=files)
    assert page.status_code == 409
    assert "方括号内的内容没有填写" in page.text
    assert "请在Word中补充原因分析和措施" in page.text
    finished = FiledDocument("分析.docx", document(house, at=NOW + DAY).content)
    take(house, CASE, CaseMove("file", later, "duty"), finished)
    assert case_at(house, CASE, later).case.document_name == "分析.docx"


def test_what_has_no_text_to_read_is_no_analysis(house: House) -> None:
    look(house, NOW, "run")
    blank, scan = io.BytesIO(), io.BytesIO()
    Document().save(blank)
    pages = PdfWriter()
    pages.add_blank_page(200, 200)
    pages.write(scan)
    for name, content, why in (
        ("空白.docx", blank.getvalue(), "without text that can be read"),
        ("扫描.pdf", scan.getvalue(), "without text that can be read"),
        ("损坏.pdf", b"%PDF-1.4 hello", "cannot be read"),
    ):
        with pytest.raises(InputError, match=why):
            take(house, CASE, CaseMove("file", NOW + DAY, "duty"), FiledDocument(name, content))
    assert case_at(house, CASE, NOW + DAY).case.state == "open"


def test_the_desk_shows_the_case_and_takes_its_steps(house: House) -> None:
    browser = Browser(house)
    assert "没有立案的网格" in browser.get("/dissection").text
    assert browser.post("/dissection").status_code == 303
    assert f">{CASE}</a>" in browser.get("/dissection").text
    path = f"/dissection/case/{CASE}"
    assert "荫营&lt;镇&gt;" in browser.get(path).text
    measure = {
        "name": "measure",
        "note": "苫盖<b>",
        "unit_code": YANGQUAN,
        "owner": "李某",
        "until": "2020-03-20T08:00",
    }
    assert browser.post(path, measure).status_code == 303
    assert "苫盖&lt;b&gt;" in browser.get(path).text
    files = {"file": ("../分析.docx", document(house).content)}
    assert browser.post(path, {"name": "file"}, files=files).status_code == 303
    kept = browser.get(f"/dissection/document/{CASE}")
    assert kept.headers["content-disposition"].startswith("attachment")
    assert kept.content == files["file"][1]
    assert browser.get(f"/dissection/draft/pdf/{CASE}").content.startswith(b"%PDF")
    refused = browser.post(path, {"name": "accept", "note": "同意"})
    assert refused.status_code == 409
    assert "措施1尚未完成" in refused.text
    assert browser.post(path, {"name": "done", "measure_no": "1", "note": "好"}).status_code == 303
    assert browser.post(path, {"name": "accept", "note": "同意", "person": "周局"}).status_code == 409
    assert browser.get("/dissection/case/T1-9").status_code == 404
    guest = Browser(house, "guest")
    assert guest.get(path).status_code == 200
    assert guest.post(path, {"name": "drop", "note": "x"}).status_code == 403
    assert '<form class="wide"' not in guest.get(path).text


def test_an_office_without_a_chain_has_no_cases(engine: Engine, tmp_path: Path) -> None:
    house = house_of(engine, tmp_path)
    assert Browser(house).get("/dissection").status_code == 404
    with pytest.raises(InputError, match="this office has no chain of its own"):
        look(house, NOW, "run")
