"""Words in the office's language. The house's own words are Chinese and stand where they are used; `say` gives them in the language
of the profile, from that language's catalogue (the files of `en/` here), and in an office's own terms (`words.yaml` of the profile).

A catalogue is one mapping: the Chinese text, with its {parts}, to the text in that language with the same parts. A profile may
re-word any of them, in Chinese too. Whole letters are worded in templates, which a profile brings itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, Final

import yaml

from include.profile.current import office
from include.profile.values import Language, Profile

_HERE: Final = Path(__file__).parent


# What stands where a line ends and the words go on.
LINE_END: Final = "［换行］"


def say(text: str, /, **parts: object) -> str:
    """The text in the office's language with its {parts} filled in; as it stands where no catalogue has it. A part that is counted
    may bring its noun, for one and for several: `{count:|alarm|alarms}` is `1 alarm`, `2 alarms`."""
    found = words_of(office()).get(text, "" if text == LINE_END else text)
    if not parts:
        return found
    return _FORMATTER.vformat(found, (), parts) if ":|" in found else found.format(**parts)


def counted(number: object, one: str, several: str = "") -> str:
    """A number with its noun, for languages that tell one from several: `1 alarm`, `2 alarms`."""
    return f"{number} {one if str(number) == '1' else several or one + 's'}"


class _Counting(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec.startswith("|"):
            _, one, several = format_spec.split("|")
            return counted(value, one, several)
        return str(super().format_field(value, format_spec))


_FORMATTER: Final = _Counting()


@lru_cache(maxsize=8)
def words_of(profile: Profile) -> Mapping[str, str]:
    """Every text of the house that this office says otherwise."""
    return {**catalogue(profile.language), **profile.words}


@lru_cache(maxsize=4)
def catalogue(language: Language) -> Mapping[str, str]:
    """The house's texts in a language; none for Chinese, which they are written in."""
    found: dict[str, str] = {}
    for path in sorted((_HERE / language).glob("*.yaml")):
        found |= yaml.safe_load(path.read_text(encoding="utf-8"))
    return found
