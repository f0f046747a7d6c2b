"""The post's own beat, every 15 minutes: the day's list of what needs a person, then one round of the outbox."""

from datetime import datetime, time
from typing import Any, Final

from include.desk.attention import queue_daily_digest
from include.house import House
from include.periods import BEIJING
from include.workflows.steps import one_round

DIGEST_AT: Final = time(9, 30)  # Beijing time: after the morning's letters


def digest(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """From 09:30 on, once a day: queues the list to the operators when anything waits."""
    if now.astimezone(BEIJING).time() < DIGEST_AT:
        return {"digest": "未到时间"}
    outcome = queue_daily_digest(house, now=now, actor=actor)
    return {"digest": "没有待办" if outcome is None else f"{outcome.action}：{outcome.reason}"}


def deliver(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """One round: settles what crashed, expires what is too old, sends what is due."""
    return one_round(house, now, actor)
