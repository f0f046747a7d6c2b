"""A city ticks the suspects in the form that came with its letter: each row becomes a verdict of the field, or is set apart."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine, select

from include.answer_form import layout as form
from include.answer_form.writing import answer_form
from include.sources.config import SourceConfig
from include.sources.kinds.watched_folder import empty_inbox
from include.store.engine import reading, writing
from include.store.tables import audit, quarantine
from include.store.watch_tables import suspect_at_push, suspect_verdict
from include.supervision.figures import AlarmSuspects, Suspected
from tests.answer_form.test_reading import drop, source  # noqa: F401  # the fixture: two alarms and their letter
from tests.letters.samples import at as hour
from tests.letters.samples import notice
from tests.sources.exports import NOW

HEADERS = {column.key: column.header for column in form.SUSPECT_COLUMNS}
TOLD = (
    Suspected("=甲<厂>", "high", "位于上风向1.2公里", "Q1", "enterprise", 0.6),
    Suspected("来源不明", "medium", "…", "unlisted", "unlisted", 0.2),
    Suspected("乙厂", "low", "不在上风向", "Q2", "enterprise", 0.1),
)
SUSPECTS = tuple(AlarmSuspects(name, "T1", "长安区", "y", hour(12, 8), TOLD) for name in ("A1", "A2", "A3"))
SAID = {"verdict": form.SITE_FOUND, "unit": "长安区分局", "inspector": "李某", "note": "布袋破损"}


@pytest.fixture(autouse=True)
def suspects(engine: Engine) -> None:
    rows = [
        {
            "alarm_id": alarm,
            "rank": 1,
            "enterprise_id": name,
            "score": 0.5,
            "evidence_json": "{}",
            "rules_edition": "e",
        }
        for alarm, name in (("A1", "Q1"), ("A2", "Q1"))
    ]
    for place, row in enumerate(rows):
        row["rank"] = place + 1
    rows.append({**rows[0], "rank": 3, "enterprise_id": "Q2"})
    with writing(engine) as connection:
        connection.execute(suspect_at_push.insert(), rows)


def hand_in(source: SourceConfig, fill: Callable[[Any], None], name: str = "回执.xlsx") -> None:  # noqa: F811
    book = openpyxl.load_workbook(BytesIO(answer_form(notice(form=2, suspects=SUSPECTS), [])))
    fill(book)
    drop(source, book, name)


def ticked(*rows: dict[str, str]) -> Callable[[Any], None]:
    def fill(book: Any) -> None:
        sheet = book[form.SUSPECT_SHEET]
        titles = [cell.value for cell in sheet[form.HEADER_ROW]]
        for number, values in enumerate(rows):
            for key, value in values.items():
                sheet.cell(form.FIRST_ROW + number, titles.index(HEADERS[key]) + 1, value)

    return fill


def verdicts(engine: Engine) -> list[tuple[Any, ...]]:
    order = suspect_verdict.c.alarm_id, suspect_verdict.c.enterprise_id
    with reading(engine) as connection:
        query = select(
            *order, suspect_verdict.c.verdict, suspect_verdict.c.reason, suspect_verdict.c.decided_by
        )
        return [tuple(row) for row in connection.execute(query.order_by(*order))]


def test_the_form_lists_whom_to_check_and_nobody_where_none_is_suspected() -> None:
    sheet = openpyxl.load_workbook(BytesIO(answer_form(notice(form=2, suspects=SUSPECTS), [])))[
        form.SUSPECT_SHEET
    ]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=form.FIRST_ROW)]
    names = [(row[10], row[11], row[3], row[4]) for row in rows]
    assert names == [
        (a, *one) for a in ("A1", "A2") for one in (("Q1", "=甲<厂>", "高"), ("Q2", "乙厂", "低"))
    ]
    assert sheet.cell(form.FIRST_ROW, 4).data_type == "s"
    assert (
        form.SUSPECT_SHEET not in openpyxl.load_workbook(BytesIO(answer_form(notice(form=2), []))).sheetnames
    )


def test_ticks_become_verdicts_with_their_source(engine: Engine, source: SourceConfig) -> None:  # noqa: F811
    hand_in(source, ticked(SAID, SAID | {"verdict": "无问题", "note": "正常"}))
    result = empty_inbox(engine, source, now=NOW)
    assert (result.quarantined, result.warnings) == (0, ())
    said_by = "answers 长安区分局 李某"
    assert verdicts(engine) == [
        ("A1", "Q1", "found", "布袋破损", said_by),
        ("A1", "Q2", "not_found", "正常", said_by),
    ]
    hand_in(source, ticked(SAID, SAID | {"verdict": "无问题", "note": "正常"}, {"note": ""}), "再报.xlsx")
    empty_inbox(engine, source, now=NOW)
    with reading(engine) as connection:
        trail = (
            connection.execute(select(audit.c.to_state).where(audit.c.subject == "suspect")).scalars().all()
        )
    assert sorted(trail) == ["found", "not_found"]
    report = next((Path(source.location) / "done").glob("回执*.report.txt")).read_text(encoding="utf-8")
    assert "疑似来源核查结果：收入2条" in report


def test_rows_that_do_not_fit_are_set_apart_and_stop_nobody(engine: Engine, source: SourceConfig) -> None:  # noqa: F811
    forged = {"candidate_id": "Q7"}
    rows = ({"note": "只写了情况"}, SAID | {"verdict": "也许"}, SAID, SAID | {"inspector": ""})
    hand_in(source, ticked(*rows))
    hand_in(source, ticked(SAID | forged, {}, {}, SAID), "二.xlsx")
    empty_inbox(engine, source, now=NOW)
    assert [row[:3] for row in verdicts(engine)] == [("A2", "Q1", "found")]
    with reading(engine) as connection:
        reasons = connection.execute(select(quarantine.c.reason)).scalars().all()
    assert sorted(reasons) == sorted(
        [
            "“疑似来源核查”表：核查结果应从下拉列表选择：已核查，有问题、已核查，无问题",
            "“疑似来源核查”表：核查结果应从下拉列表选择：已核查，有问题、已核查，无问题",
            "“疑似来源核查”表：填写核查结果时必填：核查人",
            "“疑似来源核查”表：应答码与函件、报警编号或对象编号不符：应使用随函所附表格",
            "该报警没有这一疑似来源",
        ]
    )
