"""Suspects as letters print them: a line in a mail, rows of an annex, and what 高、中、低 mean. Always 疑似、建议核查."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from include.language import say
from include.language.moments import cell_words
from include.periods import office_zone
from include.supervision.figures import AlarmSuspects, Suspected
from include.suspects.kinds import UNLISTED
from include.suspects.wording import LEVEL_MEANING, LEVELS


def suspect_line(one: Suspected, show: Callable[[str], str]) -> str:
    """`甲厂，可能性高：位于上风向1.2公里…`: names have brackets of their own, and none follows another."""
    return say(
        "{name}，可能性{level}：{reason}",
        name=show(one.name),
        level=say(LEVELS[one.level]),
        reason=show(one.reason),
    )


def suspect_values(alarms: Sequence[AlarmSuspects], show: Callable[[str], str]) -> dict[str, Any]:
    """`疑似表`: one row a suspect, the alarm named on its first one; `疑似报警`: so many alarms with a named source first;
    `来源不明报警`: so many with 来源不明 first; `疑似依据`: what they were compared by; `疑似说明`: the meaning of the levels, empty where
    nobody is suspected."""
    unlisted = sum(alarm.suspects[0].kind == UNLISTED for alarm in alarms)
    return {
        "疑似表": [row for alarm in alarms for row in _rows(alarm, show)],
        "疑似报警": len(alarms) - unlisted,
        "来源不明报警": unlisted,
        "疑似依据": compared_by({name for alarm in alarms for one in alarm.suspects for name in one.basis}),
        "疑似说明": say(LEVEL_MEANING) if alarms else "",
    }


def compared_by(basis: Collection[str]) -> str:
    """`风向、距离和分表计电` of some of `SUSPECT_BASES`; the distance is always compared."""
    told = {
        "wind": say("风向"),
        "distance": say("距离"),
        "meters": say("分表计电"),
        "former": say("历史问题"),
    }
    *before, last = [words for name, words in told.items() if name in {*basis, "distance"}]
    return say("{before}和{last}", before=say("、").join(before), last=last) if before else last


def _rows(alarm: AlarmSuspects, show: Callable[[str], str]) -> list[dict[str, str]]:
    named = {
        "网格编号": show(alarm.grid_id),
        "点位名称": f"{show(alarm.county)} {show(alarm.point_name)}".strip(),
        "报警时间": cell_words(alarm.started_at.astimezone(office_zone())),
    }
    return [
        (named if place == 0 else dict.fromkeys(named, ""))
        | {"对象": show(one.name), "可能性": say(LEVELS[one.level]), "理由": show(one.reason)}
        for place, one in enumerate(alarm.suspects)
    ]
