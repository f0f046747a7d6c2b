"""Chats in the cadence: what the day and the hour tell the groups, and the round that sends it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from include.house import House, Run
from include.letters.group_words import morning, overdue, urgent
from include.letters.pictures.morning_table import morning_picture
from include.office.chats import tell_groups
from include.office.webhook_events import queue_events
from include.post.channels.round import ChannelRound, channel_round
from include.post.channels.settings import MORNING, OVERDUE, URGENT
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
    if (words := overdue(figures)) is not None:
        done[OVERDUE] = tell_groups(run, OVERDUE, words, is_simulated=figures.is_simulated, withheld=withheld)
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
