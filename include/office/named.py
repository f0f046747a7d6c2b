"""Names that an import does not know: all of them, in words or, where they are many, in a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from include.language import say

_MOST_SAID: Final = 20


def all_names(names: Sequence[str], folder: Path, what: str, now: datetime) -> str:
    """The names in words; of many the first, and where all of them are."""
    return say("、").join(all_or_where(names, folder, what, now))


def all_or_where(names: Sequence[str], folder: Path, what: str, now: datetime) -> list[str]:
    """The names; of many the first, and the file `what` of this moment in `folder` with all of them, one a line."""
    if len(names) <= _MOST_SAID:
        return list(names)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{what}-{now:%Y%m%dT%H%M%S}.txt"
    path.write_text("\n".join(names) + "\n", encoding="utf-8")
    return [*names[:_MOST_SAID], say("共{count}个，全部见{path}", count=len(names), path=path)]
