"""A city fills in the form that came with its letter and drops it into the inbox."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine

from include.answer_form import layout as form
from include.answer_form.writing import answer_form
from include.profile.current import office
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.sources.kinds.watched_folder import empty_inbox
from include.store.engine import writing
from include.store.tables import letter, letter_alarm
from tests.letters.samples import KEY, notice
from tests.sources.exports import NOW, at, folder_source, stored, write

HEADERS = {column.key: column.header for column in form.COLUMNS}
FOUND = {
    "result": form.FOUND,
    "category": "扬尘（工地）",
    "description": "裸土未苫盖",
    "rectification": form.RECTIFYING,
    "rectify_by_date": date(2020, 3, 15),
    "unit": "长安区分局",
    "inspector": "李某",
    "answered_at": datetime.fromisoformat("2020-03-13T10:00"),
}


@pytest.fixture
def source(engine: Engine, tmp_path: Path) -> SourceConfig:
    """Two alarms, and the letter that asks for answers to them."""
    write(
        tmp_path / "drop",
        "alarms",
        *(
            {"alarm_id": f"A{number}", "unit_code": "130100", "county": "长安区", "lon": "", "lat": ""}
            for number in (1, 2, 3)
        ),
    )
    pull(engine, folder_source(tmp_path / "drop"), at("2020-03-12"), at("2020-03-13"), now=NOW)
    told = {
        "kind": "notice",
        "addressee": "130100",
        "letter_key": KEY,
        "state": "released",
        "is_simulated": True,
        "revision": 1,
    }
    fillers: dict[type, Any] = {bool: False, str: "", int: 0, object: NOW, date: date(2020, 3, 12)}
    others = {
        column.name: fillers[column.type.python_type]
        for column in letter.c
        if not column.nullable and not column.primary_key
    }
    with writing(engine) as connection:
        (letter_id,) = connection.execute(letter.insert().values(others | told)).inserted_primary_key
        for number in (1, 2):
            connection.execute(
                letter_alarm.insert().values(letter_id=letter_id, alarm_id=f"A{number}", is_urged=False)
            )
    (tmp_path / "inbox").mkdir()
    return SourceConfig("answers", "inbox", str(tmp_path / "inbox"))


def hand_in(source: SourceConfig, fill: Callable[[Any], None], name: str = "回执.xlsx") -> Path:
    """Fills in the form of the letter's two alarms and drops it."""
    workbook = openpyxl.load_workbook(BytesIO(answer_form(notice(form=2), [])))
    fill(workbook)
    return drop(source, workbook, name)


def drop(source: SourceConfig, workbook: Any, name: str) -> Path:
    """Puts a workbook into the inbox, as if it lay there for an hour."""
    path = Path(source.location) / name
    workbook.save(path)
    past = (NOW - timedelta(hours=1)).timestamp()
    os.utime(path, (past, past))
    return path


def write_row(workbook: Any, row: int, values: dict[str, Any]) -> None:
    sheet = workbook[form.FORM_SHEET]
    titles = [cell.value for cell in sheet[form.HEADER_ROW]]
    for key, value in values.items():
        sheet.cell(form.FIRST_ROW + row, titles.index(HEADERS[key]) + 1, value)


def rows(*filled: dict[str, Any]) -> Callable[[Any], None]:
    def fill(workbook: Any) -> None:
        for number, values in enumerate(filled):
            write_row(workbook, number, values)

    return fill


def utc(*parts: int) -> datetime:
    return datetime(2020, 3, *parts, tzinfo=UTC)


def test_answers_become_feedback_and_problems(engine: Engine, source: SourceConfig) -> None:
    def fill(workbook: Any) -> None:
        sheet = workbook[form.FORM_SHEET]
        code, alarm = (column.key for column in form.COLUMNS if column.key in ("code", "alarm_id"))
        titles = [cell.value for cell in sheet[form.HEADER_ROW]]
        first = {
            key: sheet.cell(form.FIRST_ROW, titles.index(HEADERS[key]) + 1).value for key in (code, alarm)
        }
        write_row(workbook, 0, FOUND)
        write_row(
            workbook,
            1,
            {
                "result": form.NOTHING_FOUND,
                "unit": "井陉矿区分局",
                "inspector": "赵某",
                "answered_at": "2020年3月13日 9:05",
            },
        )
        second_problem = {
            "category": "露天焚烧",
            "description": "焚烧秸秆",
            "rectification": form.RECTIFIED,
            "rectified_date": "2020-03-12",
        }
        write_row(workbook, 2, first | FOUND | {"rectify_by_date": None} | second_problem)

    hand_in(source, fill)
    result = empty_inbox(engine, source, now=NOW)
    assert (result.read, result.new, result.quarantined, result.warnings) == (4, 4, 0, ())
    assert stored(
        engine,
        "feedback_event",
        "alarm_id",
        "event",
        "event_at",
        "unit",
        "inspector",
        "problem_found",
        "is_simulated",
        "source",
    ) == [
        # They count from their receipt; what the city says about the time is 排查时间, for information.
        ("A1", "submitted", NOW, "长安区分局", "李某", True, True, "answers"),
        ("A2", "submitted", NOW, "井陉矿区分局", "赵某", False, True, "answers"),
    ]
    assert stored(engine, "feedback_event", "alarm_id", "inspected_at") == [
        ("A1", utc(13, 2)),
        ("A2", utc(13, 1, 5)),
    ]
    assert stored(
        engine, "problem", "problem_id", "category", "found_at", "status", "rectify_by", "rectified_at"
    ) == [
        ("A1-F1", "扬尘（工地）", utc(13, 2), "整改中", utc(15, 16), None),
        # Rectified on the 12th, so it was found by the end of that day.
        ("A1-F2", "露天焚烧", utc(12, 16), "已整改", None, utc(12, 16)),
    ]


