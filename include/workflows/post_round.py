"""The post's own beat, every 15 minutes: the day's list of what needs a person, one round of the outbox, a reckoning."""

from datetime import datetime, time
from typing import Any, Final

from include.house import House
from include.language import say
from include.office.attention import queue_daily_digest
from include.office.measures import measures
from include.office.proposals import keep_proposals
from include.office.waiting import CORRECTIONS_OF
from include.periods import office_date, office_zone
from include.post.digest import is_queued
from include.post.reconciliation import reconcile, require_reconciled
from include.store.engine import reading, writing
from include.store.rounds import POST_ROUND, mark_round
from include.workflows.channels import send
from include.workflows.corrections import proposed_corrections
from include.workflows.steps import one_round

DIGEST_AT: Final = time(9, 30)  # Beijing time: after the morning's letters


def digest(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """From 09:30 on, once a day: queues the list to the operators when anything waits."""
    if now.astimezone(office_zone()).time() < DIGEST_AT:
        return {"digest": say("未到时间")}
    with reading(house.engine) as connection:
        if is_queued(connection, office_date(now)):
            return {"digest": say("今日清单已入发件箱")}
    since = office_date(now - CORRECTIONS_OF)
    found = {one.letter_key: say("；").join(one.differences) for one in proposed_corrections(house, since)}
    keep_proposals(house.engine, found, since, now=now, actor=actor)
    outcome = queue_daily_digest(house, now=now, actor=actor)
    return {
        "digest": say("没有待办")
        if outcome is None
        else say("{action}：{reason}", action=outcome.action, reason=outcome.reason)
    }


def deliver(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """One round: settles what crashed, expires what is too old, sends what is due."""
    return one_round(house, now, actor)


def channels(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """One round over chat groups and webhooks, each at the pace that it takes."""
    return send(house, now, actor)


def measured(house: House, now: datetime, actor: str) -> dict[str, float]:
    """What a monitor is told after each round."""
    return measures(house, now)


def account(house: House, now: datetime, actor: str, *, is_scheduled: bool = False) -> dict[str, Any]:
    """The letters that go out today by state; raises CheckFailed on one that is nowhere, or on mail nobody knows of. A round of the
    schedule that comes so far went well: from the first one on, the windows of every beat are expected."""
    with reading(house.engine) as connection:
        found = reconcile(connection, office_date(now), due=(), mailbox=house.mailbox)
    require_reconciled(found)
    if is_scheduled:
        with writing(house.engine) as connection:
            mark_round(connection, POST_ROUND, now)
    return {"by": actor, "states": dict(found.states)}
