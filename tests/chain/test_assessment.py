"""考核: what is due and what was on time, by holder."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine

from include.chain.values import Move
from include.house import House
from include.office.chain import take
from include.office.chain_assessment import HEADINGS, assessment, assessment_workbook
from include.profile.chain_values import ChainSettings
from include.profile.current import office, using
from include.rules import ChainRules
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
    assert assessment(chained, month, early)["due"].tolist() == [0, 0]
    rows = assessment(chained, month, late).set_index("unit_code")
    yangquan = rows.loc[YANGQUAN].to_dict()
    # A1: acknowledged in time, reported late, reported again and rectified in time; A2: never acknowledged.
    assert yangquan == {
        "unit_name": "阳泉市",
        "tasks": 2,
        "acknowledge_due": 2,
        "acknowledge_on_time": 1,
        "report_due": 2,
        "report_on_time": 1,
        "rectify_due": 1,
        "rectify_on_time": 1,
        "due": 5,
        "on_time": 3,
        "returned": 1,
        "failed": 0,
        "repeats": 1,
        "accepted": 1,
        "written_off": 0,
        "rank": 1,
    }
    assert rows.loc[SHIJIAZHUANG, ["tasks", "due", "on_time", "rank"]].tolist() == [1, 1, 0, 2]
    sheet = openpyxl.load_workbook(io.BytesIO(assessment_workbook(rows.reset_index(), month, late))).active
    assert sheet.cell(1, 1).value == "2020-03交办件考核，截至2020年3月20日16时30分"
    assert [sheet.cell(2, n).value for n in range(1, 18)] == list(HEADINGS.values())
    assert assessment(chained, date(2020, 4, 1), late).empty
