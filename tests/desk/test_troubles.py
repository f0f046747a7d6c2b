"""Errors of the desk's actions in the reader's language; every text that they may show has its Chinese."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import Request

from include.desk.pages.troubles import chinese, error_text
from include.errors import InputError, StateError

INCLUDE = Path(__file__).resolve().parents[2] / "include"
ACTED_IN = [
    *(INCLUDE / "desk").rglob("*.py"),
    INCLUDE.parent / "plugins" / "desk.py",
    INCLUDE / "workflows" / "corrections.py",
    INCLUDE / "answer_form" / "reading.py",
    INCLUDE / "sources" / "reading" / "workbooks.py",
    INCLUDE / "sources" / "reading" / "workbook_child.py",
    INCLUDE / "sources" / "reading" / "documents.py",
    INCLUDE / "sources" / "quarantine.py",
    INCLUDE / "sources" / "chain_steps.py",
    INCLUDE / "sources" / "contacts" / "decisions.py",
    INCLUDE / "sources" / "contacts" / "questions.py",
    INCLUDE / "store" / "archive.py",
    *(
        INCLUDE / "store" / f"{name}.py"
        for name in ("dated_records", "offices", "places", "unit_guards", "units")
    ),
    *(INCLUDE / "office").glob("*.py"),
    *(INCLUDE / "chain").rglob("*.py"),
    *(INCLUDE / "office" / "mailroom").glob("*.py"),
    *(
        INCLUDE / "post" / f"{name}.py"
        for name in ("composed", "copies", "revisions", "drafts", "message", "outbox", "release")
    ),
]
NOT_SHOWN = ("bulletin.py", "air_quality.py", "grid_choice.py", "grid_sources.py")  # no page asks for these


def request(language: str) -> Request:
    return Request({"type": "http", "headers": [(b"accept-language", language.encode())]})


def texts(path: Path, *named: str) -> Iterator[str]:
    """What the errors of a module say, and what they say under these names; {} stands for what is filled in."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
            "StateError",
            "InputError",
            "CompositionError",
            "Unusable",
        ):
            for part in [*node.args[:1], *(one.value for one in node.keywords if one.arg in named)]:
                yield from words(part)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "require":  # of the chain
            yield from words(node.args[1])


def words(part: ast.expr) -> Iterator[str]:
    """The text of an expression, or the two of a choice; nothing for a name that is handed on."""
    if isinstance(part, ast.IfExp):
        yield from words(part.body)
        yield from words(part.orelse)
    elif not isinstance(part, ast.Name):
        pieces = part.values if isinstance(part, ast.JoinedStr) else [part]
        yield "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in pieces)


def test_every_error_has_its_chinese_and_no_chinese_is_left_over() -> None:
    said = {text for path in ACTED_IN if path.name not in NOT_SHOWN for text in texts(path, "todo")} - {
        "{}"  # an error told again under another name
    }
    known = {re.sub(r"\{\w+\}", "{}", text) for text in chinese()}
    assert sorted(said - known) == []
    of_periods = {"a window needs at least one day", "as_of needs a time zone", "not a date", "not a moment"}
    others = (INCLUDE / name for name in ("periods.py", "office/notes.py"))
    details = {text for path in (*ACTED_IN, *others) for text in texts(path, "expected", "got")}
    of_workbooks = {
        "open it in a spreadsheet program and save it again as .xlsx"
    }  # said by a process of its own
    assert sorted(known - said - of_periods - of_workbooks - details) == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            StateError("the letter is withheld", where="L1", expected="released", todo="release it"),
            "函件状态为暂不发送；应为已放行；请先放行（L1）",
        ),
        (
            StateError(
                "the letter is released and cannot become drafted", expected="drafted or withheld", got="x"
            ),
            "函件状态为已放行，不能改为已拟稿；应为已拟稿或暂不发送；现为x",
        ),
        (StateError("nobody thought of this"), "nobody thought of this"),
        (
            StateError("no letter was chosen", where="daily_dispatch/manual__2026-11-26T11:06:39+00:00"),
            "没有勾选函件",
        ),
        (
            StateError("no letter was chosen", where="notice_131100_day_2026-11-25_2026-11-26_1"),
            "没有勾选函件",
        ),
        (StateError("no letter was chosen", where="first, last"), "没有勾选函件（自、至）"),
        (
            InputError(
                "not a date",
                expected="YYYY-MM-DD such as 2020-03-16, years 2000 to 2099",
                got="2020-02-30",
            ),
            "不是日期；应为年-月-日，如 2020-03-16；现为2020-02-30",
        ),
        (
            InputError(
                "a form cannot have been received later than now",
                expected="not after 2026-11-26T02:36:10.070061+00:00",
                got="2029-12-31T16:00:00+00:00",
            ),
            "收到时间不能晚于现在；应为不晚于2026-11-26 10:36；现为2030-01-01 00:00",
        ),
        (
            InputError("the workbook cannot be read", expected="words of no use", got="BadZipFile: no zip"),
            "工作簿不能读取",
        ),
    ],
)
def test_an_error_speaks_to_the_reader(error: StateError, words: str) -> None:
    assert error_text(request("zh-CN"), error) == words
    assert error_text(request(""), error) == words
    labels = {"first, last": "From, To"}
    where = labels.get(error.where, error.where)
    assert error_text(request("en-GB"), error) == where + str(error).removeprefix(error.where)
