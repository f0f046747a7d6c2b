"""Windows of a beat that no run accounted for in time: none came, or it has not ended.

Only what the schedule once began is expected to go on: an installation that is run by hand misses nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from include.language import say
from include.periods import Period, later, midnight, period_ending, periods_between, window_kind
from include.rules import SELF_WATCH
from include.store.beat_runs import accounted_ends, first_scheduled


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


def due_at(period: Period) -> datetime:
    """When the letters of a window must be accounted for, at the latest."""
    return later(period.as_of, SELF_WATCH.late_after[period.kind])


def missing_windows(connection: Connection, now: datetime) -> list[Missing]:
    """What is missing at `now`, one a kind of window."""
    found = (_missing(connection, kind, now) for kind in SELF_WATCH.late_after)
    return [one for one in found if one is not None]


def _missing(connection: Connection, kind: str, now: datetime) -> Missing | None:
    first = first_scheduled(connection, kind)
    if first is None:
        return None
    since = max(first, midnight(now.date()) - SELF_WATCH.look_back)
    done = accounted_ends(connection, kind, since)
    expected = [period_ending(kind, first)] if first >= since else []
    expected += periods_between(kind, since, now)
    late = tuple(one for one in expected if due_at(one) <= now and one.end_at not in done)
    return Missing(kind, late, due_at(late[0])) if late else None
