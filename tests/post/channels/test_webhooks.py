"""Webhooks: the signature by another implementation, retries, switching off, and every event once."""

import base64
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import constant_time, hashes, hmac
from sqlalchemy import Engine, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from include.errors import InputError, StateError
from include.house import House
from include.office.webhook_events import queue_events
from include.post.channels import outbox
from include.post.channels.listing import switched_off
from include.post.channels.round import ChannelLimits, channel_round
from include.post.channels.settings import Channel, Channels
from include.post.channels.webhooks import key_of, webhook_request, webhook_verdict
from include.simulator.platform_server import serving
from include.store.chain_tables import chain_event
from include.store.channel_tables import channel_message
from include.store.engine import reading, writing
from tests.desk.facts import NOW, YANGQUAN, add_alarm, add_event, house_of
from tests.post.channels.robots import PlayedClock
from tests.post.samples import add_cities, released

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
DAY = timedelta(days=1)


def verified(headers: dict[str, str], body: bytes, secret: str, now: datetime) -> dict:
    """The standard's verification, by another library than the one that signs: any one of the signatures will do."""
    moment = int(headers["webhook-timestamp"])
    if abs(now.timestamp() - moment) > 300:
        raise InvalidSignature("too old")
    mac = hmac.HMAC(base64.b64decode(secret.split("_", 1)[1]), hashes.SHA256())
    mac.update(b".".join((headers["webhook-id"].encode(), str(moment).encode(), body)))
    expected = mac.finalize()
    for one in headers["webhook-signature"].split(" "):
        version, _, signature = one.partition(",")
        if version == "v1" and constant_time.bytes_eq(base64.b64decode(signature), expected):
            return json.loads(body)
    raise InvalidSignature("no signature fits")


@dataclass
class Receiver:
    clock: PlayedClock
    events: list[dict] = field(default_factory=list)
    answers: deque[int] = field(default_factory=deque)

    async def take(self, request: Request) -> Response:
        body = await request.body()
        event = verified(dict(request.headers), body, SECRET, self.clock())
        assert request.headers["content-type"].startswith("application/cloudevents+json")
        assert request.headers["webhook-id"] == event["id"]
        status = self.answers.popleft() if self.answers else 204
        if status < 300:
            self.events.append(event)
        return Response(status_code=status)


@pytest.fixture
def clock() -> PlayedClock:
    return PlayedClock(NOW)


@pytest.fixture
def receiver(clock: PlayedClock) -> Iterator[tuple[Receiver, Channel]]:
    found = Receiver(clock)
    app = Starlette(routes=[Route("/hook", found.take, methods=["POST"])])
    with serving(app) as url:
        yield found, Channel("upstairs", "webhook", SECRET, f"{url}/hook", timeout_seconds=120)


@pytest.fixture
def house(engine: Engine, tmp_path: Path, receiver: tuple[Receiver, Channel]) -> House:
    return replace(house_of(engine, tmp_path), channels=Channels(webhooks=(receiver[1],)))


def go(house: House, clock: PlayedClock) -> None:
    queue_events(house, clock())
    channel_round(
        house.engine,
        house.archive,
        house.channels.all,
        clock=clock,
        pause=clock.pause,
        owner="test",
        limits=ChannelLimits(most_time=timedelta(minutes=5)),
    )


