"""The signs of pollutants as they are printed, with their numbers low: PM₂.₅, PM₁₀, SO₂, NO₂, O₃."""

import re
from collections.abc import Iterator
from typing import Final

_LOW: Final = str.maketrans("0123456789.", "₀₁₂₃₄₅₆₇₈₉.")
# Not inside numbers of grids, addresses and names of files.
_FORMULA: Final = re.compile(
    r"(?<![A-Za-z0-9@./=_-])(PM(?=(?:2\.5|10)(?![A-Za-z0-9]))|[SN]O(?=2)|O(?=3))(2\.5|10|2|3)(?![A-Za-z0-9])"
)


def subscripted(text: str) -> str:
    """The text with low numbers as signs of their own, for places that know no other kind of subscript."""
    return _FORMULA.sub(lambda found: found[1] + found[2].translate(_LOW), text)


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it stands low; one piece where nothing does."""
    at = 0
    for found in _FORMULA.finditer(text):
        yield text[at : found.start(2)], False
        yield found[2], True
        at = found.end()
    if at < len(text):
        yield text[at:], False
