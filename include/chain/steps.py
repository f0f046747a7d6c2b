"""The steps of a city's chain, as data: from which state, to which, by whom. What is not in this table is refused.

    交办 assign ─▶ assigned ─签收─▶ acknowledged ─巡查上报─▶ reported ─通过─▶ passed ─整改─▶ rectified ─验收─▶ accepted ─销号─▶ written_off
                                                  ▲           │退回           ▲                  │不通过
                                                  └─ returned ◀┘              └──── failed ◀─────┘

Of a report without a problem there is nothing to rectify: its 通过 leads to `accepted`. What was drawn for a spot check (抽查) is
written off only after it (`checked`). 撤回 ends a task, 结案 the chain of an alarm. Nobody takes `handed_over` (变更承办) as a step: it
follows by itself, where a holder's successor (承接单位) holds the task from then on, or a 协办 leads because no 主办 is left.
"""

from dataclasses import dataclass
from typing import Final, Literal

By = Literal["holder", "office"]

# States of a task.
ASSIGNED: Final = "assigned"
ACKNOWLEDGED: Final = "acknowledged"
REPORTED: Final = "reported"
RETURNED: Final = "returned"
PASSED: Final = "passed"
RECTIFIED: Final = "rectified"
FAILED: Final = "failed"
ACCEPTED: Final = "accepted"
CHECKED: Final = "checked"
WRITTEN_OFF: Final = "written_off"
WITHDRAWN: Final = "withdrawn"
STATES: Final = {
    ASSIGNED: "待签收",
    ACKNOWLEDGED: "核查中",
    REPORTED: "已上报待审核",
    RETURNED: "已退回待重报",
    PASSED: "待整改",
    RECTIFIED: "已整改待验收",
    FAILED: "验收未通过待整改",
    ACCEPTED: "已验收待销号",
    CHECKED: "抽查通过待销号",
    WRITTEN_OFF: "已销号",
    WITHDRAWN: "已撤回",
}
"""Every state of a task in the order of the way, and what people call it."""
ENDED: Final = (WRITTEN_OFF, WITHDRAWN)
# A report stands: it was passed and not returned since.
STANDING: Final = (PASSED, RECTIFIED, FAILED, ACCEPTED, CHECKED, WRITTEN_OFF)


@dataclass(frozen=True)
class Step:
    """One step. `name`: as verbs and pages say it; `event`: what is kept; `begins`: the states in which it may be taken; `by`: the
    unit that holds the task, or the office; `unlike`: events of the task whose persons may not take it; `slot`: whose time it ends
    (a key of the deadlines), empty for one that nothing waits for."""

    name: str
    event: str
    label: str
    begins: tuple[str, ...]
    by: By
    unlike: tuple[str, ...] = ()
    slot: str = ""


_WAITING: Final = tuple(state for state in STATES if state not in ENDED)
_STEPS: Final = (
    Step("acknowledge", "acknowledged", "签收", (ASSIGNED,), "holder", slot="acknowledge"),
    # A report of a task that nobody acknowledged acknowledges it; one that waits for its review may be completed (补报).
    Step(
        "report",
        "reported",
        "巡查上报",
        (ASSIGNED, ACKNOWLEDGED, RETURNED, REPORTED),
        "holder",
        slot="report",
    ),
    Step("pass", "passed", "审核通过", (REPORTED,), "office", ("reported",), slot="review"),
    # Also what had been passed: a level above may send the answer back.
    Step(
        "return",
        "returned",
        "退回",
        (REPORTED, PASSED, RECTIFIED, FAILED, ACCEPTED, CHECKED),
        "office",
        ("reported",),
        slot="review",
    ),
    Step("rectify", "rectified", "整改", (PASSED, FAILED), "holder", slot="rectify"),
    Step(
        "accept",
        "inspected_passed",
        "验收通过",
        (RECTIFIED,),
        "office",
        ("reported", "rectified"),
        slot="accept",
    ),
    Step(
        "fail",
        "inspected_failed",
        "验收不通过",
        (RECTIFIED,),
        "office",
        ("reported", "rectified"),
        slot="accept",
    ),
    Step(
        "check",
        "spot_passed",
        "抽查通过",
        (ACCEPTED,),
        "office",
        ("reported", "rectified", "inspected_passed"),
        slot="write_off",
    ),
    Step(
        "doubt",
        "spot_failed",
        "抽查不通过",
        (ACCEPTED,),
        "office",
        ("reported", "rectified", "inspected_passed"),
        slot="write_off",
    ),
    Step("write_off", "written_off", "销号", (ACCEPTED, CHECKED), "office", slot="write_off"),
    Step("extend", "extended", "延期", _WAITING, "office"),
    Step("withdraw", "withdrawn", "撤回交办", _WAITING, "office"),
)
STEPS: Final[dict[str, Step]] = {one.name: one for one in _STEPS}
"""Every step of a task by its name, in the order of the way."""

ASSIGN: Final = "assign"
CLOSE: Final = "close"
REOPEN: Final = "reopen"
HANDED_OVER: Final = "handed_over"
HOLDING: Final = ("assigned", HANDED_OVER)
"""The events that say who holds a task, and in which part."""
OF_ALARM: Final = {ASSIGN: "交办", CLOSE: "结案", REOPEN: "撤销结案"}
"""Steps of the alarm as a whole: to one more holder, closed, opened again."""

EVENTS: Final = {
    "assigned": "交办",
    HANDED_OVER: "变更承办",
    **{one.event: one.label for one in _STEPS},
    "closed": "结案",
    "reopened": "撤销结案",
}
"""Every event that is kept, and what people call it."""

LEAD: Final = "lead"
JOINT: Final = "joint"
ROLES: Final = {LEAD: "主办", JOINT: "协办"}


SLOT_LABELS: Final = {
    "acknowledge": "签收",
    "report": "巡查上报",
    "review": "审核",
    "rectify": "整改",
    "accept": "现场验收",
    "write_off": "销号",
}
"""What people call what a task waits for."""


HOLDERS_SLOTS: Final = ("acknowledge", "report", "rectify")
"""Those whose time is the holder's; that of the others is the office's own."""


def waiting_step(state: str) -> str:
    """The slot (whose time runs) of a state: a key of the deadlines; empty for one that has ended."""
    return {
        ASSIGNED: "acknowledge",
        ACKNOWLEDGED: "report",
        REPORTED: "review",
        RETURNED: "report",
        PASSED: "rectify",
        RECTIFIED: "accept",
        FAILED: "rectify",
        ACCEPTED: "write_off",
        CHECKED: "write_off",
    }.get(state, "")
