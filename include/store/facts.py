"""The facts as frames, as of a moment: what every figure is computed from."""

from datetime import date, datetime

import pandas as pd
from sqlalchemy import Connection

from include.letter_kinds import kinds_where
from include.periods import midnight
from include.store.statements import frame


def alarm_states(
    connection: Connection, start_at: datetime, end_at: datetime, as_of: datetime
) -> pd.DataFrame:
    """One row an alarm pushed in [start_at, end_at), in its state as of `as_of` (sql/alarm_states.sql)."""
    return frame(connection, "alarm_states", start_at=start_at, end_at=end_at, as_of_at=as_of)


def problems_found(
    connection: Connection, start_at: datetime, end_at: datetime, as_of: datetime
) -> pd.DataFrame:
    """One row a problem found by `as_of` at an alarm pushed in [start_at, end_at) (sql/problems_found.sql)."""
    return frame(connection, "problems_found", start_at=start_at, end_at=end_at, as_of_at=as_of)


def cities_on(connection: Connection, on_date: date) -> pd.DataFrame:
    """One row a city that belongs to a key region on that Beijing date (sql/cities_of_regions.sql)."""
    return frame(connection, "cities_of_regions", on_date=on_date)


def urged_alarms(connection: Connection, since: date, before: date) -> pd.DataFrame:
    """One row a 督办 of an alarm pushed since that Beijing date by a letter that left, for windows that ended before
    `before` (sql/urged_alarms.sql)."""
    urging = kinds_where(lambda kind: kind.is_urging)
    return frame(connection, "urged_alarms", since_date=since, before_date=before, urging_kinds=urging)


def silent_cities(connection: Connection, letters: int, before: date, as_of: datetime) -> list[str]:
    """Codes of the cities whose last `letters` notices all went unheard (sql/silent_cities.sql)."""
    asking = kinds_where(lambda kind: kind.is_asking)
    found = frame(
        connection, "silent_cities", letters=letters, before_date=before, as_of_at=as_of, asking_kinds=asking
    )
    return [str(code) for code in found["city_code"]]


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
    stays = frame(connection, "city_stays", start_date=start, end_date=end)
    for column in ("valid_from", "valid_to"):
        stays[column] = pd.to_datetime(stays[column])
    return stays


def answers_given(
    connection: Connection, start_at: datetime, end_at: datetime, as_of: datetime
) -> pd.DataFrame:
    """One row an answered alarm pushed in [start_at, end_at): what its last submission said (sql/answers_given.sql)."""
    return frame(connection, "answers_given", start_at=start_at, end_at=end_at, as_of_at=as_of)


def alarm_growth(
    connection: Connection, start_at: datetime, end_at: datetime, as_of: datetime
) -> pd.DataFrame:
    """One row a revision of an alarm pushed in [start_at, end_at) that was told more than once by `as_of` (sql/alarm_growth.sql)."""
    return frame(connection, "alarm_growth", start_at=start_at, end_at=end_at, as_of_at=as_of)


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
