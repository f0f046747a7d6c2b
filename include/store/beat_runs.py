"""Which windows a run came to: accounted for, or reported as late."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select, update

from include.periods import Period
from include.store.run_tables import beat_run


def mark_accounted(
    connection: Connection, period: Period, run_id: str, now: datetime, *, is_scheduled: bool
) -> None:
    """The run accounted for everything of its window. Marked again, the first moment stays."""
    found = _row(connection, period)
    if found is None:
        connection.execute(insert(beat_run).values(_new(period, run_id, is_scheduled, accounted_at=now)))
        return
    changed = {
        "run_id": run_id,
        "is_scheduled": found.is_scheduled or is_scheduled,
        "accounted_at": found.accounted_at or now,
    }
    connection.execute(update(beat_run).where(_is(period)).values(changed))


def mark_late(connection: Connection, period: Period, run_id: str, now: datetime) -> bool:
    """The scheduled run of the window is late. False, and nothing changes, where that was told before or where the window is
    accounted for by now."""
    found = _row(connection, period)
    if found is None:
        connection.execute(insert(beat_run).values(_new(period, run_id, True, late_at=now)))
        return True
    if found.late_at is not None or found.accounted_at is not None:
        return False
    connection.execute(update(beat_run).where(_is(period)).values(late_at=now, is_scheduled=True))
    return True


def first_scheduled(connection: Connection, window_kind: str) -> datetime | None:
    """The end of the first window of that kind to which the schedule brought a run; None where it never did."""
    query = select(func.min(beat_run.c.end_at)).where(
        beat_run.c.window_kind == window_kind, beat_run.c.is_scheduled
    )
    found: datetime | None = connection.execute(query).scalar_one()
    return found


def accounted_ends(connection: Connection, window_kind: str, since: datetime) -> set[datetime]:
    """The ends, from `since` on, of the windows of that kind that were accounted for."""
    query = select(beat_run.c.end_at).where(
        beat_run.c.window_kind == window_kind,
        beat_run.c.end_at >= since,
        beat_run.c.accounted_at.is_not(None),
    )
    return set(connection.execute(query).scalars())


def _row(connection: Connection, period: Period) -> Any:
    return connection.execute(select(beat_run).where(_is(period))).one_or_none()


def _is(period: Period) -> Any:
    return and_(beat_run.c.window_kind == period.kind, beat_run.c.end_at == period.end_at)


def _new(period: Period, run_id: str, is_scheduled: bool, **moments: datetime) -> dict[str, Any]:
    key = {"window_kind": period.kind, "end_at": period.end_at, "run_id": run_id}
    return {**key, "is_scheduled": is_scheduled, **moments}
