"""Every letter of a chain in an office in English: no Chinese character in any of its files or its mail."""

from datetime import UTC, datetime, timedelta

import pytest

from include.chain.figures import (
    ACCEPTANCE,
    ASSIGNMENT,
    ESCALATION,
    LEADER,
    REPORT_SHEET,
    RETURN,
    VISIT,
    ChainCase,
    ChainFigures,
)
from include.letters.chain import compose_chain
from include.periods import custom_period
from include.profile.current import load, using
from include.supervision.figures import Issue
from tests.profile.test_harbour_english import chinese, texts

AT = datetime(2020, 3, 12, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def case(kind: str, **more: object) -> ChainCase:
    told = {
        "problem_found": True,
        "category": "Industry",
        "report_note": "An open heap",
        "reporter": "A. Reed",
        "inspected_at": AT - 2 * HOUR,
        "reported_at": AT - HOUR,
    }
    mended = {"rectified_at": AT, "rectified_note": "Covered"}
    seen = {"result_note": "seen", "result_by": "B. Moore", "result_at": AT, "due_at": AT + HOUR}
    by_kind: dict[str, dict[str, object]] = {
        ASSIGNMENT: {"acknowledge_by": AT, "report_by": AT + HOUR, "suspected": ("Old Works",)},
        REPORT_SHEET: {**told, "rectify_by": AT + HOUR},
        RETURN: {**told, **seen, "is_returned": True},
        VISIT: {**told, **mended, "due_at": AT + HOUR},
        ACCEPTANCE: {**told, **mended, **seen, "is_accepted": False},
        ESCALATION: {"waits_for": "rectify", "duty": "C. Lane", "due_at": AT},
    }
    values = {**by_kind[kind], **more}
    return ChainCase(
        "W1-1",
        "W1",
        "HB-1",
        "Old Docks",
        "Grid 1",
        AT,
        AT + HOUR,
        2,
        92.0,
        "lead",
        "Northport",
        ("Eastport",),
        **values,
    )


@pytest.mark.parametrize("kind", [ASSIGNMENT, REPORT_SHEET, RETURN, VISIT, ACCEPTANCE, ESCALATION])
def test_it_is_in_english(kind: str) -> None:
    with using(load("harbour")):
        unit = LEADER if kind in (REPORT_SHEET, ESCALATION) else "HB-N"
        figures = ChainFigures(
            f"{kind}_HB-N", kind, unit, "Northport", "Northport Environment Office", "",
            custom_period(AT, AT + timedelta(minutes=1)), (case(kind), case(kind, problem_found=False)), "2026-11", True,
        )  # fmt: skip
        issue = Issue(
            "Agency",
            "Duty desk",
            "+000",
            "answers@harbour.example",
            None,
            None,
            reply_link="https://pad.example/f/x",
        )
        letter = compose_chain(figures, issue)
        assert chinese(letter.subject) == []
        for file in letter.files:
            assert chinese(texts(file.file_name, file.content)) == [], file.file_name
