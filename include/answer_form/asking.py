"""Until when a letter asks for answers, in words: never later than the deadline of an alarm that its form lists."""

from collections.abc import Sequence
from datetime import datetime

from include.language import say
from include.periods import moment_label
from include.supervision.figures import FormRow


def asked(rows: Sequence[FormRow], as_of: datetime, reply_by: datetime, *, year: bool = False) -> str:
    """What stands after “please”: `于3月13日8时30分前反馈`, `按各条反馈时限（最早3月12日15时10分）反馈`, and where some are overdue,
    `立即反馈超期报警，其余于3月12日15时10分前反馈`, or, where nothing is due before `reply_by`, the latest for these:
    `尽快反馈超期报警（最迟3月13日8时30分），其余于3月13日10时前反馈`. What is overdue is never given longer than the others."""
    dates = sorted({row.deadline_at for row in rows if not row.is_overdue_as_of(as_of)})
    has_overdue = any(row.is_overdue_as_of(as_of) for row in rows)
    latest = moment_label(reply_by, year=year)
    if not dates:
        return say("于{moment}前反馈", moment=latest)
    first = moment_label(dates[0], year=year)
    own = say("于{moment}前反馈") if len(dates) == 1 else say("按各条反馈时限（最早{moment}）反馈")
    if not has_overdue:
        return own.format(moment=first)
    others = say("其余于{moment}前反馈") if len(dates) == 1 else say("其余按反馈时限（最早{moment}）反馈")
    others = others.format(moment=first)
    if dates[0] < reply_by:
        return say("立即反馈超期报警，{others}", others=others)
    return say("尽快反馈超期报警（最迟{latest}），{others}", latest=latest, others=others)


def asked_first(rows: Sequence[FormRow], as_of: datetime, reply_by: datetime) -> str:
    """The same where a letter opens: `请于3月13日8时30分前反馈`, `请尽快反馈，最早3月12日15时10分到期`."""
    moment = _only_date(rows, as_of, reply_by)
    if moment is not None:
        return say("请{asked}", asked=say("于{moment}前反馈", moment=moment_label(moment)))
    return say("请尽快反馈，最早{moment}到期", moment=_first_date(rows, as_of))


def asked_shortly(rows: Sequence[FormRow], as_of: datetime, reply_by: datetime) -> str:
    """The same under a figure, where there is room for one moment: `请于3月13日8时30分前反馈`, `最早3月12日15时10分到期`."""
    moment = _only_date(rows, as_of, reply_by)
    if moment is not None:
        return say("请于{moment}前反馈", moment=moment_label(moment))
    return say("最早{moment}到期", moment=_first_date(rows, as_of))


def _only_date(rows: Sequence[FormRow], as_of: datetime, reply_by: datetime) -> datetime | None:
    """The one moment that is asked for; None where there are several."""
    open_until = {row.deadline_at for row in rows if not row.is_overdue_as_of(as_of)}
    if not open_until:
        return reply_by
    has_overdue = any(row.is_overdue_as_of(as_of) for row in rows)
    return None if has_overdue or len(open_until) > 1 else min(open_until)


def _first_date(rows: Sequence[FormRow], as_of: datetime) -> str:
    return moment_label(min(row.deadline_at for row in rows if not row.is_overdue_as_of(as_of)))
