"""Chats in the cadence: what the day and the hour tell the groups, and the round that sends it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from include.house import House, Run
from include.letters.group_words import escalations, morning, overdue, urgent
from include.letters.pictures.morning_table import morning_picture
from include.office.chain_letters import escalated_between
from include.office.chain_standing import chain_standing
from include.office.chats import tell_at_once, tell_groups
from include.office.webhook_events import queue_events
from include.periods import HOUR, custom_period
from include.post.channels.round import ChannelRound, channel_round
from include.post.channels.settings import ESCALATED, MORNING, OVERDUE, URGENT
from include.rules import CHANNELS
from include.supervision.alarm_push import HourlyPushes
from include.supervision.figures import DailyFigures
from include.workflows.steps import reason_to_withhold


def tell_the_day(run: Run, figures: DailyFigures) -> dict[str, str]:
    """Queues the morning table, and the overdue by name of unit; returns what was done by topic."""
    if not run.house.channels.all:
        return {}
    withheld = reason_to_withhold(run)
    done = {
        MORNING: tell_groups(
            run,
            MORNING,
            morning(figures),
            is_simulated=figures.is_simulated,
            withheld=withheld,
            draw=lambda: morning_picture(figures),
        )
    }
    chain = chain_standing(run.house, figures.period.as_of)
    if (words := overdue(figures, chain)) is not None:
        is_simulated = figures.is_simulated or bool(chain and chain.is_simulated)
        done[OVERDUE] = tell_groups(run, OVERDUE, words, is_simulated=is_simulated, withheld=withheld)
    return done


def tell_the_hour(run: Run, pushes: HourlyPushes) -> dict[str, str]:
    """Queues the urgent alarms of an hour; returns what was done by topic."""
    words = urgent(pushes) if run.house.channels.all else None
    if words is None:
        return {}
    is_simulated = any(one.is_simulated for one in pushes.pushes)
    return {
        URGENT: tell_groups(run, URGENT, words, is_simulated=is_simulated, withheld=reason_to_withhold(run))
    }


def tell_escalations(house: House, now: datetime) -> int:
    """Queues what was 提级 in each hour that is over, once; of hours that are news no more nothing. Returns how many messages are new."""
    if not any(one.wants(ESCALATED) for one in house.channels.groups):
        return 0
    end_at = now.replace(minute=0, second=0, microsecond=0)
    found = escalated_between(house, end_at - CHANNELS.useful_life, end_at)
    queued = 0
    for start_at in sorted({at.replace(minute=0, second=0, microsecond=0) for at, _, _ in found}):
        own = [one for one in found if start_at <= one[0] < start_at + HOUR]
        is_simulated = any(one for _, _, one in own)
        words = escalations([case for _, case, _ in own], start_at, is_simulated=is_simulated)
        if words is not None:
            key = custom_period(start_at, start_at + HOUR).letter_key(ESCALATED, "group")
            queued += tell_at_once(house, ESCALATED, key, words, now, is_simulated=is_simulated)
    return queued


def send(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """Queues what webhooks were not told yet, and one round over all channels that began at `now`; returns what became of the messages."""
    if not house.channels.all:
        return {}
    queue_events(house, now)
    began = time.monotonic()
    done = channel_round(
        house.engine,
        house.archive,
        house.channels.all,
        clock=lambda: now + timedelta(seconds=time.monotonic() - began),
        pause=time.sleep,
        owner=actor,
    )
    return _summary(done)


def _summary(done: ChannelRound) -> dict[str, Any]:
    return {
        "messages": {f"{name} {result}": count for (name, result), count in sorted(done.results.items())},
        "swept": done.swept,
        "expired": done.expired,
        "trouble": done.trouble,
    }
