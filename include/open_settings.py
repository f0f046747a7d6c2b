"""What an office says about its publication: licence, delay, smallest count, languages, where hints go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from include.addresses import CONTROL, is_linked_mailbox, is_web_address
from include.errors import InputError

LANGUAGES: Final = ("zh", "en")
LEAST_SMALLEST: Final = 3  # a withheld count of 1 to 1 would be told by being withheld
_MOST: Final = 1000
_LONGEST: Final = 200


@dataclass(frozen=True)
class OpenSettings:
    """How this office publishes. The defaults are this project's own (系统默认), each with its reason.

    `delay_days`: from a month's end to the moment whose state is published: the 15 days of the longest promise of rectification less
    one, so that nearly all answers, returns and reviews are done. `smallest_count`: counts from 1 to one less are merged; 5 is what
    statistical offices mostly ask of tables about few. `languages`: the first is the one of `index.html`; where none are
    named, a Chinese office's pages are Chinese and English, another's are in its own language. `licence`, `licence_url`: CC BY
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


class Unusable(ValueError):
    """A value is not what its setting asks for: the message says what is expected."""


def open_settings(told: Mapping[str, Any], profile: Mapping[str, Any], language: str) -> OpenSettings:
    """The settings as the variable `publish` states them, else the profile, whose values `CHECKS` passed when it was read.

    `language`: the office's. Raises InputError.
    """
    unknown = sorted(set(told) - set(CHECKS))
    if unknown:
        raise _wrong(", ".join(unknown), "a setting", f"one of {', '.join(CHECKS)}")
    values = dict(profile)
    for name, value in told.items():
        try:
            values[name] = CHECKS[name](value)
        except Unusable as error:
            raise _wrong(name, value, str(error)) from None
    languages = values.pop("languages", ()) or (LANGUAGES if language == "zh" else (language,))
    return OpenSettings(**values, languages=languages)


def _languages(value: Any) -> tuple[str, ...]:
    found = value.replace(" ", "").split(",") if isinstance(value, str) and value.strip() else value or ()
    if (
        not isinstance(found, list | tuple)
        or any(one not in LANGUAGES for one in found)
        or len(set(found)) != len(found)
    ):
        raise Unusable(f"{' and '.join(LANGUAGES)}, each once, or nothing")
    return tuple(found)


def _whole(least: int) -> Callable[[Any], int]:
    def checked(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _MOST:
            raise Unusable(f"a whole number from {least} to {_MOST}")
        return value

    return checked


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST or CONTROL.search(value):
        raise Unusable(f"at most {_LONGEST} characters on one line")
    return value.strip()


def _web(value: Any) -> str:
    text = _text(value)
    if text and not is_web_address(text):
        raise Unusable(
            "an address that begins with http:// or https://, without spaces, quotes, < and >, or nothing"
        )
    return text


def _mailbox(value: Any) -> str:
    text = _text(value)
    if text and not is_linked_mailbox(text):
        raise Unusable("a mailbox, name@domain in plain English letters, or nothing")
    return text


# How each setting is checked, whether the profile or the variable tells it.
CHECKS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "delay_days": _whole(0),
    "smallest_count": _whole(LEAST_SMALLEST),
    "languages": _languages,
    "licence": _text,
    "licence_url": _web,
    "base_url": _web,
    "hints_to": _mailbox,
    "folder": _text,
}


def _wrong(name: str, got: object, expected: str) -> InputError:
    return InputError(
        "a setting of the publication cannot be used",
        where=f"variable publish: {name}",
        got=got,
        expected=expected,
    )
