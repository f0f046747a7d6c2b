"""`alarms accept|return|uphold|reject|close|reopen` and `feedback --known-at`, as an operator runs them."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from include.__main__ import main
from include.house import default_registry, open_house
from include.store import tables
from include.store.engine import reading
from tests.workflows.region import FEEDBACK, write_files

Verb = Callable[..., int]
Seen = Callable[[], dict[str, Any]]
DISPUTE = "X1,disputed,2020-03-11T09:00,鄠邑分局,赵某,,不是污染\n"


@pytest.fixture
def verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Verb:
    """Runs a verb in an installation of its own; returns the exit code."""
    monkeypatch.setenv("QIANLIYAN_VAR", str(tmp_path / "var"))

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["include", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0)

    return run


@pytest.fixture
def region(tmp_path: Path, verb: Verb) -> Path:
    """The hand-made region, pulled; 西安 disputes its alarm."""
    assert verb("migrate") == 0
    folder = write_files(tmp_path / "var" / "demo_region", feedback=FEEDBACK + DISPUTE)
    assert verb("pull", "--start", "2020-03-01", "--end", "2020-03-13") == 0
    return folder


@pytest.fixture
def counts(region: Path, verb: Verb, capsys: pytest.CaptureFixture[str]) -> Callable[[str], dict[str, Any]]:
    """The row of a unit in `feedback` of the hand-made days, as of now."""

    def of(unit: str) -> dict[str, Any]:
        as_of = f"{datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S.%f}+00:00"
        capsys.readouterr()
        span = ("--start", "2020-03-08", "--end", "2020-03-12", "--as-of", as_of)
        assert verb("feedback", *span, "--format", "json") == 0
        return next(row for row in json.loads(capsys.readouterr().out) if row["unit_code"] == unit)

    return of


def some(row: dict[str, Any], *names: str) -> list[int]:
    return [int(row[name]) for name in names]


def test_an_answer_is_returned_and_accepted(
    verb: Verb, counts: Callable[[str], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert some(counts("130100"), "answered", "on_time", "late") == [1, 1, 0]
    capsys.readouterr()
    assert verb("alarms", "return", "S1", "--reason", "没有照片") == 0
    assert capsys.readouterr().out == "S1: returned\n"
    assert some(counts("130100"), "answered", "due", "on_time", "overdue") == [0, 1, 1, 0]  # in grace
    assert verb("alarms", "return", "S1", "--reason", "再退") == 2
    assert "no standing answer" in capsys.readouterr().err
    assert verb("alarms", "accept", "S1", "--reason", "照片已补") == 0
    assert some(counts("130100"), "answered", "on_time", "late") == [1, 1, 0]  # as its first answer was
    assert verb("alarms", "accept", "S1", "--reason", "再收") == 2
    assert "accepted already" in capsys.readouterr().err


def test_a_dispute_is_upheld_and_the_upholding_undone(
    verb: Verb, counts: Callable[[str], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert some(counts("610100"), "pushed", "due", "in_dispute") == [1, 0, 1]
    assert verb("alarms", "uphold", "X1", "--reason", "仪器故障") == 0
    assert some(counts("610100"), "pushed", "in_dispute") == [0, 0]
    assert verb("alarms", "reject", "X1", "--reason", "复核有误") == 0
    # 24 hours from the rejection that undid the upholding
    assert some(counts("610100"), "pushed", "due", "in_dispute", "overdue") == [1, 0, 0, 0]
    capsys.readouterr()
    assert verb("alarms", "reject", "X1", "--reason", "再驳回") == 2
    assert "no dispute that could be rejected" in capsys.readouterr().err
    assert verb("alarms", "uphold", "Y2", "--reason", "没有申诉") == 2
    assert "no dispute that could be upheld" in capsys.readouterr().err


def test_an_alarm_is_closed_and_reopened_and_the_trail_tells_who_and_why(
    tmp_path: Path, verb: Verb, counts: Callable[[str], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("pushed", "due", "overdue", "chronic", "closed")
    assert some(counts("140300"), *names) == [2, 2, 1, 1, 0]
    assert verb("alarms", "close", "Y2", "--reason", "点位已拆除") == 0
    assert some(counts("140300"), *names) == [2, 1, 0, 0, 1]
    assert verb("alarms", "close", "Y2", "--reason", "再结") == 2
    assert verb("alarms", "reopen", "Y2", "--reason", "结案有误") == 0
    assert some(counts("140300"), *names) == [2, 2, 1, 1, 0]
    engine = open_house(default_registry(), tmp_path / "var").engine
    columns = tables.audit.c
    with reading(engine) as connection:
        trail = connection.execute(
            select(columns.subject_id, columns.action, columns.reason)
            .where(columns.subject == "alarm")
            .order_by(columns.audit_id)
        ).all()
    assert [tuple(row) for row in trail] == [("Y2", "close", "点位已拆除"), ("Y2", "reopen", "结案有误")]


@pytest.mark.parametrize("name", ["accept", "return", "uphold", "reject", "close", "reopen"])
def test_an_act_needs_a_reason_and_a_known_alarm(
    region: Path, verb: Verb, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    capsys.readouterr()
    assert verb("alarms", name, "Y2") == 2
    assert "--reason" in capsys.readouterr().err
    assert verb("alarms", name, "Y2", "--reason", "  ") == 2
    assert "a reason is needed" in capsys.readouterr().err
    assert verb("alarms", name, "NOPE", "--reason", "x") == 2
    assert "no such alarm" in capsys.readouterr().err


def test_feedback_by_what_was_known_leaves_out_what_was_received_later(
    region: Path, verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    known_at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}+00:00"
    late = "Y2,submitted,2020-03-11T20:00,郊区分局,李某,false,未见异常\n"
    write_files(region, feedback=FEEDBACK + DISPUTE + late)
    assert verb("pull", "--start", "2020-03-01", "--end", "2020-03-13") == 0
    span = ("feedback", "--start", "2020-03-08", "--end", "2020-03-12", "--as-of", "2020-03-12T08:30")
    told = {}
    for name, option in (("known", ("--known-at", known_at)), ("now", ())):
        capsys.readouterr()
        assert verb(*span, *option, "--format", "json") == 0
        row = next(one for one in json.loads(capsys.readouterr().out) if one["unit_code"] == "140300")
        told[name] = some(row, "pushed", "answered", "on_time", "overdue")
    assert told == {"known": [2, 0, 0, 2], "now": [2, 1, 1, 1]}
    assert verb(*span, "--known-at", "gestern") == 2
