"""Whether an analysis that is handed in was finished by a person, told by what it says and not by its bytes; pure.

A draft that was opened and saved says what it said before. Digits are no difference: drafts of other moments have others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

FEWEST_NEW: Final = 10
"""Characters (of Chinese) or words that a person must have written."""
_TOGETHER: Final = 3
_MOST_PARTS: Final = 8  # into which the mark of a draft may have been spaced
_TOKEN: Final = re.compile(r"[぀-ヿ㐀-鿿豈-﫿]|[^\W\d_぀-ヿ㐀-鿿豈-﫿]+")
_PLACE: Final = re.compile(r"\s*[［\[](?P<asked>[^］\]]+)[］\]]\s*", re.DOTALL)
_REPEATED: Final = re.compile(r"(.{1,12}?)\1{2,}")
_HEAD: Final = re.compile("[：:]")


def places_to_fill(paragraphs: Iterable[str]) -> tuple[str, ...]:
    """What a template's paragraphs ask of a person: those that stand in brackets as a whole, without the brackets, up to their colon."""
    asked = (found["asked"] for one in paragraphs if (found := _PLACE.fullmatch(one)))
    return tuple(dict.fromkeys(_HEAD.split(one)[0].strip() for one in asked))


def left_unfilled(lines: Sequence[str], places: Iterable[str]) -> tuple[str, ...]:
    """Which of the places stand in a document as the template had them, behind their bracket, however its lines are broken."""
    told = _closed("".join(lines))
    return tuple(one for one in places if any(_closed(mark + one) in told for mark in "［["))


def is_marked(marks: Sequence[str], mark: str) -> bool:
    """Whether every header (of a PDF every page) still bears the mark of a draft, alone or among other marks. Word has headers that a
    person never sees: one that was cleared is enough."""
    return bool(marks) and all(mark in _joined(one.split()) for one in marks)


def _joined(parts: Sequence[str]) -> Iterator[str]:
    """The parts, and what neighbours make together: 草 稿."""
    for first in range(len(parts)):
        for last in range(first, min(first + _MOST_PARTS, len(parts))):
            yield "".join(parts[first : last + 1])


def written(lines: Iterable[str], drafts: Iterable[Sequence[str]]) -> int:
    """How many characters or words a document has that none of the drafts has in such company: at least so many a person wrote."""
    known: set[tuple[str, ...]] = set()
    for draft in drafts:
        # Also across its lines: a PDF has the cells of a row in one.
        known.update(_runs([one for line in draft for one in _tokens(line)]))
    # A word that is written again and again is written once.
    return sum(_new(_tokens(line), known) for line in dict.fromkeys(map(_unrepeated, lines)))


def _unrepeated(line: str) -> str:
    return _REPEATED.sub(r"\1", line)


def _new(tokens: Sequence[str], known: set[tuple[str, ...]]) -> int:
    size = min(_TOGETHER, len(tokens))
    old = [False] * len(tokens)
    for place in range(len(tokens) - size + 1):
        if tuple(tokens[place : place + size]) in known:
            old[place : place + size] = [True] * size
    return old.count(False)


def _runs(tokens: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """All runs of up to `_TOGETHER` tokens."""
    for size in range(1, _TOGETHER + 1):
        for place in range(len(tokens) - size + 1):
            yield tuple(tokens[place : place + size])


def _tokens(line: str) -> list[str]:
    return [one.lower() for one in _TOKEN.findall(line)]


def _closed(text: str) -> str:
    return re.sub(r"\s+", "", text)
