"""The facts as frames, as of a moment: what every figure is computed from."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection, func, select

from include.letter_kinds import kinds_where
from include.periods import DAY, midnight
from include.store import tables
from include.store.statements import frame, frame_of_each

ALL_KNOWN: Final = datetime(9999, 1, 1, tzinfo=UTC)  # later than whatever was received
_AT_ONCE: Final = 500  # names in one query
_INSTANT: Final = timedelta(microseconds=1)


def alarm_states(
    connection: Connection,
    start_at: datetime,
    end_at: datetime,
    as_of: datetime,
    *,
    known_at: datetime = ALL_KNOWN,
    with_old: bool = False,
    unit_code: str | None = None,
    grid_id: str | None = None,
    only: tuple[str, ...] = (),
) -> pd.DataFrame:
    """One row an alarm pushed in [start_at, end_at), in its state as of `as_of` (sql/alarm_states.sql); of one unit or grid where it is told;
    `only` some columns of it, as `feedback.COUNTED`.

    Facts received later than `known_at` are left out. With `with_old` there are also all alarms pushed before `start_at` that
    are open as of `as_of`, however old (and some that are not: `judge` tells); `start_at` lies seven days before `as_of` then.
    """
    return frame(
        connection,
        "alarm_states",
        only,
        start_at=start_at,
        end_at=end_at,
        as_of_at=as_of,
        known_at=known_at,
        with_old=int(with_old),
        unit_code=unit_code,
        grid_id=grid_id,
    )


def states_as_of_each(
    connection: Connection,
    windows: Sequence[tuple[datetime, datetime, datetime]],
    *,
    known_at: datetime = ALL_KNOWN,
    unit_code: str | None = None,
) -> tuple[pd.DataFrame, list[int]]:
    """The rows of `alarm_states` with the open ones of any age for each of several (start_at, end_at, as_of), below each other, and how
    many each has."""
    told = [
        {
            "start_at": start_at,
            "end_at": end_at,
            "as_of_at": as_of,
            "known_at": known_at,
            "with_old": 1,
            "unit_code": unit_code,
            "grid_id": None,
        }
        for start_at, end_at, as_of in windows
    ]
    return frame_of_each(connection, "alarm_states", told)


def problems_found(
    connection: Connection,
    start_at: datetime,
    end_at: datetime,
    as_of: datetime,
    *,
    known_at: datetime = ALL_KNOWN,
    unit_code: str | None = None,
    grid_id: str | None = None,
    only: tuple[str, ...] = (),
) -> pd.DataFrame:
    """One row a problem found by `as_of` at an alarm pushed in [start_at, end_at) (sql/problems_found.sql); with a unit or grid told,
    at alarms that any revision gave to it (`judge_problems` keeps those of the judged alarms); `only` some columns of it, as
    `feedback.COUNTED_PROBLEMS`."""
    return frame(
        connection,
        "problems_found",
        only,
        start_at=start_at,
        end_at=end_at,
        as_of_at=as_of,
        known_at=known_at,
        unit_code=unit_code,
        grid_id=grid_id,
    )


def pushes_of(connection: Connection, alarm_ids: Sequence[str]) -> pd.DataFrame:
    """One row an alarm of these that is known: `alarm_id`, and when it was first pushed."""
    own = tables.alarm.c
    found: list[tuple[str, datetime]] = []
    for begin in range(0, len(alarm_ids), _AT_ONCE):
        some = list(alarm_ids[begin : begin + _AT_ONCE])
        query = select(own.alarm_id, own.pushed_at).where(own.alarm_id.in_(some), own.revision == 1)
        found += [(row[0], row[1]) for row in connection.execute(query)]
    return pd.DataFrame(found, columns=["alarm_id", "pushed_at"])


def windows_of(pushed_at: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    """The fewest windows that hold these moments and no empty day: what lies between old alarms and new ones is not read."""
    moments = pd.DatetimeIndex(pd.to_datetime(list(pushed_at), utc=True)).unique().sort_values()
    after = moments + _INSTANT
    begins = (
        np.flatnonzero(moments[1:] - after[:-1] > pd.Timedelta(DAY)) + 1
    )  # those that begin a window of their own
    firsts, lasts = np.concatenate([[0], begins]), np.concatenate([begins, [len(moments)]]) - 1
    some = slice(0, len(moments))  # no window without a moment
    return list(zip(moments[firsts[some]].to_pydatetime(), after[lasts[some]].to_pydatetime(), strict=True))


def states_of(
    connection: Connection, pushes: pd.DataFrame, as_of: datetime, only: tuple[str, ...] = ()
) -> pd.DataFrame:
    """The rows of `alarm_states` of certain alarms (`alarm_id, pushed_at`), however far apart they were pushed."""
    return _at_alarms(connection, pushes, as_of, alarm_states, only)


def problems_of(
    connection: Connection, pushes: pd.DataFrame, as_of: datetime, only: tuple[str, ...] = ()
) -> pd.DataFrame:
    """The rows of `problems_found` at certain alarms (`alarm_id, pushed_at`)."""
    return _at_alarms(connection, pushes, as_of, problems_found, only)


def _at_alarms(
    connection: Connection,
    pushes: pd.DataFrame,
    as_of: datetime,
    read: Callable[..., pd.DataFrame],
    only: tuple[str, ...],
) -> pd.DataFrame:
    windows = windows_of(pushes["pushed_at"]) or [(as_of, as_of)]
    parts = [read(connection, *window, as_of, only=only) for window in windows]
    found = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    wanted = set(pushes["alarm_id"].tolist())
    is_wanted = np.array([name in wanted for name in found["alarm_id"].tolist()], dtype=bool)
    return found[is_wanted].reset_index(drop=True)


def cities_on(connection: Connection, on_date: date) -> pd.DataFrame:
    """One row a city that belongs to a key region on that Beijing date (sql/cities_of_regions.sql)."""
    return frame(connection, "cities_of_regions", on_date=on_date)


def urged_alarms(
    connection: Connection, start_at: datetime, end_at: datetime, as_of: datetime, before: date
) -> pd.DataFrame:
    """One row a 督办函 that left before that Beijing date and urged an alarm which `alarm_states` reads over the same window
    with its old ones (sql/urged_alarms.sql)."""
    return frame(
        connection,
        "urged_alarms",
        start_at=start_at,
        end_at=end_at,
        as_of_at=as_of,
        before_at=midnight(before),
        urging_kinds=kinds_where(lambda kind: kind.is_urging),
    )


def unheard_cities(connection: Connection, letters: int, before: date, as_of: datetime) -> list[str]:
    """Codes of the cities whose address must be verified: no sign of life since their last `letters` letters
    (sql/unheard_cities.sql)."""
    found = frame(
        connection,
        "unheard_cities",
        letters=letters,
        before_date=before,
        as_of_at=as_of,
        asking_kinds=kinds_where(lambda kind: kind.is_asking),
    )
    return [str(code) for code in found["unit_code"]]


def last_letters(connection: Connection, on_date: date) -> pd.DataFrame:
    """One row a city: its last letter whose window ended on that Beijing date or before (sql/last_letters.sql)."""
    return frame(
        connection,
        "last_letters",
        on_date=on_date,
        first_kinds=kinds_where(lambda kind: kind.order == 1),
        last_kinds=kinds_where(lambda kind: kind.order == 3),
    )


def city_stays(connection: Connection, start: date, end: date) -> pd.DataFrame:
    """One row a stay of a city in a key region that touches [start, end) (sql/city_stays.sql)."""
    stays = frame(connection, "city_stays", start_date=start, end_date=end, last_date=end - DAY)
    for column in ("valid_from", "valid_to"):
        stays[column] = pd.to_datetime(stays[column])
    return stays


def answers_given(
    connection: Connection,
    start_at: datetime,
    end_at: datetime,
    as_of: datetime,
    known_at: datetime = ALL_KNOWN,
    *,
    unit_code: str | None = None,
) -> pd.DataFrame:
    """One row an answered alarm pushed in [start_at, end_at): what its last submission said (sql/answers_given.sql); with a unit told,
    of alarms that any revision gave to it."""
    return frame(
        connection,
        "answers_given",
        start_at=start_at,
        end_at=end_at,
        as_of_at=as_of,
        known_at=known_at,
        unit_code=unit_code,
        grid_id=None,
    )


def alarm_growth(
    connection: Connection, start_at: datetime, end_at: datetime, as_of: datetime
) -> pd.DataFrame:
    """One row a revision of an alarm pushed in [start_at, end_at) that was told more than once by `as_of` (sql/alarm_growth.sql)."""
    return frame(connection, "alarm_growth", start_at=start_at, end_at=end_at, as_of_at=as_of)


def last_push(connection: Connection, until: datetime) -> datetime | None:
    """When the last alarm up to a moment was pushed; None where there is none."""
    pushed_at = tables.alarm.c.pushed_at
    found: datetime | None = connection.execute(
        select(func.max(pushed_at)).where(pushed_at <= until)
    ).scalar_one()
    return found


def letters_with_late_facts(connection: Connection, since: date) -> pd.DataFrame:
    """One row a released letter that facts learnt after its release may change (sql/letters_with_late_facts.sql)."""
    corrected = kinds_where(lambda kind: kind.is_corrected)
    return frame(
        connection,
        "letters_with_late_facts",
        since_date=since,
        since_at=midnight(since),
        corrected_kinds=corrected,
    )
