"""Everything that a chain prints in an office in English: its letters, the assessment, the draft of an analysis, the groups' messages and
cards hold no Chinese character."""

import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from docx import Document

from include.chain.assessment import GROUPS
from include.chain.assessment_figures import AssessedUnit, AssessmentFigures
from include.chain.dissection.effect import Difference, Ratio
from include.chain.dissection.figures import CaseFigures, Effect, NamedSuspect
from include.chain.dissection.findings import Finding, Unheld, Visit
from include.chain.dissection.finished import left_unfilled, places_to_fill
from include.chain.dissection.values import MEASURE_STATES, Case, Measure
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
from include.chain.overdue import ChainStanding, HolderOverdue
from include.letters.assessment import compose_assessment
from include.letters.chain import compose_chain
from include.letters.dissection import compose_dissection
from include.letters.group_words import escalations, morning, overdue
from include.periods import Period, custom_period
from include.post.channels.robots import Content, request_of
from include.post.channels.settings import Channel
from include.profile.current import load, using
from include.rules import DissectionRules
from include.supervision.figures import DailyFigures, Issue
from tests.profile.test_harbour_english import chinese, texts

AT = datetime(2020, 3, 12, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MONTH = Period.of_days(date(2020, 3, 1), date(2020, 4, 1), "month", AT)
ISSUE = Issue(
    "Agency", "Duty desk", "+000", "answers@harbour.example", None, None, reply_link="https://pad.example/f/x"
)


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
        letter = compose_chain(figures, ISSUE)
        assert chinese(letter.subject) == []
        for file in letter.files:
            assert chinese(texts(file.file_name, file.content)) == [], file.file_name


def test_the_assessment_is_in_english() -> None:
    def row(group: str, unit: str, **more: object) -> AssessedUnit:
        counts = dict.fromkeys(
            (
                "tasks",
                "acknowledge_due",
                "acknowledge_on_time",
                "report_due",
                "report_on_time",
                "rectify_due",
                "rectify_on_time",
                "due",
                "on_time",
                "returned",
                "failed",
                "repeats",
                "accepted",
                "written_off",
                "pending",
                "under_review",
            ),
            1,
        )
        values = {**counts, "is_small": False, "rank": 1, **more}
        return AssessedUnit(group=group, unit_code=unit, unit_name=unit, **values)

    with using(load("harbour")):
        rows = tuple(row(group, f"Unit of {group}", is_small=group == "town") for group in GROUPS)
        for held in (
            rows,
            rows[:1],
            (row("town", "Lakeside", is_small=True, rank=None, pending=0, under_review=0),),
        ):
            figures = AssessmentFigures(
                "assessment_leader",
                "assessment",
                LEADER,
                "Director",
                "Director",
                MONTH,
                date(2020, 3, 1),
                held,
                5,
                "2026-11",
                True,
            )
            letter = compose_assessment(figures, ISSUE)
            assert chinese(letter.subject) == []
            for file in letter.files:
                assert chinese(texts(file.file_name, file.content)) == [], file.file_name


def test_the_draft_of_an_analysis_is_in_english() -> None:
    with using(load("harbour")):
        for figures in (
            analysed(),
            replace(
                analysed(),
                visits=(),
                unheld=(),
                suspects=(),
                winds=(),
                ranked_alarms=0,
                case=Case("open", 1, AT, AT),
                effect=None,
            ),
        ):
            letter = compose_dissection(figures, DissectionRules(), "Agency")
            assert chinese(letter.subject) == []
            for file in letter.files:
                assert chinese(texts(file.file_name, file.content)) == [], file.file_name


def test_a_draft_in_english_that_nobody_finished_is_told() -> None:
    with using(load("harbour")):
        letter = compose_dissection(analysed(), DissectionRules(), "Agency")
        draft = letter.file("docx")
        assert draft is not None
        told = Document(io.BytesIO(draft.content))
        places = places_to_fill(one.text for one in told.paragraphs)
        assert places == ("To be filled in by a person",)
        assert left_unfilled([one.text for one in told.paragraphs], places) == places


@pytest.mark.parametrize("form", ["text", "card"])
@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu"])
def test_what_groups_are_told_of_a_chain_is_in_english(kind: str, form: str) -> None:
    held = HolderOverdue("Northport", 3, (("acknowledge", 1), ("rectify", 2)), 1)
    chain = ChainStanding(
        (held, replace(held, escalated=0)), (("review", 2, 1), ("accept", 1, 0)), is_simulated=True
    )
    with using(load("harbour")):
        day = DailyFigures(custom_period(AT, AT + HOUR), (), (), (), (), (), "", False)
        cases = [case(ESCALATION), case(ESCALATION, waits_for="review", duty="")]
        for words in (overdue(day, chain), escalations(cases, AT, is_simulated=True), morning(day)):
            assert words is not None
            channel = Channel("g", kind, "key-of-the-robot", "http://127.0.0.1:1", form=form)  # type: ignore[arg-type]
            content = Content(words.title, words.lines, words.is_urgent)
            body = json.loads(request_of(channel, content, b"", AT).body)
            assert chinese(json.dumps(body, ensure_ascii=False)) == []


def analysed() -> CaseFigures:
    lead = Finding(
        "Northport", "lead", True, ("Industry",), "An open heap", "A. Reed", AT, "Covered", AT, 1, 1
    )
    joint = Finding("Eastport", "joint", False, (), "nothing", "B. Moore")
    visits = (
        Visit("W1", AT, AT + HOUR, AT, 2, 92.0, (lead, joint, Finding("Westport", "joint")), "late", AT),
        Visit("W2", AT, AT, AT, 1, None, (Finding("Northport"),), "overdue"),
    )
    held = (
        Unheld("W1", "again", ("Northport",), "Covered", AT, "W2", 2.5),
        Unheld("W1", "not_accepted", ("Northport",), "", AT),
        Unheld("W2", "nothing_found", ("Northport",), "", AT, "W3", 1.0),
    )
    measures = tuple(
        Measure(number, 1, "A roof", "HB-N", "C. Lane", AT, state, AT if state != "running" else None)
        for number, state in enumerate(MEASURE_STATES, start=1)
    )
    suspect = NamedSuspect("Old Boiler Works", "enterprise", 2, 1, 0.4, 1, 1)
    ratio = Ratio(0.4, 0.1, 1.2)
    effect = Effect(
        AT,
        AT + HOUR,
        AT,
        AT + HOUR,
        5,
        2,
        30,
        28,
        ratio,
        Ratio(None, 0.0, None),
        Difference(-4.0, -9.0, -1.0, 9, 9),
    )
    return CaseFigures(
        "HB-1-1", "HB-1", 1, "Old Docks", "Grid 1", "Northport", AT, Case("analysed", 2, AT, AT, measures=measures, rule_alarms=5, rule_days=30),
        visits, held, "Wind mostly from the west", (("西", 0.6), ("西北", 0.4)), (suspect,), 2, {"HB-N": "Northport"}, effect, AT, True,
    )  # fmt: skip
