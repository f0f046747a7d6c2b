"""The rules of time behind the figures, in words: how long a unit has to answer and to rectify, as the profile sets it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from include.openness.site import Renderer
from include.openness.words import date_text
from include.rules import DEADLINES

_RULE: Final = "deadlines.feedback"
_HOUR: Final = timedelta(hours=1)
_DUE: Final = (
    "到期：反馈时限（推送后{answer}；申诉被驳回的，驳回后另计{rejected}）已过、不在复核中、未结案的报警。"
)
_RECTIFICATION: Final = (
    "整改到期：整改期限已过的问题；期限为发现后{days}天，有承诺日期的从承诺，最长{longest}天。"
    "已整改：其中已报整改完成的。"
)


def due_words(renderer: Renderer) -> list[str]:
    """What is due: the time to answer of all alarms pushed in the months that are shown, and of units that have another."""
    t, site = renderer.t, renderer.site
    general = _answering(renderer, "")
    told = [t(_DUE, answer=general, rejected=_hours(renderer, DEADLINES.after_rejection))]
    own = [(name, _answering(renderer, code)) for code, name in site.units]
    others = [
        t("{name}{answer}", name=renderer.named(name), answer=answer)
        for name, answer in own
        if answer != general
    ]
    if others:
        told.append(t("推送后的反馈时限另有规定的：{others}。", others=t("；").join(others)))
    return told


def rectification_words(renderer: Renderer) -> str:
    """Until when a problem is to be rectified."""
    days, longest = DEADLINES.rectify, DEADLINES.rectify_longest
    return renderer.t(_RECTIFICATION, days=_days(days), longest=_days(longest))


def _answering(renderer: Renderer, unit_code: str) -> str:
    """`24小时，2020年3月10日起推送的48小时`: the times that held for a unit (without one: for all) in the months that are shown."""
    t = renderer.t
    (_, first), *later = _times(renderer, unit_code)
    changes = [
        t("，{day}起推送的{hours}", day=date_text(day, renderer.lang), hours=_hours(renderer, length))
        for day, length in later
    ]
    return "".join([_hours(renderer, first), *changes])


def _times(renderer: Renderer, unit_code: str) -> Iterator[tuple[date, timedelta]]:
    """The first day that is shown and each on which the time to answer changed, with that time."""
    months, book = [one.month for one in renderer.site.current], renderer.site.rules
    first = min((month.start for month in months), default=date.max)
    end = max((month.end for month in months), default=date.max)
    starts = {
        change.valid_from
        for change in book.changes
        if change.name == _RULE and change.unit_code in ("", unit_code) and first < change.valid_from < end
    }
    before = None
    for day in sorted({first, *starts}):
        length = book.on(day, unit_code).deadlines.feedback
        if length != before:
            yield day, length
        before = length


def _hours(renderer: Renderer, length: timedelta) -> str:
    return renderer.t("{hours}小时", hours=f"{length / _HOUR:g}")


def _days(length: timedelta) -> str:
    return f"{length / timedelta(days=1):g}"
