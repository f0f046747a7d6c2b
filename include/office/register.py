"""The register of letter kinds, upper part: how a letter of each kind is made, compared and checked, and which beat makes it.

`include/letter_kinds.py` says what a kind is. A new kind of letter is one `LetterType` (registered with its kind) and the `Beat`
that makes it, both values; rendering, release, desk, reconciliation and corrections read them here.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from include.chain.assessment_figures import ASSESSMENT_LIST, AssessmentFigures
from include.chain.figures import (
    ACCEPTANCE,
    ASSIGNMENT,
    ESCALATION,
    REPORT_SHEET,
    RETURN,
    VISIT,
    ChainFigures,
)
from include.house import House
from include.language import say
from include.letter_kinds import LETTER_KINDS, LetterKind, is_in_use, letter_kind
from include.letters.alarm import compose_alarm
from include.letters.assessment import compose_assessment
from include.letters.bulletin import compose_bulletin
from include.letters.chain import compose_chain
from include.letters.composition import Letter, compose_notice, compose_reminder
from include.letters.overview import compose_overview
from include.letters.summary import compose_summary
from include.periods import Period
from include.post.drafts import LetterFacts, NamedAlarm
from include.post.release import Struck
from include.profile.current import office
from include.store.facts import alarm_states
from include.supervision.alarm_push import AlarmFigures
from include.supervision.bulletin_figures import BulletinFigures, OverviewFigures
from include.supervision.differences import differences
from include.supervision.feedback import judge
from include.supervision.figures import NoticeFigures, ReminderFigures, to_json
from include.supervision.weekly_figures import SummaryFigures

CHAIN_KINDS: Final = (ASSIGNMENT, REPORT_SHEET, RETURN, VISIT, ACCEPTANCE, ESCALATION)
_INSTANT: Final = timedelta(microseconds=1)

Premise = Callable[[Connection, Any, datetime], str | Struck | None]
"""Of a letter's frozen figures, at a moment: why it is not to be sent any more (Chinese), with what it is sent, or None."""


@dataclass(frozen=True)
class LetterType:
    """How a kind of letter is made.

    `figures`: the class that its frozen figures are of. `compose(figures, issue, *, fonts_dir, red_head)`: its files.
    `premise`: asked again at release, after the facts were pulled up to that moment. `differences(told, now)`: what two figures of
    one letter say otherwise, in words, for a 更正.
    """

    kind: LetterKind
    figures: type[Any]
    compose: Callable[..., Letter]
    premise: Premise | None = None
    differences: Callable[[Any, Any], tuple[str, ...]] = differences


@dataclass(frozen=True)
class Due:
    """One letter that is due: what it is, and a name for people."""

    facts: LetterFacts
    name: str


@dataclass(frozen=True)
class Beat:
    """What makes letters: for windows of these kinds, the letters that are due by the facts as they are known now.

    `cheap_keys`: the keys of the same letters, where they can be told without all the figures.
    """

    windows: tuple[str, ...]
    due_letters: Callable[[House, Period], list[Due]]
    cheap_keys: Callable[[House, Period], list[str]] | None = None

    def due_keys(self, house: House, period: Period) -> list[str]:
        """The keys of `due_letters`."""
        if self.cheap_keys is not None:
            return self.cheap_keys(house, period)
        return [one.facts.key for one in self.due_letters(house, period)]


def reminder_alarms(figures: ReminderFigures) -> tuple[NamedAlarm, ...]:
    """The alarms that a 督办函 names: those that it urges, and the other open ones of its answer form."""
    urged = {row.alarm_id for row in figures.overdue}
    others = (row.alarm_id for row in figures.form if row.alarm_id not in urged)
    return (*(NamedAlarm(row.alarm_id, is_urged=True) for row in figures.overdue), *map(NamedAlarm, others))


def reminder_premise(connection: Connection, figures: ReminderFigures, now: datetime) -> str | Struck | None:
    """A reminder whose urged alarms are all answered, withdrawn or closed meanwhile is not sent; those that are so in part are
    struck from it."""
    named = {row.alarm_id for row in figures.overdue} | {row.alarm_id for row in figures.form}
    first_at = min(row.pushed_at for row in figures.overdue)
    states = alarm_states(connection, first_at, figures.period.as_of + _INSTANT, now, with_old=True)
    judged = judge(states[states["alarm_id"].isin(named)], now)
    open_ids = set(judged.loc[judged["is_open"], "alarm_id"])
    left = tuple(row for row in figures.overdue if row.alarm_id in open_ids)
    if not left:
        return say("所列{count}条报警均已反馈、核减或结案，不再督办", count=len(figures.overdue))
    if len(left) == len(figures.overdue):
        return None
    form = tuple(row for row in figures.form if row.alarm_id in open_ids)
    struck = replace(figures, overdue=left, form=form)
    remark = say("放行前已反馈、核减或结案的{count}条不再列入", count=len(figures.overdue) - len(left))
    return Struck(to_json(struck), reminder_alarms(struck), remark)


