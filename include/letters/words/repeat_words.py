"""Suspects that several alarms of a half-month have in common, as a 通报函 prints them. Always 疑似、建议核查."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from include.language import say
from include.letters.words.suspect_words import compared_by
from include.letters.words.wording import named, noted
from include.rules import BULLETIN
from include.supervision.bulletin_figures import RepeatSuspect
from include.suspects.wording import KINDS, LEVEL_MEANING, LEVELS

_TOLD: Final = 3  # that the text of the letter names


def repeat_values(repeats: Sequence[RepeatSuspect], show: Callable[[str], str]) -> dict[str, Any]:
    """`重复疑似`: the suspects that several alarms of the half-month have in common; `列示重复疑似`: those that the letter lists;
    `重复疑似名`: the first ones as the text names them; `重复疑似依据`: what they were compared by; `疑似说明` as in `suspect_values`."""
    rows = [
        {
            "名称": show(one.name),
            "类别": say(KINDS[one.kind]),
            "报警": one.alarms,
            "首位": one.first_places,
            "网格": say("、").join(map(show, one.grid_ids)),
            "可能性": say(LEVELS[one.level]),
            "理由": show(one.reason),
        }
        for one in repeats
    ]
    names = [noted(show(one.name), say("{alarms}条", alarms=one.alarms)) for one in repeats]
    return {
        "重复疑似": rows,
        "列示重复疑似": rows[: BULLETIN.listed_repeats],
        "重复疑似名": named(names, _TOLD, say("个")),
        "重复疑似依据": compared_by({name for one in repeats for name in one.basis}),
        "疑似说明": say(LEVEL_MEANING) if rows else "",
    }
