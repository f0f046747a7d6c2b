"""The words of the public pages: Chinese in templates and modules, English beside it in words.yaml.

Pages are in the language that they are asked for; the data files and the mark of simulated data are in the office's own, in every language.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from include.language import say
from include.openness.figures import Month
from include.periods import date_label
from include.profile.current import office
from include.rules import SIMULATED_LABEL
from include.supervision.figures import Share

Translate = Callable[..., str]
LANG_TAGS: Final = {"zh": "zh-CN", "en": "en"}
_FILE: Final = Path(__file__).parent / "words.yaml"


@cache
def english() -> dict[str, str]:
    """English by Chinese."""
    words: dict[str, str] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return words


def translator(lang: str) -> Translate:
    """`t("…{n}…", n=3)`: the Chinese words in that language with the values in their places."""

    def translate(words: str, /, **values: Any) -> str:
        text = words if lang == "zh" else english()[words]
        return text.format(**values) if values else text

    return translate


def simulated_mark() -> str:
    """模拟数据 as the office says it."""
    return say(SIMULATED_LABEL)


def separator() -> str:
    """What stands between the names of a merged row in the data files."""
    return "、" if office().language == "zh" else "; "


def in_data(name: str) -> str:
    """A name of the house (`ELSEWHERE`) as the data files of this office say it."""
    return name if office().language == "zh" else english().get(name, name)


def share_text(n: int | None, of: int | None, lang: str) -> str:
    """`3/4（75.0%）`, in English with half-width brackets; `—` for a zero denominator, empty where either is withheld."""
    if n is None or of is None:
        return ""
    text = str(Share(n, of))
    return text if lang == "zh" else text.replace("（", " (").replace("）", ")")


def month_title(month: Month, lang: str) -> str:
    """`2020年3月`; of a part of a month its days."""
    start, last = month.start, month.last_date
    is_whole = start.day == 1 and month.end.day == 1
    if lang == "zh":
        return f"{start.year}年{start.month}月" + ("" if is_whole else f"{start.day}日至{last.day}日")
    return f"{start:%B %Y}" if is_whole else f"{start.day} to {last.day} {start:%B %Y}"


def date_text(day: Any, lang: str) -> str:
    """A date as the language writes it."""
    return date_label(day) if lang == "zh" else f"{day.day} {day:%B %Y}"