def states(house: House) -> list[tuple[str, int | None, int]]:
    rows = select(channel_message.c.state, channel_message.c.answer_code, channel_message.c.attempts)
    with reading(house.engine) as connection:
        return [tuple(row) for row in connection.execute(rows.order_by(channel_message.c.message_id))]


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    channel = Channel("upstairs", "webhook", SECRET, "https://example.org/hook")
    at = datetime.fromtimestamp(1614265330, UTC)
    made = webhook_request(channel, "msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', at)
    assert made.headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert verified(made.headers, made.body, SECRET, at) == {"test": 2432232314}
    with pytest.raises(InvalidSignature):
        verified(made.headers, made.body + b" ", SECRET, at)


@pytest.mark.parametrize("secret", ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_short", "whsec_!!!!"])
def test_a_secret_that_is_none_is_refused_unsaid(secret: str) -> None:
    with pytest.raises(InputError, match="secret of a webhook") as error:
        key_of(Channel("upstairs", "webhook", secret, "https://example.org/hook"))
    assert secret not in str(error.value)


def test_alarms_answers_acceptances_and_letters_are_told_once_each_in_any_rounds(
    house: House, clock: PlayedClock, receiver: tuple[Receiver, Channel]
) -> None:
    found, _ = receiver
    go(house, clock)  # from now on
    assert found.events == []
    clock.pause(60)
    add_cities(house.engine)
    add_alarm(house.engine, "A1", "03-12 10:00", received_at=clock())
    add_event(house.engine, "A1", "submitted", "03-12 12:00", received_at=clock())
    add_event(house.engine, "A1", "accepted", "03-12 13:00", received_at=clock())
    released(house.engine, house.archive, now=clock())
    clock.pause(60)
    for _ in range(3):
        go(house, clock)
        clock.pause(60)
    assert [(one["type"], one["subject"]) for one in found.events] == [
        ("cn.qianliyan.alarm.pushed", "A1"),
        ("cn.qianliyan.answer.submitted", "A1"),
        ("cn.qianliyan.acceptance.accepted", "A1"),
        ("cn.qianliyan.letter.released", found.events[3]["subject"]),
    ]
    first = found.events[0]
    assert first["specversion"] == "1.0"
    assert first["source"] == "/qianliyan/100000"
    assert first["data"]["unit_code"] == YANGQUAN
    assert len({one["id"] for one in found.events}) == 4


def test_a_fact_that_is_committed_late_is_found_and_an_outage_of_days_loses_nothing(
    house: House, clock: PlayedClock, receiver: tuple[Receiver, Channel]
) -> None:
    found, _ = receiver
    go(house, clock)
    began = clock()
    clock.pause(3 * 3600)
    go(house, clock)
    add_alarm(house.engine, "LATE", "03-12 10:00", received_at=began + timedelta(minutes=1))
    clock.pause(60)
    go(house, clock)
    assert [one["subject"] for one in found.events] == ["LATE"]
    clock.pause(2 * 86400)
    add_alarm(house.engine, "A2", "03-12 11:00", received_at=clock() - timedelta(hours=30))
    go(house, clock)
    assert [one["subject"] for one in found.events] == ["LATE", "A2"]


def test_a_webhook_gets_only_what_it_asks_for(
    house: House, clock: PlayedClock, receiver: tuple[Receiver, Channel]
) -> None:
    found, channel = receiver
    narrow = replace(house, channels=Channels(webhooks=(replace(channel, topics=frozenset({"answer"})),)))
    go(narrow, clock)
    clock.pause(60)
    add_alarm(house.engine, "A1", "03-12 10:00", received_at=clock())
    add_event(house.engine, "A1", "submitted", "03-12 12:00", received_at=clock())
    clock.pause(60)
    go(narrow, clock)
    assert [one["type"] for one in found.events] == ["cn.qianliyan.answer.submitted"]


def test_failures_are_tried_again_ever_more_seldom_and_after_days_the_webhook_is_switched_off(
    house: House, clock: PlayedClock, receiver: tuple[Receiver, Channel]
) -> None:
    found, channel = receiver
    go(house, clock)
    clock.pause(60)
    add_alarm(house.engine, "A1", "03-12 10:00", received_at=clock())
    began = clock()
    found.answers = deque([500, 404, 503] + [500] * 100)
    while not _is_off(house):
        clock.pause(1800)
        go(house, clock)
        assert clock() - began < 8 * DAY
    assert timedelta(days=5) <= clock() - began < timedelta(days=6)
    ((state, code, attempts),) = states(house)
    assert (state, code) == ("queued", 500)
    assert 28 <= attempts <= 40  # 5 min, 10, 20 … 4 h
    go(house, clock)
    assert states(house) == [("queued", 500, attempts)]
    with pytest.raises(InputError, match="a reason is needed"):
        outbox.enable(house.engine, channel.name, now=clock(), actor="duty", reason="")
    outbox.enable(house.engine, channel.name, now=clock(), actor="duty", reason="接收方已修复")
    found.answers.clear()
    clock.pause(4 * 3600)
    go(house, clock)
    assert [one["subject"] for one in found.events] == ["A1"]
    with pytest.raises(StateError, match="not switched off"):
        outbox.enable(house.engine, channel.name, now=clock(), actor="duty", reason="nochmal")


def _is_off(house: House) -> bool:
    with reading(house.engine) as connection:
        return bool(switched_off(connection))


def test_one_that_is_gone_is_switched_off_at_once(
    house: House, clock: PlayedClock, receiver: tuple[Receiver, Channel]
) -> None:
    found, _ = receiver
    go(house, clock)
    clock.pause(60)
    add_alarm(house.engine, "A1", "03-12 10:00", received_at=clock())
    clock.pause(60)
    found.answers = deque([410])
    go(house, clock)
    assert _is_off(house)


def test_a_crash_after_the_claim_sends_the_event_again_with_the_same_id(
    house: House, clock: PlayedClock, receiver: tuple[Receiver, Channel]
) -> None:
    found, channel = receiver
    go(house, clock)
    clock.pause(60)
    add_alarm(house.engine, "A1", "03-12 10:00", received_at=clock())
    clock.pause(60)
    queue_events(house, clock())
    with house.engine.begin() as connection:
        assert outbox.claim(connection, channel, owner="killed", now=clock()) is not None
    clock.pause(601)
    go(house, clock)
    assert [one["subject"] for one in found.events] == ["A1"]
    assert states(house) == [("sent", 204, 2)]


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120),
        ("Fri, 13 Mar 2020 00:40:00 GMT", 600),
        ("soon", 0),
        ("-5", 0),
        ("99999999", 86400),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        (None, 0),
    ],
)
def test_it_waits_as_long_as_it_is_asked_to_and_never_longer_than_a_day(
    told: str | None, seconds: int
) -> None:
    at = datetime(2020, 3, 13, 0, 30, tzinfo=UTC)
    assert webhook_verdict(503, b"", told, at).quiet.total_seconds() == seconds


