"""What an inspector may say of an alarm on the phone page: one value a step, offered where a bundle names it. Those of a city's chain
are offered where the task stands so that they may be taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Event = Literal["acknowledged", "submitted", "disputed", "rectified", "inspected_passed", "inspected_failed"]

RECTIFIED, RECTIFYING = "rectified", "rectifying"


@dataclass(frozen=True)
class Step:
    """`needs`: fields that must be filled in; `problem_found`: what the step says of it (None: nothing); `chain_step`: the step of a
    chain (`include.chain.steps`) that it is, where the alarm is in one."""

    code: str
    label: str
    event: Event
    needs: tuple[str, ...] = ()
    problem_found: bool | None = None
    chain_step: str = ""


_SHIPPED: Final = (
    Step("arrived", "已到场", "acknowledged", ("inspector",), chain_step="acknowledge"),
    Step(
        "found",
        "有问题",
        "submitted",
        ("inspector", "unit", "category", "description", "rectification"),
        problem_found=True,
        chain_step="report",
    ),
    Step("clear", "无问题", "submitted", ("inspector", "unit"), problem_found=False, chain_step="report"),
    Step("disputed", "误报申诉", "disputed", ("inspector", "unit", "note")),
    Step("signed", "签收", "acknowledged", ("inspector",), chain_step="acknowledge"),
    Step("mended", "整改完成", "rectified", ("inspector", "note"), chain_step="rectify"),
    Step("passed", "验收通过", "inspected_passed", ("inspector", "photos"), chain_step="accept"),
    Step("failed", "验收不通过", "inspected_failed", ("inspector", "note", "photos"), chain_step="fail"),
)
OF_LETTERS: Final = ("arrived", "found", "clear", "disputed")
"""What a letter that asks for answers asks."""
OF_HOLDERS: Final = ("signed", "found", "clear", "mended", "disputed")
"""What a holder is asked of its task."""
OF_VISITS: Final = ("passed", "failed")
"""What whoever accepts on site is asked."""
STEPS: Final[dict[str, Step]] = {one.code: one for one in _SHIPPED}
"""Every step by its code, in the order in which the page offers them."""
