"""What an inspector may say of an alarm on the phone page: one value a step. Another step (a city's chain) is one more value here,
and is offered where a bundle names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Event = Literal["acknowledged", "submitted", "disputed"]

RECTIFIED, RECTIFYING = "rectified", "rectifying"


@dataclass(frozen=True)
class Step:
    """`needs`: fields that must be filled in; `problem_found`: what the step says of it (None: nothing)."""

    code: str
    label: str
    event: Event
    needs: tuple[str, ...] = ()
    problem_found: bool | None = None


_SHIPPED: Final = (
    Step("arrived", "已到场", "acknowledged", ("inspector",)),
    Step(
        "found",
        "有问题",
        "submitted",
        ("inspector", "unit", "category", "description", "rectification"),
        problem_found=True,
    ),
    Step("clear", "无问题", "submitted", ("inspector", "unit"), problem_found=False),
    Step("disputed", "误报申诉", "disputed", ("inspector", "unit", "note")),
)
STEPS: Final[dict[str, Step]] = {one.code: one for one in _SHIPPED}
"""Every step by its code, in the order in which the page offers them."""
