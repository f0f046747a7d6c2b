"""The register of letter kinds, ground part: what a letter of a kind is, wherever it is stored, listed or sent.

How one is made and checked (figures, composer, premise) stands in `include/office/register.py`, which knows the layers above.
A new kind of letter is one `LetterKind` and one `office.register.LetterType`; nothing else lists kinds.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from include.errors import InputError
from include.language import say
from include.rules import ALARM_PUSH, FIELD, POST

_NAME: Final = re.compile(
    r"[a-z_]{1,16}"
)  # it stands in letter keys, addresses of pages and a column of this width


@dataclass(frozen=True)
class LetterKind:
    """One kind of letter.

    `name`: its key in the store, in letter keys and in the settings of numbers. `is_numbered`: it may carry a 发文字号.
    `answers`: the kinds whose letters about the same alarms its mail refers to (threading). `is_urging`: an alarm that it names
    as urged counts as 督办. `is_asking`: silence after several of them in a row asks for the address to be verified.
    `is_corrected`: facts that come late are compared with it (更正). `is_copied_up`: the province of the addressee gets a copy.
    `order`: among the letters of one day to one unit, the smallest (1, 2 or 3) stands for them all.
    `windows`: the kinds of windows of which runs make it. `worded_in`: the name of its templates, where that is another kind's.
    """

    name: str
    label: str  # Chinese
    is_numbered: bool = True
    answers: tuple[str, ...] = ()
    is_urging: bool = False
    is_asking: bool = False
    is_corrected: bool = True
    is_copied_up: bool = False
    order: int = 2
    useful_life: timedelta = POST.useful_life  # from release; a delivery not made by then is `expired`
    send_within: timedelta = POST.send_within  # from as_of; later no run sends it by itself
    is_news: bool = False  # told at once or by a person: no back-fill sends it, however it was started
    is_by_person: bool = False  # no run sends it: a person releases it at the desk
    windows: tuple[str, ...] = ()
    worded_in: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InputError(
                "a kind of letter cannot have this name", got=self.name, expected="1 to 16 of a-z and _"
            )


_SHIPPED: Final = (
    LetterKind("notice", "提示函", is_asking=True, windows=("day",)),
    LetterKind(
        "reminder",
        "督办函",
        answers=("notice", "reminder"),
        is_urging=True,
        is_asking=True,
        is_copied_up=True,
        order=1,
        windows=("day",),
    ),
    LetterKind("summary", "周汇总", windows=("midweek", "weekend")),
    LetterKind("bulletin", "通报函", windows=("half_month",)),
    LetterKind("overview", "总览", windows=("half_month",)),
    LetterKind(
        "alarm",
        "报警推送",
        is_numbered=False,
        is_corrected=False,
        order=3,
        useful_life=ALARM_PUSH.useful_life,
        send_within=ALARM_PUSH.latest,
        is_news=True,
        windows=("hour",),
    ),
    LetterKind(
        "late_alarm",
        "报警补推",
        is_numbered=False,
        is_corrected=False,
        order=3,
        useful_life=ALARM_PUSH.useful_life,
        is_by_person=True,
        worded_in="alarm",
    ),
    LetterKind("task_sheet", "交办单", is_corrected=False),
    LetterKind("report_sheet", "反馈单", is_corrected=False),
    LetterKind("return_sheet", "退回单", is_corrected=False),
    LetterKind("visit_sheet", "验收通知", is_numbered=False, is_corrected=False),
    LetterKind("site_sheet", "验收单", is_corrected=False),
    LetterKind("escalation", "提级单", is_corrected=False),
    LetterKind("assessment", "考核通报", is_corrected=False, is_by_person=True),
    LetterKind("digest", "待办清单", is_numbered=False, is_corrected=False),
    LetterKind("trouble", "运行告警", is_numbered=False, is_corrected=False, worded_in="digest"),
    LetterKind(
        "code",
        "手机验证码",
        is_numbered=False,
        is_corrected=False,
        order=3,
        useful_life=FIELD.code_life,
        is_news=True,
    ),
)
LETTER_KINDS: Final[dict[str, LetterKind]] = {one.name: one for one in _SHIPPED}
"""Every kind of letter by its name, in the order in which lists offer them."""


def letter_kind(name: str) -> LetterKind:
    """The kind of that name. Raises InputError for one that nothing registered."""
    try:
        return LETTER_KINDS[name]
    except KeyError:
        raise InputError(
            "unknown kind of letter",
            where="register of letter kinds",
            got=name,
            expected=" | ".join(LETTER_KINDS),
        ) from None


def is_in_use(name: str, chosen: Collection[str]) -> bool:
    """Whether an office whose profile chose these kinds makes letters of a kind. One that was registered beside the house's own is in
    use by being registered."""
    return name in chosen or all(one.name != name for one in _SHIPPED)


def letter_label(name: str) -> str:
    """What people call the kind; a kind of an earlier version, which nothing registers any more, by its name."""
    found = LETTER_KINDS.get(name)
    return say(found.label) if found else name


def is_corrected(name: str) -> bool:
    """Whether letters of the kind are compared with late facts and may get a 更正."""
    found = LETTER_KINDS.get(name)
    return found is not None and found.is_corrected


def useful_life(name: str) -> timedelta:
    """How long from its release a letter of the kind is worth sending."""
    found = LETTER_KINDS.get(name)
    return found.useful_life if found else POST.useful_life


def kinds_where(holds: Callable[[LetterKind], bool]) -> tuple[str, ...]:
    """The names of the kinds for which `holds`."""
    return tuple(one.name for one in LETTER_KINDS.values() if holds(one))
