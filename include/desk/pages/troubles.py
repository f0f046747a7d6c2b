"""Errors in the reader's language: the house's own words are English, an operator reads Chinese first."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache

import yaml
from fastapi import Request

from include.desk.pages.view import HERE, LABELS, language_of, moment_text
from include.errors import QianliyanError

_STATE = re.compile("|".join(sorted(LABELS["state"], key=len, reverse=True)))
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?[+-]\d\d:\d\d")
_ENGLISH = re.compile(r"\b[a-z]+ [a-z]+\b")
_FAULT = re.compile(r"[A-Z]\w*(?:Error|Exception|File|Warning)\b")


@cache
def chinese() -> Mapping[str, str]:
    """The Chinese of every error text; `{…}` in both stands for any text."""
    found: dict[str, str] = yaml.safe_load((HERE / "troubles.yaml").read_text(encoding="utf-8"))
    return found


def error_text(request: Request, error: QianliyanError) -> str:
    """What went wrong, where, and what to do; a text without a Chinese one stays as it is."""
    if language_of(request.headers.get("accept-language", "")) == "en":
        return str(error)
    expected, got = _expected(error.expected), _got(error.got)
    parts = [_chinese(error.what)]
    parts += [f"应为{expected}"] if expected else []
    parts += [f"现为{got}"] if got else []
    parts += [_chinese(error.todo)] if error.todo else []
    return "；".join(parts) + (f"（{error.where}）" if error.where else "")


def _expected(text: str) -> str:
    """What was expected, in Chinese; nothing where there are only English words for it: what to do says more than they do."""
    found = _states(_chinese(_by_our_clock(text)))
    return "" if _ENGLISH.search(found) else found


def _got(text: str) -> str:
    """What came, as it came; the words of a library's own fault say nothing to an officer."""
    return "" if _FAULT.match(text) else _states(_chinese(_by_our_clock(text)))


def _by_our_clock(text: str) -> str:
    return _INSTANT.sub(lambda found: moment_text(datetime.fromisoformat(found[0])), text)


def _chinese(text: str) -> str:
    if text in chinese():
        return chinese()[text]
    for english, words in sorted(
        chinese().items(), key=lambda one: -len(one[0])
    ):  # the most particular first
        pieces = re.split(r"\{(\w+)\}", english)
        pattern = "".join(
            f"(?P<{piece}>.+)" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces)
        )
        if len(pieces) > 1 and (found := re.fullmatch(pattern, text)):
            return words.format(**{name: _states(value) for name, value in found.groupdict().items()})
    return text


def _states(text: str) -> str:
    """The names of states as the pages call them."""
    return _STATE.sub(lambda found: LABELS["state"][found[0]], text).replace(" or ", "或").replace(", ", "、")
