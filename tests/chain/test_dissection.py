"""解剖分析: when cases open, what may be done with them, what did not hold, and what the measures changed; pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.chain.dissection.effect import adjusted_ratio, mean_difference, rate_ratio, t_quantile
from include.chain.dissection.findings import Finding, Visit, unheld
from include.chain.dissection.finished import is_marked, left_unfilled, places_to_fill, written
from include.chain.dissection.machine import after, allowed, case_of, next_event
from include.chain.dissection.opening import Opening, Push, opening
from include.chain.dissection.values import Case, CaseEvent, CaseMove
from include.errors import InputError, StateError
from include.rules import DissectionRules

START = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = DissectionRules(alarms=3, within=10 * DAY, again=2)


def at(day: float) -> datetime:
    return START + day * DAY


def pushes(*days: float) -> list[Push]:
    return [Push(at(day), f"A{number}") for number, day in enumerate(days, start=1)]


def opened(day: float = 0, event: str = "opened", seq: int = 1) -> CaseEvent:
    return CaseEvent(seq, event, at(day), at(day), "run", "run", alarm_id="A3", rule_alarms=3, rule_days=10)


def ended(day: float, state: str = "accepted") -> Case:
    return Case(state=state, round_no=1, first_opened_at=at(0), opened_at=at(0), ended_at=at(day))


def test_a_case_opens_at_the_alarm_that_fills_the_number() -> None:
    assert opening(pushes(0, 4), None, RULES) is None
    assert opening(pushes(0, 4, 10), None, RULES) == Opening("opened", at(10), "A3")
    assert opening(pushes(0, 4, 10.1), None, RULES) is None
    assert opening(pushes(0, 9, 11, 12, 13), None, RULES) == Opening("opened", at(12), "A4")
    assert opening(list(reversed(pushes(0, 4, 10))), None, RULES) == Opening("opened", at(10), "A3")
    assert opening(pushes(0, 0, 0), None, RULES) == Opening("opened", at(0), "A3")


def test_while_it_runs_nothing_opens_and_an_accepted_one_opens_again() -> None:
    assert opening(pushes(0, 1, 2, 3), case_of([opened()]), RULES) is None
    assert opening(pushes(0, 1, 2, 5), ended(4), RULES) is None
    assert opening(pushes(0, 1, 2, 5, 14), ended(4), RULES) == Opening("reopened", at(14), "A5")
    # Later than the watched time it is a case of its own, and so is one after a case that was dropped.
    assert opening(pushes(0, 5, 15), ended(4), RULES) is None
    assert opening(pushes(0, 20, 21, 22), ended(4), RULES) == Opening("opened", at(22), "A4")
    assert opening(pushes(0, 5, 6, 7), ended(4, "dropped"), RULES) == Opening("opened", at(7), "A4")


def test_a_case_goes_its_way_and_another_person_accepts_it() -> None:
    case = case_of([opened()])
    assert allowed(case) == ("file", "measure", "drop")
    case = taken(case, "measure", 1, note="苫盖", unit_code="U1", owner="李某", due_at=at(9))
    case = taken(case, "file", 2, actor="王某", document_sha256="0" * 64, document_name="分析.docx")
    with pytest.raises(StateError, match="measure 1 is not done"):
        taken(case, "accept", 3, note="同意", actor="周局")
    assert case.measures[0].is_overdue(at(9.1))
    assert not case.measures[0].is_overdue(at(9))
    case = taken(case, "done", 4, measure_no=1, note="已苫盖", actor="李某")
    assert case.done_at == at(4)
    case = taken(case, "redo", 5, measure_no=1, note="未全覆盖")
    assert (case.measures[0].state, case.done_at) == ("running", None)
    case = taken(case, "done", 6, measure_no=1, note="已全覆盖", actor="clerk", person="李某")
    for same in ("王某", "李 某"):
        for who in ({"actor": same}, {"actor": "clerk", "person": same}):
            with pytest.raises(StateError, match="another person must accept the case"):
                taken(case, "accept", 7, note="同意", **who)
    # Who typed a step in for somebody took no part, as in the chain: an office of one clerk accepts by naming who did.
    case = taken(case, "accept", 7, note="同意", actor="clerk", person="周局")
    assert (case.state, case.ended_at, allowed(case)) == ("accepted", at(7), ())
    case = after(case, opened(12, "reopened", 8))
    assert (case.state, case.round_no, case.opened_at, case.first_opened_at) == ("open", 2, at(12), at(0))
    assert [one.state for one in case.measures] == ["failed"]
    assert case.own_measures == ()
    with pytest.raises(StateError, match="no such measure of this round"):
        taken(case, "done", 13, measure_no=1, note="x")


@pytest.mark.parametrize(
    ("step", "more"),
    [
        ("measure", {"note": "苫盖", "unit_code": "U1", "owner": "李某"}),
        ("measure", {"note": "苫盖", "unit_code": "U1", "owner": "李某", "due_at": at(1)}),
        ("measure", {"note": " ", "unit_code": "U1", "owner": "李某", "due_at": at(9)}),
        ("measure", {"note": "苫盖", "unit_code": "U1", "owner": "", "due_at": at(9)}),
        ("file", {"note": "无文件"}),
        ("drop", {}),
        ("drop", {"note": "x" * 2001}),
        ("drop", {"note": "x", "person": "y" * 129}),
        ("burn", {"note": "x"}),
    ],
)
def test_a_move_that_says_too_little_is_refused(step: str, more: dict[str, object]) -> None:
    with pytest.raises(InputError):
        taken(case_of([opened()]), step, 2, **more)


@given(
    st.lists(st.sampled_from(("file", "measure", "done", "redo", "cancel", "accept", "drop")), max_size=25)
)
def test_whatever_is_tried_what_is_allowed_is_taken_and_the_rest_refused(steps: list[str]) -> None:
    events = [opened()]
    for number, name in enumerate(steps, start=1):
        case = case_of(events)
        numbers = [one.measure_no for one in case.own_measures] or [1]
        results = []
        for measure_no in numbers if name in ("done", "redo", "cancel") else [0]:
            move = CaseMove(
                name, at(number), "a", "b", "why", measure_no, "U1", "o", at(99), "0" * 64, "x.docx"
            )
            if name == "accept":
                move = replace(move, actor="c", person="d")
            try:
                results.append(next_event(case, move))
            except StateError:
                continue
        assert bool(results) == (name in allowed(case))
        events += results[:1]
    assert [one.seq for one in events] == list(range(1, len(events) + 1))
    assert case_of(events).round_no == 1


def taken(case: Case, step: str, day: float, **more) -> Case:
    return after(case, next_event(case, CaseMove(step, at(day), **{"actor": "duty", **more})))


def test_what_did_not_hold() -> None:
    visits = (
        visit("A1", 0, finding(categories=("工业企业",), rectified_at=at(2), rectified_note="已苫盖")),
        visit("A2", 5, finding(found=False), answered_at=at(6)),
        visit("A3", 20, finding(failures=1)),
    )
    assert [
        (one.alarm_id, one.why, one.what, one.next_alarm_id, one.days) for one in unheld(visits, 10 * DAY)
    ] == [("A1", "again", "已苫盖", "A2", 3.0), ("A3", "not_accepted", "", "", None)]
    assert [one.why for one in unheld(visits, 15 * DAY)] == ["again", "nothing_found", "not_accepted"]


def test_what_did_not_hold_is_told_of_whose_it_was() -> None:
    lead = finding(rectified_at=at(2), rectified_note="已苫盖")
    joint = finding("乙", found=False, note="未见异常")
    visits = (
        visit("A1", 0, lead, joint, answered_at=at(1)),
        visit("A2", 3, finding(found=False, note="甲的话"), replace(joint, failures=1), answered_at=at(4)),
        visit("A3", 5, finding(found=None), replace(joint, found=None)),
    )
    assert [(one.found, one.holders) for one in visits] == [
        (True, ("甲", "乙")),
        (False, ("甲", "乙")),
        (None, ("甲", "乙")),
    ]
    assert [(one.alarm_id, one.why, one.holders, one.what) for one in unheld(visits, 10 * DAY)] == [
        ("A1", "again", ("甲",), "已苫盖"),  # what the other did not find speaks against nobody
        ("A2", "not_accepted", ("乙",), ""),
        ("A2", "nothing_found", ("甲", "乙"), "甲的话；未见异常"),
    ]


def finding(holder: str = "甲", *, found: bool | None = True, **more) -> Finding:
    return Finding(holder, found=found, **more)


def visit(alarm_id: str, day: float, *findings: Finding, **more) -> Visit:
    return Visit(alarm_id, at(day), at(day), at(day), 1, None, findings, "answered", **more)


def test_the_ratio_of_alarms_has_its_exact_interval() -> None:
    found = rate_ratio(10, 30, 3, 30)
    assert found is not None
    # Clopper-Pearson of 3 of 13: 0.050381 to 0.538131 (binom.test), as odds.
    assert (found.value, round(found.low, 4), round(found.high or 0, 4)) == (0.3, 0.0531, 1.1651)
    assert found.verdict == "unclear"
    none_left = rate_ratio(10, 30, 0, 30)
    assert none_left is not None
    assert (none_left.value, none_left.low, none_left.verdict) == (0.0, 0.0, "fell")
    assert none_left.high == pytest.approx(1 / 0.025 ** (1 / 10) - 1)  # (1 − p)^10 = 2.5 %
    twice = rate_ratio(10, 30, 3, 15)
    assert twice is not None
    assert twice.value == pytest.approx(0.6)
    assert rate_ratio(0, 30, 0, 30) is None
    nothing_before = rate_ratio(0, 30, 3, 30)
    assert nothing_before is not None
    assert (nothing_before.value, nothing_before.high) == (None, None)


def test_the_ratio_against_other_grids_is_fishers() -> None:
    found = adjusted_ratio(1, 3, 3, 1)
    assert found is not None
    # The lady tasting tea: at the upper limit P(X <= 3) = 2.5 % of weights 1, 16, 36, 16, 1.
    assert found.value == 9.0
    weights = [comb(4, k) ** 2 * (found.high or 0) ** k for k in range(5)]
    assert sum(weights[:4]) / sum(weights) == pytest.approx(0.025)
    weights = [comb(4, k) ** 2 * found.low**k for k in range(5)]
    assert sum(weights[3:]) / sum(weights) == pytest.approx(0.025)
    assert adjusted_ratio(3, 1, 0, 5) is None
    many = adjusted_ratio(10, 3, 100_000, 100_000)
    plain = rate_ratio(10, 30, 3, 30)
    assert many is not None
    assert plain is not None
    assert many.low == pytest.approx(plain.low, rel=1e-2)


def test_the_difference_counts_independent_days_only() -> None:
    assert mean_difference([1.0] * 6, [2.0] * 10) is None
    found = mean_difference([50, 60, 55, 52, 58, 61, 49], [40, 42, 39, 41, 45, 38, 37])
    assert found is not None
    assert found.value_ug_m3 == pytest.approx(-14.714, abs=1e-3)
    assert found.verdict == "fell"
    steady = [10.0] * 10 + [20.0] * 10  # follows itself: hardly two independent days
    unsteady = [10.0, 20.0] * 10
    wide, narrow = (mean_difference(one, [12.0] * 9 + [13.0]) for one in (steady, unsteady))
    assert narrow is not None
    assert wide is None or wide.high_ug_m3 - wide.low_ug_m3 > narrow.high_ug_m3 - narrow.low_ug_m3
    assert [round(t_quantile(freedom), 2) for freedom in (4, 10, 30)] == [2.78, 2.23, 2.04]


def test_a_draft_is_told_by_its_words() -> None:
    places = places_to_fill(
        ["一、原因", "［由承办人填写：原因，\n以及依据。］", "[To be filled in: causes.]", "见［1］。"]
    )
    assert places == ("由承办人填写", "To be filled in")
    assert left_unfilled(["［由承办", "人填写：锅炉］"], places) == ("由承办人填写",)
    assert left_unfilled(["已由承办人填写。", "［见附件］"], places) == ()
    assert is_marked(["草稿\n模拟数据", "草稿　模拟数据"], "草稿")
    assert is_marked(["草 稿 模拟数据"], "草稿")
    assert is_marked(["D R A F T"], "DRAFT")
    assert not is_marked(["", "草稿"], "草稿")
    assert not is_marked(["初草稿件"], "草稿")
    assert not is_marked([], "草稿")
    draft = ["在5天内报警3条，核查发现问题0条。", "李某"]
    assert written(["在15天内报警4条，核查发现问题1条。", "李某", "2020-03-01"], [draft]) == 0
    assert written(["在5天内报警3条，", "核查发现问题0条。"], [[], draft]) == 0
    assert written(["主要是料堆起尘"], [draft]) == 7
    assert written(["待填" * 30, "待填" * 30, "料堆", "料堆"], [draft]) == 4
    assert (
        written(["李某 2020-03-01 郊区 王"], [["李某", "郊区", "王"]]) == 0
    )  # a PDF has a table's row in one line
    assert written(["The heap was open"], [["The heap was covered"]]) == 1
