"""Letters in English: the figures of the other samples, computed inside the office, with what came from outside named in English."""

import json
import re
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

from include.language import words_of
from include.profile.current import office
from include.supervision.figures import Issue, from_json, to_json
from tests.gallery.computed import CATEGORIES

T = TypeVar("T")
ISSUE = Issue(
    "Harbour Clean Air Agency",
    "Duty desk",
    "+000",
    "answers.of.the.units@harbour.example",
    "HCA 7 (2020)",
    "13 March 2020",
)
_CJK = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_PLACES = ("Old Docks", "Lighthouse", "Cannery", "Ropewalk", "Millbrook", "Quarry Hill", "Fish Market")


def in_english(figures: T) -> T:
    """The figures with every text that is no word of the house replaced: names of places, what units wrote."""
    told = json.loads(to_json(figures))
    return from_json(type(figures), json.dumps(_walk(told), ensure_ascii=False))


def issue(**changes: Any) -> Issue:
    return replace(ISSUE, **changes)


def _walk(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _walk(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_walk(one, key) for one in value]
    if not isinstance(value, str):
        return value
    is_theirs = key in ("category", "description", "note")
    if not _CJK.search(value) or (value in words_of(office()) and not is_theirs):
        return value
    return _name(key, value)


@cache
def _name(key: str, value: str) -> str:
    """One name for one text, whichever figures it stands in; two categories never share one."""
    if key == "category":
        return office().categories[CATEGORIES.index(value)]
    place = sum(map(ord, value))
    if key == "completeness":
        return "All data of the period came in"
    if key in ("note", "description"):
        return "The quay was swept and watered"
    return f"{_PLACES[place % len(_PLACES)]} {place % 89}"
