"""Low response in words: what the codes of `figures.Flag` are called in letters and at the desk (系统默认)."""

from typing import Final

from include.letters.durations import duration
from include.supervision.figures import Flag, FlagReason

LEVEL_WORDS: Final = {"": "", "remind": "提醒", "urge": "督办", "verify": "核实地址"}


def level_word(level: str) -> str:
    """The word of a level; empty without one."""
    return LEVEL_WORDS[level]


def reason_words(reason: FlagReason | str) -> str:
    """One rule that fired, with its figures; the sentences of edition 2020-03 as they are."""
    if isinstance(reason, str):
        return reason
    if reason.rule == "overdue":
        return f"有{reason.count}条报警超期未反馈（超期7日以内）"
    if reason.rule == "late":
        return f"近7日推送的报警逾期反馈{reason.count}条"
    if reason.rule == "long_overdue":
        return f"其中{reason.count}条超期24小时以上，最久的已超期{duration(reason.hours)}"
    return f"有报警超期未反馈，且近7日推送的报警逾期反馈{reason.count}条"


def reasons_words(flag: Flag) -> tuple[str, ...]:
    """Every rule that fired, and the mark of chronic alarms."""
    told = tuple(reason_words(one) for one in flag.reasons)
    return (*told, chronic_words(flag)) if flag.chronic else told


def chronic_words(flag: Flag) -> str:
    """The mark of chronic alarms: 长期未反馈N条; empty without one."""
    return f"长期未反馈{flag.chronic}条" if flag.chronic else ""


def flag_words(flag: Flag) -> str:
    """Level and reasons in one line."""
    return f"{level_word(flag.level)}：" + "；".join(reasons_words(flag))