def test_a_form_of_the_layout_before_is_still_read(engine: Engine, source: SourceConfig) -> None:
    def fill(workbook: Any) -> None:
        write_row(workbook, 0, FOUND)
        workbook[form.GUIDE_SHEET][form.FORM_VERSION_CELL] = "1"
        header = workbook[form.FORM_SHEET][form.HEADER_ROW]
        next(cell for cell in header if cell.value == "排查时间").value = "反馈时间"

    hand_in(source, fill)
    assert empty_inbox(engine, source, now=NOW).new == 2
    assert stored(engine, "feedback_event", "event_at", "inspected_at") == [(NOW, utc(13, 2))]


def test_columns_in_the_order_of_before_are_still_read(engine: Engine, source: SourceConfig) -> None:
    def reordered(workbook: Any) -> None:
        """报警时间 beside 点位名称, as it stood in the forms that were sent until 2026-11."""
        rows(FOUND)(workbook)
        sheet = workbook[form.FORM_SHEET]
        keys = [column.key for column in form.COLUMNS]
        order = [key for key in keys if key != "started_at"]
        order.insert(4, "started_at")
        for row in sheet.iter_rows(min_row=form.HEADER_ROW, max_row=form.FIRST_ROW + 5):
            texts = dict(zip(keys, (cell.value for cell in row), strict=True))
            for cell, key in zip(row, order, strict=True):
                cell.value = texts[key]

    hand_in(source, reordered)
    assert empty_inbox(engine, source, now=NOW).quarantined == 0
    assert stored(engine, "feedback_event", "alarm_id", "inspected_at") == [("A1", utc(13, 2))]


def test_a_form_handed_in_again_revises_its_answers(engine: Engine, source: SourceConfig) -> None:
    hand_in(source, rows(FOUND))
    empty_inbox(engine, source, now=NOW)
    hand_in(
        source,
        rows(
            FOUND
            | {"rectification": form.RECTIFIED, "rectify_by_date": None, "rectified_date": date(2020, 3, 13)}
        ),
    )
    result = empty_inbox(engine, source, now=NOW)
    assert (result.revised, result.unchanged) == (1, 1)
    assert stored(engine, "problem", "problem_id", "revision", "status", "rectified_at") == [
        ("A1-F1", 1, "整改中", None),
        ("A1-F1", 2, "已整改", utc(13, 2)),
    ]


def test_an_acknowledgement_needs_no_time_of_its_own(engine: Engine, source: SourceConfig) -> None:
    hand_in(
        source,
        rows(
            {"result": form.ACKNOWLEDGED},
            {
                "result": form.FALSE_ALARM,
                "unit": "x",
                "inspector": "y",
                "answered_at": datetime.fromisoformat("2020-03-13T09:00"),
                "note": "设备故障",
            },
        ),
    )
    empty_inbox(engine, source, now=NOW)
    assert stored(engine, "feedback_event", "alarm_id", "event", "event_at", "problem_found", "note") == [
        ("A1", "acknowledged", NOW, None, ""),
        ("A2", "disputed", NOW, None, "设备故障"),
    ]


CODE = f"应答码与函件（{KEY}）或报警编号不符：应使用随函所附表格，复制行时一并复制应答码和报警编号"


MISFITS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"code": "2222222222"}, CODE),
    ({"alarm_id": "A2"}, CODE),
    ({"alarm_id": "A3"}, CODE),
    (
        {"result": "已处理"},
        "排查结果应从下拉列表选择：已签收，正在排查、已排查，发现问题、已排查，未发现问题、误报申诉",
    ),
    ({"unit": None, "inspector": " "}, "选择“已排查，发现问题”时必填：排查单位、排查人"),
    ({"rectification": "快了"}, "整改状态应从下拉列表选择：已整改、整改中"),
    ({"rectify_by_date": None}, "选择“已排查，发现问题”时必填：整改期限"),
    ({"rectify_by_date": "三天内"}, "整改期限不是有效的日期：应如2020-03-13"),
    ({"answered_at": "2020-03-13"}, "排查时间不是有效的时间：应如2020-03-13 08:30"),
    ({"answered_at": "2020-13-13 08:30"}, "排查时间不是有效的时间：应如2020-03-13 08:30"),
    ({"description": "=1+1"}, "含有公式：请粘贴为数值后重新提交"),
    (
        {"rectify_by_date": "三天内", "answered_at": "昨天", "unit": None, "note": "电话"},
        "选择“已排查，发现问题”时必填：排查单位；整改期限不是有效的日期：应如2020-03-13；"
        "排查时间不是有效的时间：应如2020-03-13 08:30",
    ),
    (
        {"rectify_by_date": "下周", "category": "工厂"},
        f"整改期限不是有效的日期：应如2020-03-13；问题类别应从下拉列表选择：{'、'.join(office().categories)}",
    ),
    (
        {"result": "不知", "category": "工厂", "rectification": "快了", "rectify_by_date": "下周"},
        "排查结果应从下拉列表选择：已签收，正在排查、已排查，发现问题、已排查，未发现问题、误报申诉；整改期限不是有效的日期：应如2020-03-13；"
        f"问题类别应从下拉列表选择：{'、'.join(office().categories)}；整改状态应从下拉列表选择：已整改、整改中",
    ),
)


