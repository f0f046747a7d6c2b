"""交办: to whom an alarm goes by the profile's rules of place and first suspicion, and which alarms nobody holds yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from include.act import Act
from include.chain.machine import chain_of
from include.chain.steps import ASSIGN, JOINT, LEAD
from include.chain.values import Event, Move
from include.errors import QianliyanError, StateError
from include.house import House
from include.language import say
from include.office.chain import chain_settings
from include.office.suspected import suspected
from include.periods import DAY
from include.profile.chain_values import ChainSettings
from include.rules import LOW_RESPONSE
from include.sources.chain_holders import heir_of
from include.sources.chain_steps import take_in
from include.store.alarm_aliases import main_ids
from include.store.chain import chain_events
from include.store.chain_tables import chain_alarm
from include.store.engine import reading, writing
from include.store.facts import alarm_states
from include.store.spot_checks import draw_key
from include.store.successors import Successors, successors
from include.supervision.feedback import judge

# The category of problems that a first suspect of a kind speaks for; one of any other kind for none.
CATEGORY_OF: Final = {
    "enterprise": "工业企业",
    "site": "扬尘（工地）",
    "road": "扬尘（道路）",
    "fire": "露天焚烧",
}
_INSTANT: Final = timedelta(microseconds=1)
_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Holders:
    """To whom an alarm goes: unit codes, the leading one first. `rule`: the number of the profile's rule, 0 where none holds."""

    units: tuple[str, ...]
    rule: int = 0


def holders_of(settings: ChainSettings, unit_code: str, county: str, category: str) -> Holders:
    """By the first rule that holds; by none: the unit that the alarm is of."""
    for number, rule in enumerate(settings.assign, start=1):
        if rule.holds({unit_code, county}, category):
            units = (rule.lead or unit_code, *rule.joint)
            return Holders(tuple(dict.fromkeys(units)), number)
    return Holders((unit_code,))


def _present(holders: Holders, row: dict[str, Any], heirs: Successors, now: datetime) -> Holders:
    """The same with the successor in the place of each unit that has one by now."""
    units = (heir_of(heirs, one, str(row["county"]), now)[0] for one in holders.units)
    return Holders(tuple(dict.fromkeys(units)), holders.rule)


def unassigned(connection: Connection, now: datetime) -> list[dict[str, Any]]:
    """The alarms that are open at `now` and that nobody holds or ever held, the oldest first: columns of `judge`."""
    start_at = now - (LOW_RESPONSE.rolling_days + 1) * DAY
    judged = judge(alarm_states(connection, start_at, now + _INSTANT, now, with_old=True), now)
    rows = judged[judged["is_open"]].to_dict("records")
    known = _with_chain(connection, (str(row["alarm_id"]) for row in rows))
    return [{str(name): value for name, value in row.items()} for row in rows if row["alarm_id"] not in known]


def assign_by_rules(
    house: House, alarm_ids: Iterable[str], act: Act, person: str = ""
) -> tuple[list[Event], list[str]]:
    """Hands on these of the alarms that nobody holds, by the profile's rules; each alarm in one transaction. `person`: who did it,
    where that is not the act's actor. Returns the events, and what could not be handed on and why."""
    settings, key = chain_settings(), draw_key(house.engine, act.now)
    with reading(house.engine) as connection:
        waiting = {str(row["alarm_id"]): row for row in unassigned(connection, act.now)}
        wanted = [alarm_id for alarm_id in dict.fromkeys(alarm_ids) if alarm_id in waiting]
        told = suspected(connection, wanted, act.now)
        heirs = successors(connection)
    done: list[Event] = []
    troubles: list[str] = []
    for alarm_id in wanted:
        row, suspects = waiting[alarm_id], told.get(alarm_id, ())
        category = CATEGORY_OF.get(suspects[0].kind, "") if suspects else ""
        holders = _present(
            holders_of(settings, str(row["unit_code"]), str(row["county"]), category), row, heirs, act.now
        )
        note = act.reason or _why(holders, category)
        try:
            with writing(house.engine, lock="intake") as connection:
                if _with_chain(connection, [alarm_id]):
                    continue  # somebody was quicker
                for number, unit_code in enumerate(holders.units):
                    move = Move(
                        ASSIGN,
                        act.now,
                        act.now,
                        act.actor,
                        person,
                        unit_code=unit_code,
                        role=JOINT if number else LEAD,
                        note=note,
                        is_by_rule=True,
                    )
                    event = take_in(connection, alarm_id, move, settings, key)
                    done += [event] if event else []
        except QianliyanError as error:
            troubles.append(f"{alarm_id}: {error}")
    return done, troubles


def assign_to(
    house: House, alarm_ids: Iterable[str], units: Iterable[str], act: Act, person: str = ""
) -> list[tuple[str, Event]]:
    """Hands alarms on to the units that a person names, each alarm to all of them, the first one leading where no unit leads yet; all
    in one transaction. Raises InputError for an unknown alarm or unit, StateError where a unit holds the alarm already."""
    settings, key, told = chain_settings(), draw_key(house.engine, act.now), tuple(units)
    done: list[tuple[str, Event]] = []
    with writing(house.engine, lock="intake") as connection:
        for alarm_id in dict.fromkeys(alarm_ids):
            main_id = main_ids(connection, [alarm_id]).get(alarm_id, alarm_id)
            for unit_code in told:
                stands = chain_of(chain_events(connection, main_id))
                role = JOINT if any(one.role == LEAD for one in stands.running) else LEAD
                move = Move(
                    ASSIGN, act.now, act.now, act.actor, person, unit_code, role=role, note=act.reason
                )
                event = take_in(connection, main_id, move, settings, key)
                done += [(alarm_id, event)] if event else []
    return done


def require_unassigned(house: House, alarm_id: str, now: datetime) -> None:
    """Raises StateError for an alarm that the rules cannot hand on: somebody holds it, or it is not open."""
    with reading(house.engine) as connection:
        if alarm_id not in {row["alarm_id"] for row in unassigned(connection, now)}:
            raise StateError(
                "the rules hand on an open alarm that nobody holds",
                where=f"alarm {alarm_id}",
                todo="name the unit: chain assign ID --to UNIT",
            )


def _why(holders: Holders, category: str) -> str:
    by = say("按规则第{number}条", number=holders.rule) if holders.rule else say("没有适用的规则，交属地")
    return by + (say("；疑似{category}", category=category) if category else "")


def _with_chain(connection: Connection, alarm_ids: Iterable[str]) -> set[str]:
    ids, found = sorted(set(alarm_ids)), set()
    for at in range(0, len(ids), _AT_ONCE):
        asked = select(chain_alarm.c.alarm_id).where(chain_alarm.c.alarm_id.in_(ids[at : at + _AT_ONCE]))
        found |= set(connection.execute(asked).scalars())
    return found
