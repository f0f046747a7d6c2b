"""Groups against a server that behaves as the three robots do: pace, limits, signatures, refusals, what is not known."""

import logging
from collections import Counter, deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select, update

from include.errors import InputError, StateError
from include.post.channels import outbox
from include.post.channels.listing import unsettled
from include.post.channels.outbox import resolve
from include.post.channels.robots import Content, request_of, verdict_of
from include.post.channels.round import ChannelLimits, channel_round
from include.post.channels.settings import Channel
from include.post.restoration import record_restore
from include.store.archive import Archive
from include.store.channel_tables import channel_message, channel_state
from include.store.engine import reading, writing
from include.verbs.channels import channels
from tests.post.channels.robots import KEYS, SECRETS, PlayedClock, Robots, busy, group, robots_at

KINDS = ("wecom", "dingtalk", "feishu")
NOW = datetime(2020, 3, 13, 0, 41, tzinfo=UTC)
LIFE = timedelta(hours=48)


@pytest.fixture
def clock() -> PlayedClock:
    return PlayedClock(NOW)


@pytest.fixture
def served(clock: PlayedClock) -> Iterator[tuple[Robots, str]]:
    with robots_at(clock) as found:
        yield found


def queue(engine: Engine, channel: Channel, *contents: Content, simulated: bool = False, now=NOW) -> int:
    told = [(f"key {n}", "morning", one.to_json(), simulated) for n, one in enumerate(contents)]
    with writing(engine, lock="channels") as connection:
        return outbox.queue(connection, channel, told, now=now, useful_life=LIFE)


def go(engine: Engine, archive: Archive, clock: PlayedClock, *channels: Channel, **limits) -> Counter:
    done = channel_round(
        engine,
        archive,
        channels,
        clock=clock,
        pause=clock.pause,
        owner="test",
        limits=ChannelLimits(**{"most_time": timedelta(hours=10), **limits}),
    )
    return done.results


def states(engine: Engine) -> list[tuple[str, int | None, int]]:
    rows = select(channel_message.c.state, channel_message.c.answer_code, channel_message.c.attempts)
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(rows.order_by(channel_message.c.message_id))]


def content(number: int = 0, lines: int = 2) -> Content:
    return Content(f"早报{number}", tuple(f"第{n}个市 3/{n}" for n in range(lines)))


@pytest.mark.parametrize("kind", KINDS)
def test_500_queued_messages_leave_at_the_pace_that_the_group_takes(
    engine: Engine, archive: Archive, clock: PlayedClock, served: tuple[Robots, str], kind: str
) -> None:
    robots, url = served
    channel = group(kind, url)
    count = 500 if kind == "wecom" or engine.dialect.name == "sqlite" else 130
    assert queue(engine, channel, *(content(n) for n in range(count))) == count
    results = go(engine, archive, clock, channel)
    assert results == {(channel.name, "accepted"): count}
    assert robots.refused == []
    told = {"wecom": ("text", "content"), "dingtalk": ("text", "content"), "feishu": ("content", "text")}[
        kind
    ]
    texts = [body[told[0]][told[1]].split("\n")[0] for _, _, body in robots.taken]
    assert texts == [f"早报{n}" for n in range(count)]
    times = [moment for _, moment, _ in robots.taken]
    most = 100 if kind == "feishu" else 20
    assert all(
        later - first >= timedelta(seconds=60) for first, later in zip(times, times[most:], strict=False)
    )
    assert not any(kind == "feishu" and moment.minute in (0, 30) for moment in times)


def test_a_round_that_is_over_leaves_the_rest_to_the_next(
    engine: Engine, archive: Archive, clock: PlayedClock, served: tuple[Robots, str]
) -> None:
    robots, url = served
    channel = group("wecom", url)
    queue(engine, channel, *(content(n) for n in range(50)))
    assert go(engine, archive, clock, channel, most_time=timedelta(seconds=30)).total() == 20
    assert go(engine, archive, clock, channel, most_time=timedelta(seconds=30)).total() == 0
    clock.pause(60)
    assert go(engine, archive, clock, channel, most_time=timedelta(seconds=30)).total() == 20
    assert robots.refused == []