def test_rows_that_do_not_fit_say_why(engine: Engine, source: SourceConfig) -> None:
    def fill(workbook: Any) -> None:
        sheet = workbook[form.FORM_SHEET]
        titles = [cell.value for cell in sheet[form.HEADER_ROW]]
        first = {
            key: sheet.cell(form.FIRST_ROW, titles.index(HEADERS[key]) + 1).value
            for key in ("code", "alarm_id")
        }
        write_row(workbook, 1, {"result": form.ACKNOWLEDGED})
        for number, (values, _) in enumerate(MISFITS, start=2):
            write_row(workbook, number, first | FOUND | values)

    hand_in(source, fill)
    result = empty_inbox(engine, source, now=NOW)
    assert (result.new, result.quarantined) == (1, len(MISFITS))
    assert stored(engine, "feedback_event", "alarm_id", "event") == [("A2", "acknowledged")]
    assert stored(engine, "quarantine", "origin", "kind", "reason") == sorted(
        (f"回执.xlsx 第{number}行", "feedback", reason)
        for number, (_, reason) in enumerate(MISFITS, start=form.FIRST_ROW + 2)
    )
    (value,) = (
        value for value, reason in stored(engine, "quarantine", "value", "reason") if reason == MISFITS[-3][1]
    )
    assert value.startswith("整改期限：三天内；排查单位：—；排查时间：昨天；排查结果：已排查，发现问题；")
    assert value.endswith("备注：电话；报警编号：A1")
    report = (Path(source.location) / "done/回执.xlsx.report.txt").read_text(encoding="utf-8")
    assert all(reason in report for _, reason in MISFITS)


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"answered_at": datetime.fromisoformat("2020-03-11T09:00")}, "found_at", "早于报警开始时间"),
        ({"answered_at": "2099-10-03 20:00"}, "inspected_at", "晚于收到的时间：反馈不可能发生在收到之后"),
        ({"rectify_by_date": date(2020, 3, 12)}, "rectify_by", "早于（或小于）found_at，先后顺序不对"),
        ({"category": "其它"}, "category", None),
    ],
)
def test_answers_pass_the_same_check_as_everything(
    engine: Engine, source: SourceConfig, values: dict[str, Any], field: str, reason: str | None
) -> None:
    hand_in(source, rows(FOUND | values))
    empty_inbox(engine, source, now=NOW)
    found = {row[0]: row[1] for row in stored(engine, "quarantine", "field", "reason")}
    assert field in found
    assert reason is None or found[field] == reason


def relabel(sheet: str, cell: str, value: str | None) -> Callable[[Any], None]:
    def fill(workbook: Any) -> None:
        workbook[sheet][cell] = value

    return fill


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (relabel(form.GUIDE_SHEET, form.FORM_VERSION_CELL, "0"), "the answer form is of another version"),
        (
            relabel(form.GUIDE_SHEET, form.LETTER_KEY_CELL, "notice/none"),
            "the answer form belongs to no letter of ours",
        ),
        (relabel(form.FORM_SHEET, f"A{form.HEADER_ROW}", "应答码"), "columns are missing or stand twice"),
    ],
)
def test_a_form_that_is_not_ours_fails(
    engine: Engine, source: SourceConfig, fill: Callable[[Any], None], message: str
) -> None:
    hand_in(source, fill)
    (warning,) = empty_inbox(engine, source, now=NOW).warnings
    assert message in warning
    assert (Path(source.location) / "failed/回执.xlsx").exists()


def test_an_empty_form_is_no_answer(engine: Engine, source: SourceConfig) -> None:
    hand_in(source, rows())
    assert empty_inbox(engine, source, now=NOW).read == 0


def test_a_column_that_the_city_put_in_does_no_harm(engine: Engine, source: SourceConfig) -> None:
    def fill(workbook: Any) -> None:
        workbook[form.FORM_SHEET].insert_cols(3)
        workbook[form.FORM_SHEET].cell(form.HEADER_ROW, 3, "本市编号")
        write_row(workbook, 0, FOUND)

    hand_in(source, fill)
    assert empty_inbox(engine, source, now=NOW).new == 2
