"""One alarm: where it is, how it stands as of a moment, everything that happened to it, who acted on it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from include.desk.cities import AlarmStory, stories
from include.desk.facts import Facts
from include.errors import StateError
from include.house import House
from include.store import tables
from include.store.alarm_aliases import main_ids
from include.store.engine import reading
from include.store.facts import ALL_KNOWN, alarm_states, problems_found
from include.supervision.feedback import judge, judge_problems

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class AlarmPage:
    """One alarm as of a moment. `first_deadline_at` (F) and `applicable_deadline_at` (A) as `judge` has them; `acted`: one row an
    act of the office from the audit trail, the first one first, whatever the moment that is shown."""

    story: AlarmStory
    unit_code: str
    unit_name: str
    first_deadline_at: datetime
    applicable_deadline_at: datetime
    acted: tuple[dict[str, Any], ...]
    is_simulated: bool


def alarm_page(house: House, alarm_id: str, as_of: datetime, known_at: datetime = ALL_KNOWN) -> AlarmPage:
    """The alarm as of a moment. Raises StateError for one that nobody told of, or that was not pushed by then."""
    columns, city, audit = tables.alarm.c, tables.city.c, tables.audit.c
    with reading(house.engine) as connection:
        main_id = main_ids(connection, [alarm_id]).get(alarm_id, alarm_id)
        pushed = (
            connection.execute(select(columns.pushed_at).where(columns.alarm_id == main_id)).scalars().all()
        )
        if not pushed:
            raise StateError("no such alarm", where="alarm", got=alarm_id[:64])
        window = (min(pushed), max(pushed) + _INSTANT, as_of)
        judged = judge(alarm_states(connection, *window, known_at=known_at), as_of)
        found = judge_problems(problems_found(connection, *window, known_at=known_at), judged, as_of)
        own = Facts(
            window[0],
            as_of,
            judged[judged["alarm_id"] == main_id],
            found[found["alarm_id"] == main_id],
            known_at,
        )
        if own.judged.empty:
            raise StateError("the alarm is not pushed yet", where="alarm", got=alarm_id[:64])
        row: dict[Any, Any] = own.judged.iloc[0].to_dict()
        (story,) = stories(connection, own, window[0], as_of, grid_id=row["grid_id"])
        names = select(city.unit_name).where(city.unit_code == row["unit_code"])
        name = connection.execute(names).scalar_one_or_none()
        acted = connection.execute(
            select(audit.at, audit.actor, audit.action, audit.reason)
            .where(audit.subject == "alarm", audit.subject_id == main_id)
            .order_by(audit.audit_id)
        ).mappings()
        return AlarmPage(
            story,
            row["unit_code"],
            name or row["unit_code"],
            row["first_deadline_at"].to_pydatetime(),
            row["applicable_deadline_at"].to_pydatetime(),
            tuple(dict(one) for one in acted),
            own.is_simulated,
        )
