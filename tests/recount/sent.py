"""督办函 of a day in a store, as they left or did not: the ladder counts only what left."""

import random
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, insert

from include.store import tables
from include.store.engine import writing
from include.supervision.figures import ReminderFigures
from tests.recount.walk import Sent

# What became of a letter: how often, the letter's state, its delivery's, whether it is a rehearsal, whether it left.
FATES: Final = (
    (80, "released", "sent", False, True),
    (5, "released", "unknown", False, True),
    (4, "released", "refused", False, False),
    (3, "released", "expired", False, False),
    (3, "released", "sent", True, False),
    (5, "withheld", None, False, False),
)


def send(engine: Engine, reminders: tuple[ReminderFigures, ...], chance: random.Random) -> list[Sent]:
    """Stores the letters of one morning, each with a fate of its own; those that left, as the second computation is told them."""
    left = []
    with writing(engine) as connection:
        for one in reminders:
            _, state, delivered, is_rehearsal, has_left = chance.choices(
                FATES, weights=[fate[0] for fate in FATES]
            )[0]
            at = one.period.as_of + timedelta(seconds=chance.randrange(10 * 3600))
            letter_id = connection.execute(
                insert(tables.letter).values(
                    kind="reminder",
                    addressee=one.unit_code,
                    unit_code=one.unit_code,
                    period_kind=one.period.kind,
                    period_start=one.period.start,
                    period_end=one.period.end,
                    start_at=one.period.starts_at,
                    end_at=one.period.ends_at,
                    as_of=one.period.as_of,
                    revision=1,
                    letter_key=one.letter_key,
                    state=state,
                    state_reason="",
                    state_at=at,
                    is_stuck=False,
                    is_simulated=True,
                    figures_json="{}",
                    subject="",
                    composed_at=one.period.as_of,
                    released_at=at if state == "released" else None,
                )
            ).inserted_primary_key[0]  # type: ignore[index]
            urged = [row.alarm_id for row in one.overdue]
            connection.execute(
                insert(tables.letter_alarm),
                [{"letter_id": letter_id, "alarm_id": each, "is_urged": True} for each in urged],
            )
            if delivered:
                _deliver(connection, letter_id, delivered, is_rehearsal, at)
            if has_left:
                left.append(Sent(one.unit_code, at, frozenset(urged)))
    return left


def _deliver(connection, letter_id: int, state: str, is_rehearsal: bool, at: datetime) -> None:  # type: ignore[no-untyped-def]
    delivery_id = connection.execute(
        insert(tables.delivery).values(
            letter_id=letter_id,
            copy_no=1,
            is_rehearsal=is_rehearsal,
            address="bureau@unit.example",
            name="",
            header="to",
            message_id=f"<{letter_id}@office.example>",
            eml_sha256="",
            state=state,
            state_reason="",
            attempts=1,
            next_attempt_at=at,
            expires_at=at,
            updated_at=at,
        )
    ).inserted_primary_key[0]
    connection.execute(
        insert(tables.audit).values(
            at=at,
            actor="post",
            subject="delivery",
            subject_id=str(delivery_id),
            action="send",
            from_state="sending",
            to_state=state,
            reason="",
        )
    )