def test_one_message_is_queued_once(engine: Engine, served: tuple[Robots, str]) -> None:
    channel = group("feishu", served[1])
    assert queue(engine, channel, content(1)) == 1
    assert queue(engine, channel, content(2), content(3)) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["text", "card"])
def test_a_long_message_is_cut_at_a_line_and_says_how_many_are_left(
    engine: Engine, archive: Archive, clock: PlayedClock, served: tuple[Robots, str], kind: str, form: str
) -> None:
    robots, url = served
    channel = group(kind, url, form=form)
    queue(engine, channel, Content("超期", tuple(f"某某市某某区{n:04d} 0/3" for n in range(2000))))
    assert go(engine, archive, clock, channel) == {(channel.name, "accepted"): 1}
    (_, _, body) = robots.taken[0]
    text = str(body)
    assert "某某市某某区0000 0/3" in text
    assert "行，见督办台）" in text


def test_a_title_alone_that_is_too_long_is_cut_between_characters() -> None:
    channel = Channel("group", "wecom", "key-12345", "http://127.0.0.1:9")
    made = request_of(channel, Content("长" * 5000, ()), b"", NOW)
    assert len(made.body.decode()) == len('{"msgtype": "text", "text": {"content": ""}}') + 681 + 1


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_called_by_what_comes_from_outside(kind: str) -> None:
    for form in ("text", "card"):
        channel = Channel("group", kind, "key-12345", "http://127.0.0.1:9", form=form)
        evil = 'x<at user_id="all">all</at> @all <@all>'
        body = request_of(channel, Content(evil, (evil,)), b"", NOW).body.decode()
        assert "<" not in body
        assert "@" not in body


def test_a_wrong_key_a_wrong_signature_and_a_wrong_clock_are_refusals_that_wait_for_a_person(
    engine: Engine, archive: Archive, clock: PlayedClock, served: tuple[Robots, str]
) -> None:
    _, url = served
    wrong = [
        group("wecom", url, token="wrong-key-1"),
        group("dingtalk", url, secret="SECwrong-1"),
        group("feishu", url, secret="wrong-secret-1"),
    ]
    for channel in wrong:
        queue(engine, channel, content())
    go(engine, archive, clock, *wrong)
    assert states(engine) == [("refused", 93000, 1), ("refused", 310000, 1), ("refused", 19021, 1)]
    with reading(engine) as connection:
        assert [(one.channel, one.count) for one in unsettled(connection)] == [
            ("group_dingtalk", 1),
            ("group_feishu", 1),
            ("group_wecom", 1),
        ]


def test_a_group_that_says_too_fast_is_left_in_peace_and_told_later(
    engine: Engine, archive: Archive, clock: PlayedClock, served: tuple[Robots, str]
) -> None:
    robots, url = served
    others = group("dingtalk", url)  # another program with the same key has spent the minute
    for _ in range(21):
        robots._too_many("dingtalk", (20, 60))
    queue(engine, others, content(1), content(2))
    assert go(engine, archive, clock, others) == {(others.name, "retry"): 1, (others.name, "accepted"): 2}
    assert robots.refused == [("dingtalk", 130101)]
    assert robots.taken[0][1] - NOW >= timedelta(minutes=10)


@pytest.mark.parametrize(
    ("kind", "status", "body", "result", "code"),
    [
        ("wecom", 200, b'{"errcode":0,"errmsg":"ok"}', "accepted", 0),
        ("wecom", 200, b'{"errcode":-1,"errmsg":"system busy"}', "retry", -1),
        ("wecom", 200, b'{"errcode":"93000"}', "refused", 93000),
        ("feishu", 200, b'{"StatusCode":0,"StatusMessage":"success"}', "accepted", 0),
        ("feishu", 200, b'{"code":9499,"msg":"too many request"}', "retry", 9499),
        ("dingtalk", 200, b'{"errcode":310000}', "refused", 310000),
        ("wecom", 200, b"<html>login</html>", "unknown", 200),
        ("wecom", 200, b"{}", "unknown", 200),
        ("wecom", 200, b'{"errcode":false}', "unknown", 200),
        ("wecom", 200, b"[0]", "unknown", 200),
        ("dingtalk", 429, b"", "retry", 429),
        ("dingtalk", 503, b"", "retry", 503),
        ("dingtalk", 502, b"", "unknown", 502),
        ("dingtalk", 404, b"", "refused", 404),
        ("dingtalk", 302, b"", "refused", 302),
    ],
)
def test_only_a_code_of_zero_in_the_body_is_a_success(
    kind: str, status: int, body: bytes, result: str, code: int
) -> None:
    found = verdict_of(kind, status, body).outcome
    assert (found.result, found.code) == (result, code)


