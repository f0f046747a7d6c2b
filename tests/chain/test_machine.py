"""The machine, told as tables: what may be done in each state, by whom, who may not, until when, and how each step is judged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from include.chain.machine import SKEW, allowed, chain_of, next_event
from include.chain.values import Chain, Event, Move
from include.errors import InputError, StateError
from include.profile.chain_values import ChainSettings, Duty
from include.rules import ChainRules

T = datetime(2020, 3, 12, tzinfo=UTC)
H = timedelta(hours=1)
RULES = ChainRules(
    acknowledge=2 * H,
    report=16 * H,
    review=6 * H,
    report_again=10 * H,
    rectify=70 * H,
    accept=30 * H,
    write_off=100 * H,
    promise_longest=200 * H,
    escalate_after=5 * H,
)
SETTINGS = ChainSettings(RULES)
FOUND = {"problem_found": True, "category": "工业企业"}

# How each state is come to: steps an hour apart, of a report with a problem.
WAYS: dict[str, tuple[str, ...]] = {
    "assigned": ("assign",),
    "acknowledged": ("assign", "acknowledge"),
    "reported": ("assign", "report"),
    "returned": ("assign", "report", "return"),
    "passed": ("assign", "report", "pass"),
    "rectified": ("assign", "report", "pass", "rectify"),
    "failed": ("assign", "report", "pass", "rectify", "fail"),
    "accepted": ("assign", "report", "pass", "rectify", "accept"),
    "drawn": ("assign", "report", "pass", "rectify", "accept*"),
    "checked": ("assign", "report", "pass", "rectify", "accept*", "check"),
    "written_off": ("assign", "report", "pass", "rectify", "accept", "write_off"),
    "withdrawn": ("assign", "withdraw"),
}
# What may be done in each of them, in the order of the way.
MAY: dict[str, str] = {
    "assigned": "acknowledge report extend withdraw",
    "acknowledged": "report extend withdraw",
    "reported": "report pass return extend withdraw",
    "returned": "report extend withdraw",
    "passed": "return rectify extend withdraw",
    "rectified": "return accept fail extend withdraw",
    "failed": "return rectify extend withdraw",
    "accepted": "return write_off extend withdraw",
    "drawn": "return check doubt extend withdraw",
    "checked": "return write_off extend withdraw",
    "written_off": "",
    "withdrawn": "",
}
# Until when what comes next is asked for, in hours from T; None: nothing is.
DUE: dict[str, float | None] = {
    "assigned": 2,
    "acknowledged": 16,
    "reported": 1 + 6,
    "returned": 2 + 10,
    "passed": 2 + 70,
    "rectified": 3 + 30,
    "failed": 4 + 70,
    "accepted": 4 + 100,
    "drawn": 4 + 100,
    "checked": 4 + 100,
    "written_off": None,
    "withdrawn": None,
}
# Until when each step that was taken on the way is judged, in hours from T; None: nothing waited for it.
JUDGED: dict[str, tuple[float | None, ...]] = {
    "acknowledged": (None, 2),
    "returned": (None, 16, 7),
    "failed": (None, 16, 7, 72, 33),
    "accepted": (None, 16, 7, 72, 33),
    "checked": (None, 16, 7, 72, 33, None),
    "written_off": (None, 16, 7, 72, 33, 104),
    "withdrawn": (None, None),
}
HOLDERS = ("acknowledge", "report", "rectify")


def move(step: str, hours: float, **more: Any) -> Move:
    """A step as the one who may take it takes it: 李 reports and rectifies, 王 reviews, 周 accepts, 吴 checks."""
    at = T + hours * H
    name, is_drawn = step.removesuffix("*"), step.endswith("*")
    who = {
        "report": "李",
        "rectify": "李",
        "acknowledge": "李",
        "accept": "周",
        "fail": "周",
        "check": "吴",
        "doubt": "吴",
    }
    values: dict[str, Any] = {
        "task_no": 0 if name == "assign" else 1,
        "unit_code": "U" if name in (*HOLDERS, "assign") else "",
        "note": "据实",
        "is_drawn": is_drawn,
        "due_at": at + 900 * H if name == "extend" else None,
        **(FOUND if name == "report" else {}),
        **more,
    }
    return Move(name, at, at, who.get(name, "王"), **values)


def walked(*steps: str, start: float = 0) -> tuple[Event, ...]:
    events: tuple[Event, ...] = ()
    for hours, step in enumerate(steps):
        events = (*events, next_event(chain_of(events), move(step, start + hours), SETTINGS))
    return events


def stands(state: str) -> Chain:
    return chain_of(walked(*WAYS[state]))


@pytest.mark.parametrize("state", WAYS)
def test_what_may_be_done_and_until_when(state: str) -> None:
    events = walked(*WAYS[state])
    chain = chain_of(events)
    assert chain.tasks[0].state == ("accepted" if state == "drawn" else state)
    assert allowed(chain, 1) == tuple(MAY[state].split())
    hours = DUE[state]
    assert chain.tasks[0].due_at == (None if hours is None else T + hours * H)
    judged = [None if one.met_due_at is None else (one.met_due_at - T) / H for one in events]
    assert JUDGED.get(state, tuple(judged)) == tuple(judged)


@pytest.mark.parametrize("state", WAYS)
def test_every_other_step_is_refused_and_these_are_taken(state: str) -> None:
    chain, hours = stands(state), len(WAYS[state])
    for name in ("acknowledge", "report", "pass", "return", "rectify", "accept", "fail", "check", "doubt"):
        _is_taken(chain, name, hours, name in MAY[state].split())
    for name in ("write_off", "extend", "withdraw"):
        _is_taken(chain, name, hours, name in MAY[state].split())
    other = replace(move("assign", hours), unit_code="V")
    assert next_event(chain, other, SETTINGS).task_no == 2
    _is_taken(chain, "close", hours, state in ("written_off", "withdrawn"), task_no=0)
    _is_taken(chain, "reopen", hours, False, task_no=0)


def _is_taken(chain: Chain, name: str, hours: float, is_lawful: bool, **more: Any) -> None:
    try:
        next_event(chain, move(name, hours, **more), SETTINGS)
    except StateError:
        assert not is_lawful, name
    else:
        assert is_lawful, name


@pytest.mark.parametrize(
    ("state", "step", "who"),
    [
        ("reported", "pass", "李"),
        ("reported", "return", "李"),
        ("passed", "return", "李"),
        ("rectified", "accept", "李"),
        ("rectified", "fail", "李"),
        ("drawn", "check", "李"),
        ("drawn", "check", "周"),
        ("drawn", "doubt", "周"),
    ],
)
def test_another_person_must_do_it_as_account_or_as_person(state: str, step: str, who: str) -> None:
    chain, hours = stands(state), len(WAYS[state])
    for more in ({"person": who}, {"person": f"赵、{who}"}):
        with pytest.raises(StateError, match=f"another person must {step} it"):
            next_event(chain, move(step, hours, **more), SETTINGS)
    for actor in (who, f"{who} <a@b.example>"):
        with pytest.raises(StateError, match=f"another person must {step} it"):
            next_event(chain, replace(move(step, hours, person="郑"), actor=actor), SETTINGS)
    assert next_event(chain, move(step, hours, person="郑"), SETTINGS).person == "郑"


def test_the_reviewer_may_accept_and_write_off_and_the_acceptor_may_review() -> None:
    assert (
        next_event(stands("rectified"), replace(move("accept", 4), actor="王"), SETTINGS).state == "accepted"
    )
    assert (
        next_event(stands("accepted"), replace(move("write_off", 5), actor="李"), SETTINGS).state
        == "written_off"
    )


@pytest.mark.parametrize("state", [one for one in WAYS if MAY[one]])
def test_the_holder_takes_its_own_steps_and_the_office_the_others(state: str) -> None:
    chain, hours = stands(state), len(WAYS[state])
    for name in MAY[state].split():
        for wrong in ("", "V") if name in HOLDERS else ("U", "V"):
            with pytest.raises(StateError, match="that step is the "):
                next_event(chain, move(name, hours, unit_code=wrong), SETTINGS)


@pytest.mark.parametrize(
    ("step", "more"),
    [
        ("report", {"note": " "}),
        ("report", {"problem_found": None}),
        ("report", {"category": ""}),
        ("return", {"note": ""}),
        ("fail", {"note": ""}),
        ("doubt", {"note": ""}),
        ("extend", {"note": ""}),
        ("withdraw", {"note": ""}),
        ("close", {"note": "", "task_no": 0}),
        ("reopen", {"note": "", "task_no": 0}),
        ("assign", {"unit_code": ""}),
        ("assign", {"role": "third"}),
        ("acknowledge", {"note": "长" * 10_001}),
        ("acknowledge", {"person": "名" * 129}),
    ],
)
def test_a_move_that_says_too_little_or_too_much_is_refused(step: str, more: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="a step of the chain says too little"):
        next_event(stands("reported"), move(step, 9, **more), SETTINGS)
    with pytest.raises(InputError, match="a step of the chain says too little"):
        next_event(stands("reported"), replace(move("acknowledge", 9), actor=""), SETTINGS)


def test_a_report_without_a_problem_has_nothing_to_rectify() -> None:
    events = walked("assign")
    for step in (move("report", 1, problem_found=False, category=""), move("pass", 2)):
        events = (*events, next_event(chain_of(events), step, SETTINGS))
    task = chain_of(events).tasks[0]
    assert (task.state, task.due_at, task.has_problem) == ("accepted", T + 102 * H, False)
    drawn = next_event(chain_of(events[:2]), move("pass*", 2), SETTINGS)
    doubted = next_event(chain_of((*events[:2], drawn)), move("doubt", 3), SETTINGS)
    assert (doubted.state, doubted.due_at) == ("returned", T + 13 * H)
    assert next_event(stands("drawn"), move("doubt", 5), SETTINGS).state == "failed"


@pytest.mark.parametrize(("promise", "is_good"), [(-0.1, False), (0, True), (200, True), (200.1, False)])
def test_what_may_be_promised(promise: float, is_good: bool) -> None:
    told = move("report", 1, rectify_by=T + (1 + promise) * H)
    if not is_good:
        with pytest.raises(InputError, match="cannot be promised"):
            next_event(stands("assigned"), told, SETTINGS)
        return
    events = (*walked("assign"), next_event(stands("assigned"), told, SETTINGS))
    assert next_event(chain_of(events), move("pass", 2), SETTINGS).due_at == T + max(2, 1 + promise) * H


def test_a_second_report_that_waits_is_not_judged_and_one_after_a_return_is_by_its_own_time() -> None:
    events = walked("assign", "report", "report")
    assert [one.met_due_at for one in events] == [None, T + 16 * H, None]
    assert next_event(stands("returned"), move("report", 3), SETTINGS).met_due_at == T + 12 * H
    later = next_event(stands("passed"), move("return", 3), SETTINGS)
    assert (later.met_due_at, later.due_at, later.answer_due_at) == (None, T + 13 * H, T + 13 * H)


@pytest.mark.parametrize(("hours", "is_good"), [(2, False), (2.1, True)])
def test_an_extension_leads_forward(hours: float, is_good: bool) -> None:
    told = move("extend", 1, due_at=T + hours * H)
    if not is_good:
        with pytest.raises(StateError, match="leads forward"):
            next_event(stands("assigned"), told, SETTINGS)
        return
    event = next_event(stands("assigned"), told, SETTINGS)
    assert (event.state, event.due_at, event.answer_due_at) == ("assigned", T + 2.1 * H, T + 16 * H)
    beyond = next_event(stands("assigned"), move("extend", 1, due_at=T + 20 * H), SETTINGS)
    assert beyond.answer_due_at == T + 20 * H
    reviewed_later = next_event(stands("reported"), move("extend", 3, due_at=T + 90 * H), SETTINGS)
    assert (reviewed_later.due_at, reviewed_later.answer_due_at) == (T + 90 * H, T + 16 * H)
    late = move("extend", 50, due_at=T + 40 * H)
    with pytest.raises(StateError, match="leads forward"):
        next_event(stands("assigned"), late, SETTINGS)
    given_back = replace(late, is_for_outage=True)
    assert next_event(stands("assigned"), given_back, SETTINGS).due_at == T + 40 * H
    with pytest.raises(StateError, match="leads forward"):
        next_event(stands("assigned"), replace(given_back, due_at=T + 2 * H), SETTINGS)


def test_who_holds_it_already_cannot_be_given_it_and_one_leads() -> None:
    chain = stands("assigned")
    with pytest.raises(StateError, match="that unit holds the alarm already"):
        next_event(chain, move("assign", 1), SETTINGS)
    with pytest.raises(StateError, match="another unit leads already"):
        next_event(chain, move("assign", 1, unit_code="V", role="lead"), SETTINGS)
    assert [one.role for one in walked("assign")] == ["lead"]  # whoever comes first
    joint = next_event(chain, move("assign", 1, unit_code="V"), SETTINGS)
    assert (joint.role, joint.task_no, joint.due_at, joint.answer_due_at) == (
        "joint",
        2,
        T + 3 * H,
        T + 17 * H,
    )
    gone = stands("withdrawn")
    again = next_event(gone, move("assign", 2, role="lead"), SETTINGS)
    assert (again.role, again.task_no) == ("lead", 2)


def test_the_order_of_moments() -> None:
    events = walked("assign")
    early = replace(move("acknowledge", 1), at=T - H)
    event = next_event(chain_of(events), early, SETTINGS)
    assert (event.event_at, event.receipt_at, event.recorded_at) == (T, T - H, T + H)
    with pytest.raises(InputError, match="cannot come from the future"):
        next_event(chain_of(events), replace(early, at=T + H + SKEW + H / 3600), SETTINGS)
    ahead = next_event(chain_of(events), replace(early, at=T + H + SKEW), SETTINGS)
    assert (ahead.event_at, ahead.receipt_at) == (T + H, T + H)
    late = replace(move("acknowledge", 0), now=T - SKEW - H / 3600, at=T - H)
    with pytest.raises(StateError, match="the clock stands before the last step"):
        next_event(chain_of(events), late, SETTINGS)
    within = next_event(
        chain_of(events), replace(move("acknowledge", 0), now=T - SKEW, at=T - SKEW), SETTINGS
    )
    assert (within.recorded_at, within.event_at) == (T, T)


def test_a_closed_chain_takes_nothing_but_its_reopening() -> None:
    events = (
        *walked(*WAYS["written_off"]),
        next_event(stands("written_off"), move("close", 7, task_no=0), SETTINGS),
    )
    chain = chain_of(events)
    assert (allowed(chain, 0), allowed(chain, 1)) == (("reopen",), ())
    for name in ("assign", "close"):
        with pytest.raises(StateError):
            next_event(chain, move(name, 8, task_no=0, unit_code="V" if name == "assign" else ""), SETTINGS)
    with pytest.raises(StateError, match="its chain is closed"):
        next_event(chain, move("return", 8), SETTINGS)
    opened = (*events, next_event(chain, move("reopen", 8, task_no=0), SETTINGS))
    assert allowed(chain_of(opened), 0) == ("assign", "close")
    assert allowed(stands("assigned"), 0) == ("assign",)
    assert allowed(Chain(), 0) == ("assign",)
    assert allowed(stands("assigned"), 9) == ()


def test_unknown_steps_and_tasks_are_named() -> None:
    for told in (move("jump", 1), move("pass", 1, task_no=2)):
        with pytest.raises(InputError, match="no such"):
            next_event(stands("assigned"), told, SETTINGS)


@pytest.mark.parametrize(
    ("who", "hours", "is_good"),
    [
        ("钱", 2, True),
        ("孙", 2, True),
        ("周局", 2, False),
        ("周局", 12, False),
        ("周局", 12.1, True),
        ("王", 2, False),
    ],
)
def test_whose_a_step_is_and_the_leader_only_once_it_is_escalated(
    who: str, hours: float, is_good: bool
) -> None:
    settings = ChainSettings(RULES, {"review": Duty("钱", "孙", "周局")})
    told = replace(move("pass", hours), actor=who)
    if is_good:
        assert next_event(stands("reported"), told, settings).event == "passed"
        assert (
            next_event(stands("reported"), replace(told, actor="王", person=who), settings).event == "passed"
        )
        return
    with pytest.raises(StateError, match="that step is another person's"):
        next_event(stands("reported"), told, settings)
    assert next_event(stands("reported"), replace(told, is_by_rule=True), settings).event == "passed"


def test_who_hands_an_alarm_on_closes_and_reopens_it() -> None:
    settings = ChainSettings(RULES, {"assign": Duty("钱", "", "周局")})
    closed = chain_of(
        (*walked(*WAYS["withdrawn"]), next_event(stands("withdrawn"), move("close", 3, task_no=0), SETTINGS))
    )
    for chain, told in (
        (Chain(), move("assign", 0)),
        (stands("withdrawn"), move("close", 3, task_no=0)),
        (closed, move("reopen", 4, task_no=0)),
    ):
        with pytest.raises(StateError, match="that step is another person's"):
            next_event(chain, told, settings)
        for who in ("钱", "周局"):  # of the alarm as a whole the leader always
            assert next_event(chain, replace(told, actor=who), settings).seq


def test_several_names_are_several_persons() -> None:
    events = walked("assign")
    told = move("report", 1, person="李某、王某")
    events = (*events, next_event(chain_of(events), told, SETTINGS))
    for who in ("李某", "王某"):
        with pytest.raises(StateError, match="another person"):
            next_event(chain_of(events), replace(move("pass", 2), actor=who), SETTINGS)


@pytest.mark.parametrize(
    ("reporter", "reviewer"),
    [
        ("Zhang San", "ＺＨＡＮＧ　ＳＡＮ"),
        ("张三", "张 三"),
        ("李某、张三", "周某 & 张\u200b三"),
        ("ZhangSan@JN.example", "<zhangsan@jn.example>"),
    ],
)
def test_another_spelling_is_not_another_person(reporter: str, reviewer: str) -> None:
    reported = chain_of(
        (*walked("assign"), next_event(stands("assigned"), move("report", 1, person=reporter), SETTINGS))
    )
    with pytest.raises(StateError, match="another person must pass it"):
        next_event(reported, move("pass", 2, person=reviewer), SETTINGS)


@pytest.mark.parametrize("nobody", ["\u200b", "—", " ?"])
def test_a_name_without_a_letter_is_nobodys(nobody: str) -> None:
    for more in ({"actor": nobody}, {"person": nobody}):
        with pytest.raises(InputError, match="who does it"):
            next_event(stands("reported"), replace(move("pass", 2), **more), SETTINGS)


def test_a_report_without_a_problem_names_none() -> None:
    told = move("report", 1, problem_found=False)
    with pytest.raises(InputError, match="found no problem names one"):
        next_event(stands("assigned"), told, SETTINGS)
    assert next_event(stands("assigned"), replace(told, category=""), SETTINGS).state == "reported"


def test_an_answer_stands_when_every_running_holders_report_does() -> None:
    assert not Chain().is_answered
    for state in WAYS:
        is_standing = state in (
            "passed",
            "rectified",
            "failed",
            "accepted",
            "drawn",
            "checked",
            "written_off",
        )
        assert stands(state).is_answered == is_standing, state
    both = chain_of(
        (
            *walked("assign", "report", "pass"),
            next_event(stands("passed"), move("assign", 3, unit_code="V"), SETTINGS),
        )
    )
    assert not both.is_answered
