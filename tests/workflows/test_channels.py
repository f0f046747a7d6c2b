"""What a run tells the groups: once a window, a rehearsal to the test group alone, a back-fill to nobody."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from include.house import Deliver, Run
from include.post.channels.settings import Channel, Channels
from include.store.channel_tables import channel_message
from include.store.engine import reading
from include.workflows.channels import tell_the_day, tell_the_hour
from tests.desk.facts import house_of
from tests.letters.test_group_words import AS_OF, DAY, FIVE, alarm, figures, pushes

_message = channel_message.c


@pytest.fixture
def run(engine: Engine, tmp_path: Path) -> Run:
    def group(name: str, *topics: str, **more: str) -> Channel:
        return Channel(name, "wecom", f"key-{name}", "http://127.0.0.1:1", topics=frozenset(topics), **more)

    channels = Channels(
        (group("leaders", form="card"), group("duty", "overdue", "urgent")), group("test_group")
    )
    house = replace(house_of(engine, tmp_path), channels=channels)
    return Run(house, DAY, "run 1", "run", "auto", is_backfill=False, now=AS_OF + timedelta(minutes=5))


def told(run: Run) -> list[tuple[str, str, bool]]:
    rows = select(_message.channel, _message.message_key, _message.is_rehearsal).order_by(_message.message_id)
    with reading(run.house.engine) as connection:
        return [tuple(row) for row in connection.execute(rows)]


def test_the_day_is_told_once_to_each_group_that_wants_it(run: Run) -> None:
    first = tell_the_day(run, figures(*FIVE))
    assert first == {"morning": "2条群消息待发", "overdue": "2条群消息待发"}
    key = DAY.letter_key("{}", "group")
    assert told(run) == [
        ("leaders", key.format("morning"), False),
        ("leaders", key.format("morning") + " picture", False),
        ("leaders", key.format("overdue"), False),
        ("duty", key.format("overdue"), False),
    ]
    assert tell_the_day(run, figures(*FIVE)) == {"morning": "此前已发过", "overdue": "此前已发过"}


def test_a_rehearsal_reaches_the_test_group_alone_and_again(run: Run) -> None:
    rehearsal = replace(run, deliver="rehearse")
    tell_the_day(rehearsal, figures(*FIVE))
    tell_the_day(replace(rehearsal, run_id="run 2"), figures(*FIVE))
    assert [(name, rehearsed) for name, _, rehearsed in told(run)] == [("test_group", True)] * 4
    with reading(run.house.engine) as connection:
        texts = connection.execute(select(_message.content_json)).scalars().all()
    assert all("【演练】" in text for text in texts)
    lonely = replace(rehearsal, house=replace(run.house, channels=Channels(run.house.channels.groups)))
    assert tell_the_day(lonely, figures(*FIVE))["morning"] == "没有测试群，演练未发群"


@pytest.mark.parametrize(("deliver", "is_backfill"), [("withhold", False), ("auto", True)])
def test_what_mails_nothing_tells_nobody(run: Run, deliver: Deliver, is_backfill: bool) -> None:
    tell_the_day(replace(run, deliver=deliver, is_backfill=is_backfill), figures(*FIVE))
    assert told(run) == []


def test_the_hour_tells_of_heavy_pollution_only(run: Run) -> None:
    assert tell_the_hour(run, pushes(alarm("A", 100.0))) == {}
    assert tell_the_hour(run, pushes(alarm("A", 190.0))) == {"urgent": "2条群消息待发"}
