"""One round over the channels beside mail: settle what crashed, expire what is too old, send what is due at each channel's pace."""

from __future__ import annotations

import logging
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import uuid4

import httpx
from sqlalchemy import Engine

from include.bounded_http import Lost, NotSent, ask
from include.errors import InputError
from include.language import say
from include.post.channels import outbox
from include.post.channels.outbox import Claim
from include.post.channels.robots import Content, Request, Verdict, clean, request_of, verdict_of
from include.post.channels.settings import Channel
from include.post.channels.webhooks import webhook_request, webhook_verdict
from include.post.outcomes import Outcome
from include.store.archive import Archive
from include.store.engine import reading, writing

_log = logging.getLogger(__name__)

_LARGEST_ANSWER: Final = 64 * 1024  # bytes
_TROUBLES_IN_A_ROW: Final = 3  # then the channel is left in peace until the next round

Clock = Callable[[], datetime]
Pause = Callable[[float], None]


@dataclass(frozen=True)
class ChannelLimits:
    """Where a round ends although more is due. Waiting for a channel's pace counts."""

    most_messages: int = 2000
    most_time: timedelta = timedelta(minutes=5)


@dataclass
class ChannelRound:
    """`results`: messages by channel and result (accepted, refused, retry, unknown); `still_due`: by channel; `trouble`: by channel,
    why it could not be used."""

    results: Counter[tuple[str, str]] = field(default_factory=Counter)
    swept: int = 0
    expired: int = 0
    trouble: dict[str, str] = field(default_factory=dict)


def channel_round(
    engine: Engine,
    archive: Archive,
    channels: Sequence[Channel],
    *,
    clock: Clock,
    pause: Pause,
    owner: str,
    limits: ChannelLimits | None = None,
) -> ChannelRound:
    """Sends what is due over every channel. `pause(seconds)` waits for a channel's pace (tests play it); several rounds at once
    keep one pace, which the store holds."""
    bounds, done = limits or ChannelLimits(), ChannelRound()
    ends_at = clock() + bounds.most_time
    with writing(engine, lock="channels") as connection:
        done.swept = outbox.sweep(connection, actor=owner, now=clock())
        done.expired = outbox.expire(connection, actor=owner, now=clock())
    lease_owner = f"{owner[:90]} {uuid4().hex}"
    troubles: Counter[str] = Counter()
    while done.results.total() < bounds.most_messages:
        usable = [one for one in channels if one.name not in done.trouble]
        now = clock()
        with reading(engine) as connection:
            ready = {
                one.name: moment
                for one in usable
                if (moment := outbox.ready_at(connection, one, now)) is not None
            }
        if not ready or min(ready.values()) >= ends_at or now >= ends_at:
            return done
        if (wait := (min(ready.values()) - now).total_seconds()) > 0:
            pause(wait)
            continue
        for channel in usable:
            if channel.name in ready and ready[channel.name] <= now:
                _one(engine, archive, channel, clock, lease_owner, done, troubles)
    return done


def _one(
    engine: Engine,
    archive: Archive,
    channel: Channel,
    clock: Clock,
    owner: str,
    done: ChannelRound,
    troubles: Counter[str],
) -> None:
    with writing(engine, lock="channels") as connection:
        claimed = outbox.claim(connection, channel, owner=owner, now=clock())
    if claimed is None:  # another round was quicker
        return
    verdict = _transmit(archive, channel, claimed, clock())
    with writing(engine, lock="channels") as connection:
        outbox.settle(connection, channel, claimed, verdict, now=clock())
    result = verdict.outcome.result
    done.results[channel.name, result] += 1
    _log.info("channel %s: %s %s", channel.name, claimed.message_key, result)
    troubles[channel.name] = troubles[channel.name] + 1 if result in ("retry", "unknown") else 0
    if troubles[channel.name] >= _TROUBLES_IN_A_ROW:
        done.trouble[channel.name] = verdict.outcome.text


def _transmit(archive: Archive, channel: Channel, claimed: Claim, at: datetime) -> Verdict:
    """One attempt. Never raises for what a server can do."""
    if claimed.is_simulated and not channel.is_on_this_machine:
        return Verdict(Outcome("refused", None, say("模拟数据只能发往本机")))
    is_webhook = channel.kind == "webhook"
    try:
        request = _request(archive, channel, claimed, at)
        trust = _trust(channel.ca_file)
    except InputError as error:  # the archive is out of reach, or a secret is none: another time
        return Verdict(Outcome("retry", None, str(error)))
    except (ValueError, OSError) as error:
        return Verdict(Outcome("refused", None, clean(str(error))))
    try:
        answer = ask(
            httpx.Request("POST", request.url, headers=request.headers, content=request.body),
            trust,
            channel.timeout_seconds,
            3 * channel.timeout_seconds,
            _LARGEST_ANSWER,
        )
    except NotSent as error:
        return Verdict(Outcome("retry", None, say("无法连接：{error}", error=clean(str(error)))))
    except Lost as error:
        words = say("连接中断，不知是否已发出：{error}", error=clean(str(error)))
        return Verdict(Outcome("retry" if is_webhook else "unknown", None, words))
    if is_webhook:
        return webhook_verdict(answer.status, answer.content, answer.headers.get("retry-after"), at)
    return verdict_of(channel.kind, answer.status, answer.content)


@lru_cache(maxsize=8)
def _trust(ca_file: str) -> ssl.SSLContext:
    """The system's authorities, or those of a file: certificates are checked."""
    return ssl.create_default_context(cafile=ca_file or None)


def _request(archive: Archive, channel: Channel, claimed: Claim, at: datetime) -> Request:
    if channel.kind == "webhook":
        return webhook_request(channel, claimed.message_key, claimed.content_json, at)
    content = Content.from_json(claimed.content_json)
    picture = archive.get(content.picture_sha256) if content.picture_sha256 else b""
    return request_of(channel, content, picture, at)
