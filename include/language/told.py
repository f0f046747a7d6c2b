"""Sentences told again for a reader of another language than the office's.

What the store keeps (reasons, outcomes, what was done) was said in the office's language, with its numbers and names filled in. A text
of the catalogue is also the pattern of what was said with it: so a kept sentence is found again by its words, and said anew with the same
numbers. What a person typed fits no pattern and stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from typing import Any, Final

from include.language import catalogue, counted, say, spoken, template_of
from include.profile.current import office
from include.profile.values import Language, Profile

# Where a text of several sentences is parted, and how each language joins them.
_JOINTS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {"；": "; ", "：": ": ", "　": " · ", "、": ", ", "。": ". ", " → ": " → ", "\n": "\n"},
    "zh": {"; ": "；", ": ": "：", " · ": "　", " → ": " → ", "\n": "\n"},
}
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
_WIDE: Final = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]")  # with its signs
_NAME_NUMBER: Final = re.compile(r"(.*?\D)(\d[\d.,]*)", re.DOTALL)
# What stands in another language for how the profile calls whom it writes to beside its units.
_TITLES: Final[Mapping[str, str]] = {"leader": "领导", "operators": "值班室", "greeting": "各位领导"}
_LONGEST: Final = 2000  # characters: longer texts are no sentences of ours


class Sentence(str):
    """What was said in the office's language, with the text and the parts that it was said with: so it can be said again in another."""

    __slots__ = ("parts", "text")
    text: str
    parts: Mapping[str, Any]


def sentence(text: str, /, **parts: Any) -> Sentence:
    """As `say`, of what may be read in another language than the office's."""
    said = Sentence(say(text, **parts))
    said.text, said.parts = text, parts
    return said


def retold(told: str) -> str:
    """What was said in the office's language, or is a name or a text of the house, in the language that is spoken now."""
    if spoken() == office().language:
        return str(told) if isinstance(told, Sentence) else say(told)
    if isinstance(told, Sentence):
        parts = {name: retold(part) if isinstance(part, str) else part for name, part in told.parts.items()}
        return say(told.text, **parts)
    return told if len(told) > _LONGEST else _retold(told, spoken(), office())


@lru_cache(maxsize=8192)
def _retold(told: str, language: Language, own: Profile) -> str:
    if language == "en" and not _WIDE.search(told):
        return told
    if language == "en" and told in own.names_en:
        return own.names_en[told]
    whole, patterns = _sentences(own, language)
    if told in whole:
        return whole[told]
    best = ""
    for pattern in patterns:
        if (found := pattern.parts_of(told)) is None:
            continue
        said = pattern.said({name: _retold(part, language, own) for name, part in found.items()})
        if _is_all(said, language):
            return said
        best = best or (said if pattern.is_telling else "")
    return best or _in_pieces(told, language, own)


def _in_pieces(told: str, language: Language, own: Profile) -> str:
    """Each sentence of a text by itself, whatever stands before a colon apart from what follows; the text as it is where it is one."""
    joints = _JOINTS[language]
    before, colon, after = told.partition("：" if language == "en" else ": ")
    if colon:
        return "".join((_retold(before, language, own), joints[colon], _retold(after, language, own))).strip()
    pieces = re.split(f"({'|'.join(map(re.escape, joints))})", told)
    if len(pieces) == 1:
        return told
    return "".join(joints.get(one) or (_retold(one, language, own) if one else "") for one in pieces).strip()


def _is_all(said: str, language: Language) -> bool:
    return language != "en" or not _CHINESE.search(said)


@dataclass(frozen=True)
class _Pattern:
    """What is said with one text of the house. `fixed`: what stands before, between and after its parts. `weight`: how much of it is fixed."""

    template: str
    fixed: tuple[str, ...]
    names: tuple[str, ...]
    weight: int

    @property
    def is_telling(self) -> bool:
        """Whether its fixed words alone tell it from others, so that it may stand although a part of it cannot be told: some words,
        or a word before a colon."""
        return self.weight > 3 or any(len(words) > 2 and words.endswith("：") for words in self.fixed)

    def parts_of(self, told: str) -> dict[str, str] | None:
        """The parts with which this was said, or None: each ends where the words after it come first, so that no text takes long."""
        end = len(told) - len(self.fixed[-1])
        if not (told.startswith(self.fixed[0]) and told.endswith(self.fixed[-1])):
            return None
        start, found = len(self.fixed[0]), list[str]()
        for words in self.fixed[1:-1]:
            if not words:  # two parts side by side
                continue
            stop = told.find(words, start + 1, end)
            if stop < 0:
                return None
            found.append(told[start:stop])
            start = stop + len(words)
        if start > end:
            return None
        return self._named([*found, told[start:end]])

    def _named(self, found: Sequence[str]) -> dict[str, str] | None:
        """The parts by name; of two side by side the first is a name and the second its number."""
        pieces, parts = iter(found), list[str]()
        for place, _ in enumerate(self.names):
            if place and not self.fixed[place]:
                split = _NAME_NUMBER.fullmatch(parts.pop())
                if split is None:
                    return None
                parts += split.groups()
            else:
                parts.append(next(pieces))
        by_name = dict(zip(self.names, parts, strict=True))
        return by_name if [by_name[name] for name in self.names] == parts else None

    def said(self, parts: Mapping[str, str]) -> str:
        month = {"name": say(f"{parts['month']}月")} if "month" in parts and "name" not in parts else {}
        return _Filling().vformat(self.template, (), {**month, **parts})


class _Filling(Formatter):
    """Fills in parts that were written out before: a number keeps the digits that it had."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec.startswith("|"):
            _, one, several = format_spec.split("|")
            return counted(value, one, several)
        if format_spec.endswith("d") and str(value).isdecimal():
            return format(int(value), format_spec)
        return str(value)


@lru_cache(maxsize=4)
def _sentences(own: Profile, language: Language) -> tuple[Mapping[str, str], tuple[_Pattern, ...]]:
    """Every text of the house as the office says it: those without parts, and the patterns of the others, the most particular first."""
    texts = {template_of(text, own.language): template_of(text, language) for text in catalogue("en")}
    patterns = [
        made for source, template in texts.items() if "{" in source and (made := _pattern(source, template))
    ]
    whole = {source: template for source, template in texts.items() if "{" not in source}
    whole |= {own.titles[role]: template_of(text, language) for role, text in _TITLES.items()}
    return whole, tuple(sorted(patterns, key=lambda one: -one.weight))


def _pattern(source: str, template: str) -> _Pattern | None:
    """None where every text would fit."""
    fixed, names = [""], list[str]()
    for words, name, spec, _ in Formatter().parse(source):
        fixed[-1] += words
        if name is None:
            continue
        if not name.isidentifier():
            return None
        names.append(name)
        # The English of a counted part brings its noun, which is told by the number alone.
        fixed.append(f" {spec.split('|')[2]}" if spec and spec.startswith("|") else "")
    letters = re.findall(r"[\u3400-\u9fff]|[A-Za-z]{2,}", "".join(fixed))
    return _Pattern(template, tuple(fixed), tuple(names), len(letters)) if "".join(fixed).strip() else None
