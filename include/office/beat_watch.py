"""Windows of a beat that no run accounted for in time: none came, or it has not ended.

Expected is what the schedule once began, and, from its first round of the post on, every beat whose letters this office uses: one
whose DAG is paused or was never switched on is missed, too. An installation that is run by hand misses nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from include.language import say
from include.letter_kinds import is_in_use, kinds_where
from include.periods import DAG_IDS, DAY, Period, later, midnight, period_ending, periods_between, window_kind
from include.profile.current import office
from include.rules import SELF_WATCH
from include.store.beat_runs import accounted_ends, first_scheduled
from include.store.rounds import POST_ROUND, rounds_of
from include.store.watch_facts import has_stations

WINDOWS_OF_DAG: Final[Mapping[str, tuple[str, ...]]] = {
    "daily_dispatch": ("day",),
    "weekly_summary": ("midweek", "weekend"),
    "half_monthly_bulletin": ("half_month",),
    "hourly_watch": ("hour",),
}
"""The kinds of windows that each DAG with a time limit accounts for."""


@dataclass(frozen=True)
class Missing:
    """The windows of one kind (`windows`, in order) that are not accounted for although they were due by `since`."""

    kind: str
    windows: tuple[Period, ...]
    since: datetime

    @property
    def label(self) -> str:
        """In words, for a list (Chinese): the kind, its first window and how many."""
        first, count = self.windows[0], len(self.windows)
        name = say("{label}　{period}", label=say(window_kind(self.kind).label), period=first.label)
        return name if count == 1 else say("{name}等{count}个时段", name=name, count=count)

    @property
    def dag_id(self) -> str:
        """The DAG whose runs account for these windows."""
        return next(dag_id for dag_id, kinds in WINDOWS_OF_DAG.items() if self.kind in kinds)


def wanted_dags(connection: Connection) -> frozenset[str]:
    """The scheduled DAGs that this office's work needs: those of windows whose letters it makes, and the rounds."""
    return frozenset(
        dag_id
        for dag_id in DAG_IDS
        if dag_id not in WINDOWS_OF_DAG
        or any(_is_wanted(connection, kind) for kind in WINDOWS_OF_DAG[dag_id])
    )


def due_at(period: Period) -> datetime:
    """When the letters of a window must be accounted for, at the latest."""
    return later(period.as_of, SELF_WATCH.late_after[period.kind])


def missing_windows(connection: Connection, now: datetime) -> list[Missing]:
    """What is missing at `now`, one a kind of window."""
    found = (_missing(connection, kind, now) for kind in SELF_WATCH.late_after)
    return [one for one in found if one is not None]


def _missing(connection: Connection, kind: str, now: datetime) -> Missing | None:
    since = midnight(now.date()) - SELF_WATCH.look_back
    done = accounted_ends(connection, kind, since)
    expected = {one.end_at: one for one in _expected(connection, kind, since, now)}
    late = tuple(one for end_at, one in sorted(expected.items()) if due_at(one) <= now and end_at not in done)
    return Missing(kind, late, due_at(late[0])) if late else None


def _expected(connection: Connection, kind: str, since: datetime, now: datetime) -> Iterable[Period]:
    first = first_scheduled(connection, kind)
    if first is not None:
        if first >= since:
            yield period_ending(kind, first)
        yield from periods_between(kind, max(first, since), now)
    rounds = rounds_of(connection, POST_ROUND)
    if rounds is not None and _is_wanted(connection, kind):
        begun = max(rounds.first_at, since)
        yield from (one for one in periods_between(kind, later(begun, -DAY), now) if one.as_of > begun)


def _is_wanted(connection: Connection, kind: str) -> bool:
    """Whether this office makes letters of such windows; hours are judged only where there are stations."""
    letters = kinds_where(lambda letter: kind in letter.windows)
    if not any(is_in_use(letter, office().letters) for letter in letters):
        return False
    return kind != "hour" or has_stations(connection)
