"""Errors in the reader's language: the house's own words are English, an operator reads Chinese first."""

import re
from collections.abc import Mapping
from functools import cache

import yaml
from fastapi import Request

from include.desk.pages.view import HERE, LABELS, language_of
from include.errors import QianliyanError

_STATE = re.compile("|".join(sorted(LABELS["state"], key=len, reverse=True)))


@cache
def chinese() -> Mapping[str, str]:
    """The Chinese of every error text; `{…}` in both stands for any text."""
    found: dict[str, str] = yaml.safe_load((HERE / "troubles.yaml").read_text(encoding="utf-8"))
    return found


def error_text(request: Request, error: QianliyanError) -> str:
    """What went wrong, where, and what to do; a text without a Chinese one stays as it is."""
    if language_of(request.headers.get("accept-language", "")) == "en":
        return str(error)
    parts = [_chinese(error.what)]
    parts += [f"应为{_states(error.expected)}"] if error.expected else []
    parts += [f"现为{_states(error.got)}"] if error.got else []
    parts += [_chinese(error.todo)] if error.todo else []
    return "；".join(parts) + (f"（{error.where}）" if error.where else "")


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
