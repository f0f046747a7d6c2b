"""考核: what is due and what was on time, by holder."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from docx import Document
from sqlalchemy import Engine, select

from include.chain.assessment import assessed
from include.chain.values import Move
from include.house import House
from include.letters.assessment import HEADINGS, assessment_workbook, compose_assessment
from include.office.chain import take
from include.office.chain_assessment import assessment_figures, assessment_letter, assessment_table
from include.profile.chain_values import ChainSettings
from include.profile.current import office, using
from include.rules import ChainRules
from include.store import tables
from include.store.engine import reading
from include.supervision.figures import Issue
from tests.desk.facts import NOW, SHIJIAZHUANG, YANGQUAN, add_alarm, house_of


@pytest.fixture
def chained(engine: Engine, tmp_path: Path) -> Iterator[House]:
    """Two alarms of one grid: A1 with 阳泉 and 石家庄, A2 with 阳泉 alone, withdrawn from 石家庄."""
    for alarm_id in ("A1", "A2"):
        add_alarm(engine, alarm_id, "03-12 06:00")
    house = house_of(engine, tmp_path)
    with using(replace(office(), chain=ChainSettings(replace(ChainRules(), spot_check_percent=0)))):
        yield house


def go(house: House, alarm_id: str, step: str, hours: float, task_no: int = 0, **more) -> None:
    at = NOW + timedelta(hours=hours)
    take(house, alarm_id, Move(step, at, at, **{"actor": "duty", "task_no": task_no, **more}))


def test_a_month_of_two_holders(chained: House) -> None:
    report = {"problem_found": True, "category": "工业企业", "note": "x", "person": "李某"}
    for alarm_id in ("A1", "A2"):
        go(chained, alarm_id, "assign", 0, unit_code=YANGQUAN)
        go(chained, alarm_id, "assign", 0, unit_code=SHIJIAZHUANG)
    go(chained, "A2", "withdraw", 1, 2, note="不涉及")
    go(chained, "A1", "acknowledge", 2, 1, unit_code=YANGQUAN)  # at its deadline: in time
    go(chained, "A1", "report", 25, 1, unit_code=YANGQUAN, **report)  # one hour late
    go(chained, "A1", "return", 26, 1, note="不清")
    go(chained, "A1", "report", 27, 1, unit_code=YANGQUAN, **report)
    go(chained, "A1", "pass", 28, 1)
    go(chained, "A1", "rectify", 29, 1, unit_code=YANGQUAN, person="李某")
    go(chained, "A1", "accept", 30, 1)
    month, early, late = date(2020, 3, 1), NOW + timedelta(hours=2), NOW + timedelta(hours=200)
    told = assessment_table(assessment_figures(chained, month, early))
    assert told[["due", "pending"]].values.tolist() == [[0, 1], [0, 2]]
    figures = assessment_figures(chained, month, late)
    rows = assessment_table(figures).set_index("unit_code")
    yangquan = rows.loc[YANGQUAN].to_dict()
    # A1: acknowledged in time, reported late, reported again and rectified in time; A2: never acknowledged nor reported.
    assert yangquan == {
        "group": "district",
        "unit_name": "阳泉市",
        "tasks": 2,
        "acknowledge_due": 2,
        "acknowledge_on_time": 1,
        "report_due": 3,
        "report_on_time": 1,
        "rectify_due": 1,
        "rectify_on_time": 1,
        "due": 6,
        "on_time": 3,
        "returned": 1,
        "failed": 0,
        "repeats": 1,
        "accepted": 1,
        "written_off": 0,
        "pending": 0,
        "under_review": 0,
        "is_small": False,
        "rank": 1,
    }
    # Two due steps are too little for a rank.
    assert [figures.rows[1].unit_code, figures.rows[1].due, figures.rows[1].rank] == [SHIJIAZHUANG, 2, None]
    sheet = openpyxl.load_workbook(io.BytesIO(assessment_workbook(figures))).active
    assert sheet.cell(1, 1).value == "2020-03交办件考核，截至2020年3月20日16时30分"
    assert [sheet.cell(2, n).value for n in range(1, 22)] == list(HEADINGS.values())
    assert assessment_figures(chained, date(2020, 4, 1), late).rows == ()
    letter = compose_assessment(figures, Issue("某局", "某人", "000", "", "环考〔2020〕1号", "2020年4月16日"))
    text = "\n".join(one.text for one in Document(io.BytesIO(letter.file("docx").content)).paragraphs)
    assert "由2个单位承办3件" in text
    assert "应办8步，按期3/8（37.5%）" in text
    assert "1个单位标“样本少”" in text
    assert letter.file("pdf").content.startswith(b"%PDF")


def test_silence_is_as_late_as_a_late_report_and_a_closing_changes_nothing(chained: House) -> None:
    report = {"problem_found": False, "note": "无", "person": "李某"}
    for alarm_id in ("A1", "A2"):
        go(chained, alarm_id, "assign", 0, unit_code=YANGQUAN)
    go(chained, "A1", "assign", 0, unit_code=SHIJIAZHUANG)
    go(chained, "A1", "withdraw", 1, 2, note="不涉及")
    go(chained, "A1", "report", 1, 1, unit_code=YANGQUAN, **report)
    go(chained, "A1", "pass", 2, 1, actor="chief")
    go(chained, "A1", "write_off", 3, 1)

    def row(hours: float) -> list[int]:
        told = assessment_table(assessment_figures(chained, date(2020, 3, 1), NOW + timedelta(hours=hours)))
        names = ["tasks", "due", "on_time", "pending", "accepted", "written_off"]
        assert told["unit_code"].tolist() == [YANGQUAN]
        return told.iloc[0][names].tolist()

    # A2, silent: its acknowledgement is due after 2 hours, its report after 24; until then the report is pending.
    assert row(3) == [2, 2, 1, 1, 1, 1]
    assert row(24) == [2, 2, 1, 1, 1, 1]
    assert row(24.5) == [2, 4, 2, 0, 1, 1]
    go(chained, "A1", "close", 25, note="办结")
    assert row(25.5) == [2, 4, 2, 0, 1, 1]
    go(chained, "A1", "reopen", 26, note="误结")
    assert row(26.5) == [2, 4, 2, 0, 1, 1]


def test_the_letter_is_made_once_when_all_is_due_and_waits_for_a_person(chained: House) -> None:
    words = {"assessment": "环考"}
    go(chained, "A1", "assign", 0, unit_code=YANGQUAN)
    with using(replace(office(), letters={**office().letters, **words})):
        assert assessment_letter(chained, NOW + timedelta(days=30), "run") == {}  # 11 April
        due = NOW + timedelta(days=35)
        assert assessment_letter(chained, due, "run") == {"assessed": 1}
        assert assessment_letter(chained, due + timedelta(days=1), "run") == {}
    columns = tables.letter.c
    with reading(chained.engine) as connection:
        rows = connection.execute(select(columns.kind, columns.addressee, columns.state)).all()
    assert [tuple(row) for row in rows] == [("assessment", "leader", "withheld")]
    with using(replace(office(), letters={})):
        assert assessment_letter(chained, due, "run") == {}


def test_districts_departments_and_towns_are_ranked_apart() -> None:
    hour = timedelta(hours=1)
    codes = ("D1", "D2", "B1", "T1")
    tasks = pd.DataFrame(
        {
            "alarm_id": [f"{code}{n}" for code in codes for n in range(2)],
            "task_no": 1,
            "holder_code": [code for code in codes for _ in range(2)],
            "state": "assigned",
            "due_at": NOW,
            "answer_due_at": NOW + hour,
            "acknowledge_due_at": NOW,
            "acknowledged_at": [NOW, NOW, NOW, None, None, None, NOW, NOW],
            "returns": 0,
            "failures": 0,
            "grid_id": "G1",
        }
    )
    tasks["state"] = ["reported" if at else "assigned" for at in tasks["acknowledged_at"].notna()]
    steps = pd.DataFrame(columns=["alarm_id", "task_no", "holder_code", "event", "receipt_at", "met_due_at"])
    kinds = {"D1": "bureau", "D2": "zone", "B1": "department", "T1": "town"}
    rows = assessed(tasks, steps, NOW + hour, kinds, 2)
    assert rows[["group", "unit_code", "on_time", "due", "rank"]].values.tolist() == [
        ["district", "D1", 2, 2, 1],
        ["district", "D2", 1, 2, 2],
        ["department", "B1", 0, 2, 1],
        ["town", "T1", 2, 2, 1],
    ]