def alarm_premise(connection: Connection, figures: AlarmFigures, now: datetime) -> str | None:
    """A push is not sent when its alarms are answered, withdrawn or past their deadlines by then."""
    alarms = figures.alarms
    if all(one.deadline_at <= now for one in alarms):
        return say("所列{count}条报警的反馈时限已过，不再推送", count=len(alarms))
    first, last = min(one.raised_at for one in alarms), max(one.deadline_at for one in alarms)
    if _is_any_open(connection, [one.alarm_id for one in alarms], first, last, now):
        return None
    return say("所列{count}条报警均已反馈、核减或撤回，不再推送", count=len(alarms))


def _is_any_open(
    connection: Connection, alarm_ids: list[str], start_at: datetime, end_at: datetime, now: datetime
) -> bool:
    """Whether one of the alarms, all pushed in [start_at, end_at), is neither answered nor struck out at `now`."""
    states = alarm_states(connection, start_at, end_at, now)
    judged = judge(states[states["alarm_id"].isin(alarm_ids)], now)
    return bool(judged["is_open"].any())


LETTER_TYPES: Final[dict[str, LetterType]] = {
    one.kind.name: one
    for one in (
        LetterType(letter_kind("notice"), NoticeFigures, compose_notice),
        LetterType(letter_kind("reminder"), ReminderFigures, compose_reminder, reminder_premise),
        LetterType(letter_kind("summary"), SummaryFigures, compose_summary),
        LetterType(letter_kind("bulletin"), BulletinFigures, compose_bulletin),
        LetterType(letter_kind("overview"), OverviewFigures, compose_overview),
        LetterType(letter_kind("alarm"), AlarmFigures, compose_alarm, alarm_premise),
        LetterType(letter_kind("late_alarm"), AlarmFigures, compose_alarm, alarm_premise),
        LetterType(letter_kind(ASSESSMENT_LIST), AssessmentFigures, compose_assessment),
        *(LetterType(letter_kind(one), ChainFigures, compose_chain) for one in CHAIN_KINDS),
    )
}
"""Every kind that is composed from figures, by its name. (The daily list, `digest`, is composed where it is queued.)"""

BEATS: Final[list[Beat]] = []
"""What makes letters; `include.workflows.beats` enters the beats that are shipped."""


def register(letter_type: LetterType, beat: Beat | None = None) -> None:
    """Enters a kind of letter, and the beat that makes it."""
    LETTER_KINDS[letter_type.kind.name] = letter_type.kind
    LETTER_TYPES[letter_type.kind.name] = letter_type
    if beat is not None:
        BEATS.append(beat)


@contextmanager
def registered(letter_type: LetterType, beat: Beat | None = None) -> Iterator[None]:
    """As `register`, for the length of a `with`; letters of the kind that are stored stay readable afterwards."""
    register(letter_type, beat)
    try:
        yield
    finally:
        LETTER_KINDS.pop(letter_type.kind.name, None)
        LETTER_TYPES.pop(letter_type.kind.name, None)
        if beat is not None:
            BEATS.remove(beat)


def due_letters(house: House, period: Period) -> list[Due]:
    """The letters of a window over all beats, of the kinds that the profile has in use, by the facts as they are known now."""
    found = (due for beat in BEATS if period.kind in beat.windows for due in beat.due_letters(house, period))
    return [due for due in found if is_in_use(due.facts.kind, office().letters)]


def due_keys(house: House, period: Period) -> list[str]:
    """The keys of `due_letters`."""
    idle = tuple(f"{kind}_" for kind in LETTER_KINDS if not is_in_use(kind, office().letters))
    found = (key for beat in BEATS if period.kind in beat.windows for key in beat.due_keys(house, period))
    return [key for key in found if not key.startswith(idle)]


def windows_with_letters() -> tuple[str, ...]:
    """The kinds of windows that some beat makes letters for."""
    return tuple(dict.fromkeys(kind for beat in BEATS for kind in beat.windows))
