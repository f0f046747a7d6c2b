"""Low response in words: what the codes of `figures.Flag` are called in letters and at the desk (系统默认)."""

from datetime import timedelta
from typing import Final

from include.language import say
from include.letters.words.durations import duration
from include.rules import LOW_RESPONSE
from include.supervision.figures import Flag, FlagReason

HOUR: Final = timedelta(hours=1)

LEVEL_WORDS: Final = {"": "", "remind": "提醒", "urge": "督办", "verify": "核实地址"}


def level_word(level: str) -> str:
    """The word of a level; empty without one."""
    return say(LEVEL_WORDS[level]) if level else ""


def reason_words(reason: FlagReason | str) -> str:
    """One rule that fired, with its figures; the sentences of edition 2020-03 as they are."""
    if isinstance(reason, str):
        return reason
    if reason.rule == "overdue":
        return say("有{count}条报警超期未反馈（超期{days}天以内）", count=reason.count, days=_limit(reason))
    if reason.rule == "late":
        return say("近7日推送的报警逾期反馈{count}条", count=reason.count)
    if reason.rule == "long_overdue":
        return say(
            "其中{count}条超期逾{hours}小时，最久的已超期{duration}",
            count=reason.count,
            hours=_limit(reason),
            duration=duration(reason.hours),
        )
    return say("同时近7日推送的报警逾期反馈{count}条", count=reason.count)


def _limit(reason: FlagReason) -> str:
    """The number of the rule that the unit was judged by."""
    default = (
        LOW_RESPONSE.recent_overdue.days if reason.rule == "overdue" else LOW_RESPONSE.urge_overdue / HOUR
    )
    return f"{default if reason.limit is None else reason.limit:g}"


def level_reasons(flag: Flag, *, tells_longest: bool = True) -> tuple[str, ...]:
    """The rules of the level that fired, each thing said once: the late alarms of 提醒 are those of 督办, where these are enough.
    `tells_longest`: not where the text has just said for how long the oldest is overdue."""
    by_rule = {reason.rule: reason for reason in flag.reasons if isinstance(reason, FlagReason)}
    said_later = {"late"} if "overdue_and_late" in by_rule else set()
    overdue = by_rule["overdue"].count if "overdue" in by_rule else 0
    return tuple(
        reason_words(one)
        if isinstance(one, str) or one.rule != "long_overdue"
        else _long_overdue_words(one, overdue, tells_longest=tells_longest)
        for one in flag.reasons
        if isinstance(one, str) or one.rule not in said_later
    )


def _long_overdue_words(reason: FlagReason, overdue: int, *, tells_longest: bool) -> str:
    """Those that are overdue for longer, beside all `overdue` that were said before: all of them, one of them, some of them."""
    hours, longest = _limit(reason), duration(reason.hours)
    if reason.count == overdue == 1:
        told, last = say("超期逾{hours}小时", hours=hours), say("，已超期{duration}", duration=longest)
    elif reason.count == overdue:
        told, last = (
            say("均超期逾{hours}小时", hours=hours),
            say("，最久的已超期{duration}", duration=longest),
        )
    elif reason.count == 1:
        told, last = (
            say("其中1条超期逾{hours}小时", hours=hours),
            say("，已超期{duration}", duration=longest),
        )
    else:
        told = say("其中{count}条超期逾{hours}小时", count=reason.count, hours=hours)
        last = say("，最久的已超期{duration}", duration=longest)
    return told + last if tells_longest else told


def reasons_words(flag: Flag) -> tuple[str, ...]:
    """Every rule that fired, and the mark of chronic alarms."""
    told = level_reasons(flag)
    return (*told, chronic_words(flag)) if flag.chronic else told


def chronic_words(flag: Flag) -> str:
    """The mark of chronic alarms: 长期未反馈N条; empty without one."""
    return say("长期未反馈{chronic}条", chronic=flag.chronic) if flag.chronic else ""


def mark_words(flag: Flag) -> str:
    """The marks of a unit: its level and, beside it or alone, that of its chronic alarms: 督办、长期2条; empty without any."""
    return say("、").join(word for word in (level_word(flag.level), chronic_mark(flag)) if word)


def chronic_mark(flag: Flag) -> str:
    """长期N条; empty without one."""
    return say("长期{chronic}条", chronic=flag.chronic) if flag.chronic else ""


def flag_words(flag: Flag) -> str:
    """Marks and the reasons of the level in one line."""
    reasons = say("；").join(level_reasons(flag))
    marks = mark_words(flag)
    return say("{marks}：{reasons}", marks=marks, reasons=reasons) if reasons else marks
