"""Words in the office's language. The house's own words are Chinese and stand where they are used; `say` gives them in the language
of the profile, from that language's catalogue (the files of `en/` here), and in an office's own terms (`words.yaml` of the profile).

A catalogue is one mapping: the Chinese text, with its {parts}, to the text in that language with the same parts. A profile may
re-word any of them, in Chinese too. Whole letters are worded in templates, which a profile brings itself.

A page is read by people of both languages: while it is made (`speaking`), `say` gives the reader's. What was said before that, and
what the store keeps, is told again in it by `told.retold`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from html import escape
from pathlib import Path
from string import Formatter
from typing import Any, Final

import yaml

from include.profile.current import office
from include.profile.values import Language, Profile

_HERE: Final = Path(__file__).parent


_NOUN: Final = "市"  # alone: what follows a number, 等7市
_WHOLE: Final = re.compile(r"(?<=>)[^<>]+(?=<)")
_LITERAL: Final = re.compile(r"'[^']*'")
_TAGS: Final = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)
# What stands where a line ends and the words go on.
LINE_END: Final = "［换行］"
# The language of who reads what is being made; None: the office's own, in which everything is made that leaves or is kept.
_READER: Final[ContextVar[Language | None]] = ContextVar("reader", default=None)


def say(text: str, /, **parts: object) -> str:
    """The text in the office's language (while `speaking`: the reader's) with its {parts} filled in; as it stands where no catalogue has
    it. A part that is counted may bring its noun, for one and for several: `{count:|alarm|alarms}` is `1 alarm`, `2 alarms`."""
    found = template_of(text, spoken())
    if not parts:
        return found
    return _FORMATTER.vformat(found, (), parts) if ":|" in found else found.format(**parts)


def spoken() -> Language:
    """The language in which `say` speaks now."""
    return _READER.get() or office().language


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """For the length of a `with`, `say` is for a reader of this language: for a page that is shown or output to engineers, never for what is kept or leaves."""
    token = _READER.set(language)
    try:
        yield
    finally:
        _READER.reset(token)


def template_of(text: str, language: Language) -> str:
    """The text in a language as this office words it, its {parts} not filled in."""
    own = office()
    found = (words_of(own) if language == own.language else catalogue(language)).get(text)
    if found is None:
        found = "" if text == LINE_END else office_words(text)
    return found


def counted(number: object, one: str, several: str = "") -> str:
    """A number with its noun, for languages that tell one from several: `1 alarm`, `2 alarms`."""
    return f"{number} {one if str(number) == '1' else several or one + 's'}"


def office_words(text: str) -> str:
    """A Chinese text of the house as this office says it: what it calls the units that it addresses, what is above them, and its
    own zone. The house's texts are worded for cities of provinces on Beijing time; in the tags of a template only what stands in quotes
    is said otherwise."""
    return _worded(text, _terms(office()))


def own_words(markup: str) -> str:
    """A template of the house, XML or HTML, with every element that is wholly one of the profile's words said as the profile says it."""
    own = {escape(text): escape(said) for text, said in office().words.items()}
    return _WHOLE.sub(lambda match: own.get(match[0], match[0]), markup) if own else markup


@lru_cache(maxsize=4096)
def _worded(text: str, terms: tuple[tuple[str, str], ...]) -> str:
    own = dict(terms)
    if not own or text == _NOUN:
        return own.get(text, text)
    found = re.compile("|".join(sorted(own.keys() - {_NOUN}, key=len, reverse=True)))
    parts = _TAGS.split(text)

    def said(words: str) -> str:
        return found.sub(lambda match: own[match[0]], words)

    parts[::2] = [said(part) for part in parts[::2]]
    parts[1::2] = [_LITERAL.sub(lambda match: said(match[0]), tag) for tag in parts[1::2]]
    return "".join(parts)


@lru_cache(maxsize=8)
def _terms(profile: Profile) -> tuple[tuple[str, str], ...]:
    """The house's word and the office's, for what differs."""
    if profile.language != "zh":
        return ()
    terms: dict[str, str] = {}
    if (called := profile.units_called) != "城市":
        terms |= {"城市": called, "各市": f"各{called}", "每市": f"每个{called}", _NOUN: f"个{called}"}
        terms |= {"全市": "全境", "本市": "本地"}
    if (upper := profile.upper_called) != "省份":
        terms |= {
            "由省级生态环境部门督促": f"由{upper}的生态环境部门督促" if upper else "督促",
            "省份": upper or "上级",
            "省级": upper or "上级",
            "报部清单": "报上级清单",
        }
    if (zone := profile.zone.key) != "Asia/Shanghai":
        terms["北京时间"] = f"{zone}时间"
    return tuple(terms.items())


def help_text(name: str, chinese: str) -> str:
    """A long text of the house in the office's language: as it stands with what it explains, or from that language's file of this name."""
    if office().language == "zh":
        return office_words(chinese)
    return (_HERE / office().language / "help" / f"{name}.md").read_text(encoding="utf-8")


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