def test_what_a_request_was_signed_with_is_not_shown_when_a_robot_says_it_back() -> None:
    told = verdict_of(
        "dingtalk", 200, b'{"errcode": 310000, "errmsg": "bad /send?a=1&timestamp=1584&sign=ab%2Bc%3D&b=2"}'
    )
    assert told.outcome.text == "拒收（错误码310000）：bad /send?a=1&timestamp=***&sign=***&b=2"
    told = verdict_of("feishu", 200, b'{"timestamp": "1584", "sign": "ab+c="}')
    assert told.outcome.text == '应答无法理解，不知是否已发出：{"timestamp": "***", "sign": "***"}'
    assert (
        verdict_of("feishu", 200, b'{"code": 1, "msg": "no sign"}').outcome.text == "拒收（错误码1）：no sign"
    )


@pytest.mark.parametrize(("token", "code"), [("wrong-key-1", 1), (KEYS["wecom"], 0)])
def test_a_test_message_that_was_not_taken_is_said_by_the_exit_code(
    engine: Engine,
    archive: Archive,
    clock: PlayedClock,
    served: tuple[Robots, str],
    monkeypatch: pytest.MonkeyPatch,
    token: str,
    code: int,
) -> None:
    channel = group("wecom", served[1], token=token)
    issuer = SimpleNamespace(name="某局")
    house = SimpleNamespace(engine=engine, issuer=issuer, channels=SimpleNamespace(all=(channel,)))
    monkeypatch.setattr("include.verbs.channels.open_current_house", lambda: house)
    monkeypatch.setattr(
        "include.workflows.channels.send",
        lambda house, now, actor: go(engine, archive, PlayedClock(now), channel),
    )
    told = CliRunner().invoke(channels, ["test", channel.name])
    assert (told.exit_code, told.output.split(":")[0]) == (code, "refused" if code else "sent")


def test_what_is_not_known_is_never_sent_again_by_itself_and_a_person_settles_it(
    engine: Engine, archive: Archive, clock: PlayedClock, served: tuple[Robots, str]
) -> None:
    robots, url = served
    channel = group("wecom", url)
    robots.answers["wecom"] = deque([busy(504)])
    queue(engine, channel, content())
    go(engine, archive, clock, channel)
    clock.pause(24 * 3600)
    go(engine, archive, clock, channel)
    assert states(engine) == [("unknown", 504, 1)]
    with pytest.raises(InputError, match="a reason is needed"):
        resolve(engine, 1, "again", now=clock(), actor="duty", reason=" ")
    resolve(engine, 1, "again", now=clock(), actor="duty", reason="群里没有")
    clock.pause(65)
    go(engine, archive, clock, channel)
    assert states(engine) == [("sent", 0, 2)]
    with pytest.raises(StateError, match="waits for nobody"):
        resolve(engine, 1, "arrived", now=clock(), actor="duty", reason="在群里")


def test_a_crash_after_the_claim_is_unknown_and_a_late_answer_is_still_taken(
    engine: Engine, archive: Archive, clock: PlayedClock, served: tuple[Robots, str]
) -> None:
    channel = group("feishu", served[1])
    queue(engine, channel, content())
    with writing(engine, lock="channels") as connection:
        claimed = outbox.claim(connection, channel, owner="killed", now=NOW)
    assert claimed is not None
    clock.pause(601)
    go(engine, archive, clock, channel)
    assert states(engine) == [("unknown", None, 1)]
    with writing(engine, lock="channels") as connection:
        outbox.settle(connection, channel, claimed, verdict_of("feishu", 200, b'{"code":0}'), now=clock())
    assert states(engine) == [("sent", 0, 1)]


def test_a_server_that_is_away_is_asked_again_until_the_message_is_old(
    engine: Engine, archive: Archive, clock: PlayedClock
) -> None:
    channel = group("wecom", "http://127.0.0.1:1")
    queue(engine, channel, content())
    go(engine, archive, clock, channel)
    assert states(engine) == [("queued", None, 1)]
    clock.pause(LIFE.total_seconds())
    assert go(engine, archive, clock, channel).total() == 0
    assert states(engine) == [("expired", None, 1)]


