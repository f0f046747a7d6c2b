"""What stays on one line in a narrow column of a mail."""

import re
from typing import Final

from markupsafe import Markup, escape

_WHOLE: Final = re.compile(
    r"((?:\d{4}年)?\d+月\d+日(?:\d+时(?:\d+分)?)?|\d+时(?:\d+分)?"
    r"|\d+ (?:January|February|March|April|May|June|July|August|September|October|November|December)"
    r"(?: \d{4})?(?: \d\d:\d\d)?"
    r"|(?<![A-Za-z.\d])\d+(?:\.\d+)? ?(?:小时|天|件|条|次|hours?|days?|alarms?|μg/m³))"
)


def whole(text: str) -> Markup:
    """The text for a narrow column of a mail: moments, and numbers with their unit, stay on one line."""
    kept = Markup('<span style="white-space:nowrap">{}</span>')
    parts = _WHOLE.split(str(text))  # every second one is a moment or a number with its unit
    return Markup("").join(
        kept.format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )
