"""Low response in words: what the codes of `figures.Flag` are called in letters and at the desk (系统默认)."""

from typing import Final

from include.letters.words.durations import duration
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
        return f"其中{reason.count}条超期超过24小时，最久的已超期{duration(reason.hours)}"
    return f"同时近7日推送的报警逾期反馈{reason.count}条"


def level_reasons(flag: Flag) -> tuple[str, ...]:
    """The rules of the level that fired, each thing said once: the late alarms of 提醒 are those of 督办, where these are enough."""
    told = {reason.rule for reason in flag.reasons if isinstance(reason, FlagReason)}
    said_later = {"late"} if "overdue_and_late" in told else set()
    return tuple(
        reason_words(one) for one in flag.reasons if isinstance(one, str) or one.rule not in said_later
    )


def reasons_words(flag: Flag) -> tuple[str, ...]:
    """Every rule that fired, and the mark of chronic alarms."""
    told = level_reasons(flag)
    return (*told, chronic_words(flag)) if flag.chronic else told


def chronic_words(flag: Flag) -> str:
    """The mark of chronic alarms: 长期未反馈N条; empty without one."""
    return f"长期未反馈{flag.chronic}条" if flag.chronic else ""


def mark_words(flag: Flag) -> str:
    """The marks of a unit: its level and, beside it or alone, that of its chronic alarms: 督办、长期2条; empty without any."""
    return "、".join(word for word in (level_word(flag.level), chronic_mark(flag)) if word)


def chronic_mark(flag: Flag) -> str:
    """长期N条; empty without one."""
    return f"长期{flag.chronic}条" if flag.chronic else ""


def flag_words(flag: Flag) -> str:
    """Marks and the reasons of the level in one line."""
    reasons = "；".join(level_reasons(flag))
    return mark_words(flag) + (f"：{reasons}" if reasons else "")