def test_simulated_data_leaves_this_machine_for_nowhere(
    engine: Engine, archive: Archive, clock: PlayedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = Channel("leaders", "wecom", "key-12345")
    monkeypatch.setattr("include.post.channels.settings.is_this_machine", lambda host, port: False)
    monkeypatch.setattr("include.post.channels.round.ask", lambda *_: pytest.fail("it was sent"))
    queue(engine, channel, content(), simulated=True)
    assert go(engine, archive, clock, channel) == {("leaders", "refused"): 1}


def test_a_picture_goes_whole_with_its_sum(
    engine: Engine, archive: Archive, clock: PlayedClock, served: tuple[Robots, str]
) -> None:
    robots, url = served
    channel = group("wecom", url, form="card")
    sha = archive.put(b"\x89PNG picture")
    queue(engine, channel, content(), Content("早报", (), picture_sha256=sha))
    go(engine, archive, clock, channel)
    assert [body["msgtype"] for _, _, body in robots.taken] == ["text", "image"]


def test_after_a_restore_no_group_is_told_twice(
    engine: Engine, archive: Archive, clock: PlayedClock, served: tuple[Robots, str]
) -> None:
    channel = group("wecom", served[1])
    queue(engine, channel, content())
    assert record_restore(engine, now=NOW, actor="duty", reason="昨夜的备份") == 1
    go(engine, archive, clock, channel)
    assert states(engine) == [("unknown", None, 0)]


def test_no_secret_is_in_a_log_a_row_or_a_repr(
    engine: Engine,
    archive: Archive,
    clock: PlayedClock,
    served: tuple[Robots, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    robots, url = served
    caplog.set_level(logging.DEBUG)
    channels = [group(kind, url) for kind in KINDS]
    for channel in channels:
        robots.answers[channel.kind] = deque([busy(400, f"bad key {channel.token} {channel.secret}")])
        queue(engine, channel, content(1), content(2))
    go(engine, archive, clock, *channels)
    go(engine, archive, clock, *(group(kind, "http://127.0.0.1:1") for kind in KINDS))
    with reading(engine) as connection:
        rows = str(connection.execute(select(channel_message)).all())
        rows += str(connection.execute(select(channel_state)).all())
    # The server here is the test's own; it is no part of what is tried.
    told = [one.getMessage() for one in caplog.records if not one.name.startswith("uvicorn")]
    seen = "\n".join(told) + rows + repr(channels)
    assert "key 1" in seen
    for secret in [*KEYS.values(), *filter(None, SECRETS.values())]:
        assert secret not in seen


def test_what_cannot_be_used_is_said_without_the_key() -> None:
    for settings, words in [
        ({"kind": "slack"}, "unknown kind of channel"),
        ({"token": ""}, "needs its key"),
        ({"address": "http://robots.example"}, "unencrypted"),
        ({"address": "ftp://robots.example"}, "cannot be used"),
        ({"topics": frozenset({"evening"})}, "unknown topic"),
        ({"form": "video"}, "unknown form"),
    ]:
        with pytest.raises(InputError, match=words) as error:
            Channel(**{"name": "leaders", "kind": "wecom", "token": "key-12345", **settings})
        assert "key-12345" not in str(error.value)


def test_two_rounds_at_once_keep_one_pace(
    engine: Engine, archive: Archive, clock: PlayedClock, served: tuple[Robots, str]
) -> None:
    robots, url = served
    channel = group("dingtalk", url)
    queue(engine, channel, *(content(n) for n in range(40)))
    for _ in range(15):
        with writing(engine, lock="channels") as connection:
            claimed = outbox.claim(connection, channel, owner="other", now=clock())
            assert claimed is not None
            outbox.settle(
                connection, channel, claimed, verdict_of("dingtalk", 200, b'{"errcode":0}'), now=clock()
            )
    assert go(engine, archive, clock, channel, most_time=timedelta(seconds=10)).total() == 5
    with writing(engine) as connection:
        connection.execute(update(channel_message).values(updated_at=NOW))
    assert len(robots.taken) == 5
