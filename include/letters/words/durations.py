"""How long something is overdue, in the one way that every letter words it."""

from typing import Final

from include.language import say
from include.letters import edition_2020_03

_HOURS_BEFORE_DAYS: Final = 72


def duration(hours: float, rules_version: str = "") -> str:
    """One unit by size: `22小时`, from three days on `3天`, cut to whole ones; `不足1小时`. Letters of edition 2020-03 keep their way."""
    if rules_version == edition_2020_03.EDITION:
        return edition_2020_03.duration(hours)
    whole = int(hours)
    if whole < 1:
        return say("不足1小时")
    return (
        say("{whole}小时", whole=whole) if whole < _HOURS_BEFORE_DAYS else say("{whole}天", whole=whole // 24)
    )