def test_the_steps_of_a_chain_are_told(
    house: House, clock: PlayedClock, receiver: tuple[Receiver, Channel]
) -> None:
    found, _ = receiver
    go(house, clock)
    clock.pause(60)
    add_alarm(house.engine, "A1", "03-12 06:00", received_at=NOW - DAY)
    for seq, event in enumerate(("assigned", "acknowledged", "reported", "inspected_passed"), start=1):
        add_chain_step(house, "A1", seq, event, clock())
    clock.pause(60)
    go(house, clock)
    assert [one["type"] for one in found.events] == [
        "cn.qianliyan.assignment.assigned",
        "cn.qianliyan.answer.reported",
        "cn.qianliyan.acceptance.inspected_passed",
    ]


def add_chain_step(house: House, alarm_id: str, seq: int, event: str, at: datetime) -> None:
    with writing(house.engine) as connection:
        connection.execute(
            chain_event.insert().values(
                alarm_id=alarm_id,
                seq=seq,
                task_no=1,
                event=event,
                event_at=at,
                receipt_at=at,
                recorded_at=at,
                actor="duty",
                person="张三",
                unit_code=YANGQUAN,
                state="",
                role="lead",
                category="",
                note="",
                is_drawn=False,
                is_simulated=False,
            )
        )
