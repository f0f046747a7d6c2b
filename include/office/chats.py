"""What the groups are told of a run: to the groups themselves, or in a rehearsal to the test group alone, with 演练 in front."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from include.house import House, Run
from include.language import say
from include.letters.group_words import GroupWords
from include.post.channels import outbox
from include.post.channels.robots import Content
from include.post.channels.settings import Channel
from include.rules import CHANNELS
from include.store.engine import writing

Draw = Callable[[], bytes]
_CARD: Final = "card"


def tell_groups(
    run: Run, topic: str, words: GroupWords, *, is_simulated: bool, withheld: str, draw: Draw | None = None
) -> str:
    """Queues a run's message of a topic to every group that wants it, once a window; returns what was done (Chinese).

    `withheld`: why the run sends nothing by itself, or empty; a rehearsal goes to the test group alone. `draw`: the picture of its
    table, for groups that take one.
    """
    is_rehearsal = run.deliver == "rehearse"
    if withheld and not is_rehearsal:
        return withheld
    groups = _groups(run.house, topic, is_rehearsal=is_rehearsal)
    if not groups:
        return say("没有测试群，演练未发群") if is_rehearsal else say("没有群")
    title = say("【演练】{title}", title=words.title) if is_rehearsal else words.title
    key = f"{run.period.letter_key(topic, 'group')}"
    key = f"{key} {run.run_id}"[:250] if is_rehearsal else key
    content = Content(title, words.lines, words.is_urgent)
    message = _Message(topic, key, content, is_simulated, is_rehearsal)
    queued = _queue(run.house, groups, message, run.now, draw)
    return say("{queued}条群消息待发", queued=queued) if queued else say("此前已发过")


def tell_at_once(
    house: House, topic: str, key: str, words: GroupWords, now: datetime, *, is_simulated: bool
) -> int:
    """Queues a message that belongs to no run to every group that wants its topic, once a key; returns how many were new."""
    groups = _groups(house, topic, is_rehearsal=False)
    content = Content(words.title, words.lines, words.is_urgent)
    return _queue(house, groups, _Message(topic, key, content, is_simulated), now)


@dataclass(frozen=True)
class _Message:
    """What is told, once a key and group."""

    topic: str
    key: str
    content: Content
    is_simulated: bool
    is_rehearsal: bool = False


def _queue(
    house: House, groups: Sequence[Channel], message: _Message, now: datetime, draw: Draw | None = None
) -> int:
    queued = 0
    for group in groups:
        rows = [(message.key, message.topic, message.content.to_json(), message.is_simulated)]
        if draw is not None and group.kind == "wecom" and group.form == _CARD:
            picture = Content(message.content.title, (), picture_sha256=house.archive.put(draw()))
            rows.append((f"{message.key} picture", message.topic, picture.to_json(), message.is_simulated))
        with writing(house.engine, lock="channels") as connection:
            queued += outbox.queue(
                connection,
                group,
                rows,
                now=now,
                useful_life=CHANNELS.useful_life,
                is_rehearsal=message.is_rehearsal,
            )
    return queued


def _groups(house: House, topic: str, *, is_rehearsal: bool) -> list[Channel]:
    channels = house.channels
    if is_rehearsal:
        return [channels.test_group] if channels.test_group else []
    return [one for one in channels.groups if one.wants(topic)]
