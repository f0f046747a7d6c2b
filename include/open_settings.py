"""What an office says about its publication: licence, delay, smallest count, languages, where hints go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from include.errors import InputError

LANGUAGES: Final = ("zh", "en")
LEAST_SMALLEST: Final = 3  # a withheld count of 1 to 1 would be told by being withheld
_MOST: Final = 1000
_LONGEST: Final = 200
_URL: Final = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True)
class OpenSettings:
    """How this office publishes. The defaults are this project's own (系统默认), each with its reason.

    `delay_days`: from a month's end to the moment whose state is published: the 15 days of the longest promise of rectification less
    one, so that nearly all answers, returns and reviews are done. `smallest_count`: counts from 1 to one less are merged; 5 is what
    statistical offices mostly ask of tables about few. `languages`: the first is the one of `index.html`. `licence`, `licence_url`: CC BY
    4.0 asks for nothing but to be named. `base_url`: address under which it will stand, for the feed's identifiers; empty: links stay relative.
    `hints_to`: a mailbox for hints that the pages name; empty: none is named.
    """

    delay_days: int = 14
    smallest_count: int = 5
    languages: tuple[str, ...] = LANGUAGES
    licence: str = "CC-BY-4.0"
    licence_url: str = "https://creativecommons.org/licenses/by/4.0/"
    base_url: str = ""
    hints_to: str = ""
    folder: str = "var/public"


DEFAULTS: Final = OpenSettings()


def open_settings(told: Mapping[str, Any]) -> OpenSettings:
    """The settings as the variable `publish` states them. Raises InputError."""
    unknown = sorted(set(told) - set(OpenSettings.__dataclass_fields__))
    if unknown:
        raise _wrong(
            ", ".join(unknown), "a setting", f"one of {', '.join(OpenSettings.__dataclass_fields__)}"
        )
    values = dict(told)
    languages = values.get("languages", LANGUAGES)
    languages = (
        tuple(languages.replace(" ", "").split(",")) if isinstance(languages, str) else tuple(languages)
    )
    if not languages or set(languages) - set(LANGUAGES) or len(set(languages)) != len(languages):
        raise _wrong("languages", languages, " and ".join(LANGUAGES))
    for name, least in (("delay_days", 0), ("smallest_count", LEAST_SMALLEST)):
        number = values.get(name, least)
        if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= _MOST:
            raise _wrong(name, number, f"a whole number from {least} to {_MOST}")
    for name in ("licence", "licence_url", "base_url", "hints_to", "folder"):
        text = values.get(name, "")
        if not isinstance(text, str) or len(text) > _LONGEST or not text.isprintable():
            raise _wrong(name, text, f"at most {_LONGEST} characters on one line")
        if name.endswith("_url") and text and not _URL.fullmatch(text):
            raise _wrong(name, text, "an address that begins with http:// or https://, or nothing")
    return OpenSettings(**{**values, "languages": languages})


def _wrong(name: str, got: object, expected: str) -> InputError:
    return InputError(
        "a setting of the publication cannot be used",
        where=f"variable publish: {name}",
        got=got,
        expected=expected,
    )
