"""Words in the office's language. The house's own words are Chinese and stand where they are used; `say` gives them in the language
of the profile, from that language's catalogue (`en.yaml` here), and in an office's own terms (`words.yaml` of the profile).

A catalogue is one mapping: the Chinese text, with its {parts}, to the text in that language with the same parts. A profile may
re-word any of them, in Chinese too. Whole letters are worded in templates, which a profile brings itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

import yaml

from include.profile.current import office
from include.profile.values import Language, Profile

_HERE: Final = Path(__file__).parent


def say(text: str, /, **parts: object) -> str:
    """The text in the office's language with its {parts} filled in; as it stands where no catalogue has it."""
    found = words_of(office()).get(text, text)
    return found.format(**parts) if parts else found


@lru_cache(maxsize=8)
def words_of(profile: Profile) -> Mapping[str, str]:
    """Every text of the house that this office says otherwise."""
    return {**catalogue(profile.language), **profile.words}


@lru_cache(maxsize=4)
def catalogue(language: Language) -> Mapping[str, str]:
    """The house's texts in a language; none for Chinese, which they are written in."""
    path = _HERE / f"{language}.yaml"
    found: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found
