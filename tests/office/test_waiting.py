"""The register of what waits: every state in which anything waits is in it from its first minute, and leaves it when settled."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, update

from include.act import Act
from include.house import House
from include.office.acts import act
from include.office.attention import matters
from include.office.grid_lists import propose
from include.office.mailroom.access import note_trouble
from include.office.proposals import keep_proposals
from include.office.spot_checks import record_result
from include.office.waiting import TOPICS, URGENCY, Waiting, waiting
from include.periods import DAY, Period, office_date
from include.post.channels.outbox import claim, queue, settle
from include.post.channels.robots import Content, verdict_of
from include.post.channels.settings import Channel
from include.post.drafts import await_approval, draft, reject, withhold
from include.post.release import release
from include.post.round import post_round
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.store import tables
from include.store.beat_runs import mark_accounted
from include.store.channel_tables import channel_state
from include.store.engine import writing
from include.store.field_tables import field_report
from include.store.level_tables import sent_report
from include.store.mail_tables import mail
from include.store.open_tables import hint
from include.store.unit_tables import unit
from include.store.units import change_unit
from include.store.watch_alarms import open_todo
from include.store.watch_tables import watch_alarm
from include.store.watch_todos import decide
from tests.desk.facts import NOW, YANGQUAN, add_alarm, add_event, archive_in, house_of, moment
from tests.mailroom.office import told_mail
from tests.office.lists import choice
from tests.post.samples import (
    add_cities,
    composition,
    facts,
    outgoing,
    released,
    render,
    server,
)

MINUTE = timedelta(minutes=1)
HEAD = "region_code,role,name,address,phone,valid_from,valid_to\n"


def drafted(house: House, archive, city: str = YANGQUAN, run_id: str = "") -> int:
    return draft(
        house.engine, archive, facts(unit_code=city), composition(), now=NOW, actor="run", run_id=run_id
    ).letter_id


def approval(house: House, archive) -> None:
    await_approval(house.engine, drafted(house, archive), now=NOW, actor="run", reason="等待签发")


def held(house: House, archive) -> None:
    withhold(
        house.engine, drafted(house, archive), now=NOW, actor="duty", reason="未在所选之列", is_person=True
    )


def withheld(house: House, archive) -> None:
    released(house.engine, archive, now=NOW)  # no contact


def failed(house: House, archive) -> None:
    add_cities(house.engine)
    released(house.engine, archive, now=NOW, render=lambda *_: 1 / 0)


def in_state(state: str) -> Callable[[House, object], None]:
    def make(house: House, archive) -> None:
        add_cities(house.engine)
        released(house.engine, archive, now=NOW)
        with writing(house.engine) as connection:
            connection.execute(update(tables.delivery).values(state=state, updated_at=NOW))

    return make


def mail_server(house: House, archive) -> None:
    add_cities(house.engine)
    released(house.engine, archive, now=NOW)
    post_round(house.engine, archive, server(1), clock=lambda: NOW, owner="test")


def lost_archive(house: House, archive) -> None:
    add_cities(house.engine)
    released(house.engine, archive, now=NOW)
    away = archive.root.rename(archive.root.with_name("away"))
    post_round(house.engine, archive, server(1), clock=lambda: NOW, owner="test")
    away.rename(archive.root)


def contact_question(house: House, archive) -> None:
    exports = house.var / "exports"
    exports.mkdir()
    for address in ("wrong@yq.example", "right@yq.example"):
        line = f"{HEAD}140300,to,阳泉局,{address},,2020-01-01,\n"
        (exports / "contacts.csv").write_text(line, encoding="utf-8")
        source = SourceConfig("exports", "files", str(exports))
        pull(house.engine, source, NOW - timedelta(days=2), NOW, now=NOW)


def quarantined(house: House, archive, kind: str = "alarms") -> None:
    with writing(house.engine) as connection:
        connection.execute(
            insert(tables.quarantine).values(
                source="exports",
                kind=kind,
                origin="a.csv 第2行",
                field="lon",
                value="x",
                reason="不是数值",
                row_json="{}",
                row_hash="0" * 64,
                received_at=NOW,
                state="open",
            )
        )


def mail_in_tray(house: House, archive) -> None:
    with writing(house.engine) as connection:
        connection.execute(insert(mail).values(told_mail(tray_reason="来信须由人处理")))


def closed_mailbox(house: House, archive) -> None:
    house.__dict__["mailboxes"] = (SourceConfig("mailbox", "mail", "127.0.0.1:1", "x"),)
    note_trouble(house.engine, "mailbox", "连接被拒绝", now=NOW, actor="test")
    note_trouble(house.engine, "mailbox", "连接被拒绝", now=NOW + MINUTE, actor="test")


def unsupported(house: House, archive) -> None:
    with writing(house.engine) as connection:
        connection.execute(
            insert(watch_alarm).values(
                alarm_id="W-G<1>-2020031008",
                grid_id="G<1>",
                started_at=NOW,
                raised_at=NOW,
                recorded_at=NOW,
                last_at=NOW,
                alarm_count=1,
                peak_pm25_ug_m3=90.0,
                evidence_json="{}",
                rules_edition="x",
                is_supported=False,
                is_simulated=True,
            )
        )
        open_todo(connection, "W-G<1>-2020031008", "unsupported", "数据不再支持", now=NOW)


def missed_window(house: House, archive) -> None:
    """The schedule ran on the 10th and never again."""
    with writing(house.engine) as connection:
        day = Period.of_days(
            NOW.date() - timedelta(days=3), NOW.date() - timedelta(days=2), "day", NOW - 2 * DAY
        )
        mark_accounted(connection, day, "daily_dispatch/scheduled__1", NOW - 2 * DAY, is_scheduled=True)


def proposed_list(house: House, archive: object) -> None:
    propose(house.engine, house.archive, choice(), now=NOW, actor="王科长")


def changed_unit(house: House, archive: object) -> None:
    """A unit that an operator changed, and of which the profile says now what it did not say then."""
    told = Act(NOW, "duty", "改称")
    with writing(house.engine) as connection:
        connection.execute(update(unit).where(unit.c.unit_code == YANGQUAN).values(bureau="旧名"))
        change_unit(connection, YANGQUAN, office_date(NOW), {"bureau": "阳泉分局"}, "rename", told)


def a_hint(house: House, archive: object) -> None:
    """A hint of the public that nobody has looked at."""
    row = {
        "hint_id": "h1",
        "received_at": NOW,
        "taken_at": NOW,
        "place": "荫营镇",
        "text": "冒黑烟",
        "match_how": "none",
        "state": "waiting",
        "is_simulated": False,
    }
    with writing(house.engine) as connection:
        connection.execute(hint.insert().values(row))


def dispute(house: House, archive: object) -> None:
    add_alarm(house.engine, "A1", "03-11 06:00")
    add_event(house.engine, "A1", "disputed", "03-11 09:00")


def answered_again(house: House, archive: object) -> None:
    add_alarm(house.engine, "A1", "03-11 06:00")
    for event, at in (
        ("submitted", "03-11 09:00"),
        ("returned", "03-11 12:00"),
        ("submitted", "03-11 18:00"),
    ):
        add_event(house.engine, "A1", event, at)


def unchecked_week(house: House, archive: object) -> None:
    add_alarm(house.engine, "A1", "03-03 06:00")
    add_event(house.engine, "A1", "submitted", "03-03 09:00")


def proposed_correction(house: House, archive) -> None:
    add_cities(house.engine)
    released(house.engine, archive, now=NOW)
    with writing(house.engine) as connection:
        connection.execute(update(tables.delivery).values(state="sent"))
        key = connection.execute(select(tables.letter.c.letter_key)).scalar_one()
    keep_proposals(house.engine, {key: "推送 2 → 3"}, office_date(NOW - DAY), now=NOW, actor="post_round")


def a_report(house: House, archive: object) -> None:
    """A report of a phone that nobody has confirmed."""
    row = {
        "report_id": "0" * 32,
        "letter_key": "notice_140300_day_2020-03-11_2020-03-12_1",
        "unit_code": YANGQUAN,
        "alarm_id": "A1",
        "step": "clear",
        "device_id": "1" * 32,
        "received_at": NOW,
        "taken_at": NOW,
        "state": "waiting",
        "reason": "手机尚未确认",
        "actor": "",
        "body_json": "{}",
        "is_simulated": False,
    }
    with writing(house.engine) as connection:
        connection.execute(field_report.insert().values(row))


def refused_by_a_group(house: House, archive) -> None:
    channel = Channel("leaders", "wecom", "key-12345", "http://127.0.0.1:1")
    said = Content("早报", ())
    with writing(house.engine) as connection:
        queue(
            connection,
            channel,
            [("morning", "morning", said.to_json(), False)],
            now=NOW,
            useful_life=timedelta(days=1),
        )
        claimed = claim(connection, channel, owner="round", now=NOW)
        assert claimed is not None
        settle(connection, channel, claimed, verdict_of("wecom", 200, b'{"errcode":93000}'), now=NOW)


def webhook_switched_off(house: House, archive) -> None:
    with writing(house.engine) as connection:
        connection.execute(
            insert(channel_state).values(channel="upstairs", disabled_at=NOW, reason="HTTP 500")
        )


def report_to_review(house: House, archive) -> None:
    with writing(house.engine) as connection:
        connection.execute(
            insert(sent_report).values(
                report_key="k" * 48,
                upper="ministry",
                kind="feedback",
                alarm_id="A1",
                record_id="submitted",
                told_at=NOW,
                body_json="{}",
                state="waiting",
                state_reason="等待人工审核后上报",
                attempts=0,
                next_attempt_at=NOW,
                queued_at=NOW,
                updated_at=NOW,
            )
        )


STATES: dict[str, Callable[[House, object], None]] = {
    "approval": approval,
    "held": held,
    "withheld": withheld,
    "failed": failed,
    "unknown": in_state("unknown"),
    "refused": in_state("refused"),
    "expired": in_state("expired"),
    "server": mail_server,
    "archive": lost_archive,
    "contact": contact_question,
    "quarantine": quarantined,
    "files": lambda house, archive: quarantined(house, archive, "files"),
    "watch": unsupported,
    "run": missed_window,
    "grids": proposed_list,
    "hints": a_hint,
    "mail": mail_in_tray,
    "mailbox": closed_mailbox,
    "field": a_report,
    "units": changed_unit,
    "dispute": dispute,
    "answer": answered_again,
    "check": unchecked_week,
    "correction": proposed_correction,
    "group": refused_by_a_group,
    "webhook": webhook_switched_off,
    "report": report_to_review,
}
ELSEWHERE = {
    "undecided",
    "pull",
    "silent",
    "chain",  # tests/chain
    "dissection",  # tests/chain
    "orphan",  # tests/office/test_ended_units.py
}  # below: they need time to pass, a source, or letters of several days


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> House:
    return house_of(engine, tmp_path)


def topics(house: House, now=NOW + MINUTE) -> set[str]:
    return {one.topic for one in waiting(house, now)}


def test_every_topic_is_tried() -> None:
    assert set(STATES) | ELSEWHERE == set(TOPICS)


def test_every_topic_has_its_rank() -> None:
    assert sorted(topic for topics in URGENCY for topic in topics) == sorted(TOPICS)


def test_a_letter_that_a_person_kept_back_has_not_gone_either() -> None:
    ranks = {topic: rank for rank, topics in enumerate(URGENCY) for topic in topics}
    assert ranks["held"] == ranks["withheld"] == ranks["approval"] < ranks["contact"]


def test_the_most_urgent_stands_first_and_of_one_rank_the_oldest(house: House) -> None:
    """A row in quarantine of four days ago, disputes of yesterday and of today, a letter to sign and a server that is gone since now."""
    archive = archive_in(house.var)
    quarantined(house, archive)
    with writing(house.engine) as connection:
        connection.execute(update(tables.quarantine).values(received_at=NOW - 4 * DAY))
    for alarm_id, at in (("A2", "03-11 18:00"), ("A1", "03-11 09:00")):
        add_alarm(house.engine, alarm_id, "03-11 06:00")
        add_event(house.engine, alarm_id, "disputed", at)
    approval(house, archive)
    closed_mailbox(house, archive)
    found = [(one.topic, one.title.rpartition("　")[2]) for one in waiting(house, NOW + MINUTE)]
    assert [topic for topic, _ in found] == ["mailbox", "approval", "dispute", "dispute", "quarantine"]
    assert [title for topic, title in found if topic == "dispute"] == ["A1", "A2"]


def test_nothing_waits_in_an_empty_house(house: House) -> None:
    assert waiting(house, NOW) == []


@pytest.mark.parametrize("topic", STATES)
def test_what_waits_is_in_the_register_and_in_the_digest_from_the_first_minute(
    house: House, topic: str
) -> None:
    STATES[topic](house, archive_in(house.var))
    assert topics(house) == {topic}
    assert {one.title.split("　")[0] for one in matters(house, NOW + MINUTE)[0]} == {TOPICS[topic]}


def test_a_draft_waits_for_its_run_first_and_then_for_a_person(house: House) -> None:
    drafted(house, archive_in(house.var))
    assert topics(house) == set()
    assert topics(house, NOW + timedelta(hours=2)) == {"undecided"}


def test_what_a_rule_withheld_or_a_person_settled_waits_for_nobody(house: House) -> None:
    archive = archive_in(house.var)
    first, second = drafted(house, archive), drafted(house, archive, "140100")
    withhold(house.engine, first, now=NOW, actor="run", reason="补录的时段只编制存档")
    reject(house.engine, second, now=NOW, actor="duty", reason="不必发")
    assert topics(house) == set()


def test_a_source_that_stopped(house: House) -> None:
    stopped = replace(house, sources=(SourceConfig("exports", "files", str(house.var)),))
    assert topics(stopped) == set()  # never pulled
    counts = dict.fromkeys(("rows_read", "rows_new", "rows_revised", "rows_unchanged", "rows_quarantined"), 0)
    came = {
        "source": "exports",
        "start_at": NOW - timedelta(days=4),
        "end_at": NOW - timedelta(days=3),
        "finished_at": NOW - timedelta(days=3),
    }
    with writing(house.engine) as connection:
        connection.execute(insert(tables.pull).values(is_simulated=False, **came, **counts))
    assert topics(stopped) == {"pull"}


def test_a_city_from_which_nothing_is_heard(house: House) -> None:
    archive = archive_in(house.var)
    add_cities(house.engine)
    add_alarm(house.engine, "A1", "03-05 06:00")
    for days in (4, 3, 2):
        letter = facts(day=NOW.date() - timedelta(days=days), alarms=("A1",))
        outcome = released(house.engine, archive, letter, now=NOW)
        with writing(house.engine) as connection:
            connection.execute(update(tables.delivery).values(state="sent"))
        assert outcome.action == "released"
    assert [(one.topic, one.title, one.path, one.query) for one in waiting(house, NOW)] == [
        ("silent", "阳泉市", "/contacts", {"region": YANGQUAN})
    ]


def test_forty_letters_of_a_run_are_one_line_with_the_way_to_sign(house: House) -> None:
    archive, run = archive_in(house.var), "half_monthly_bulletin/manual__1"
    cities = ("140300", "140100", "370100", "110000", "120000")
    for city in cities[:4]:
        number = drafted(house, archive, city, run)
        await_approval(house.engine, number, now=NOW, actor="run", reason="等待签发")
    number = drafted(house, archive, cities[4], "daily_dispatch/manual__2")
    await_approval(house.engine, number, now=NOW, actor="run", reason="等待签发")
    many, alone = sorted(waiting(house, NOW), key=lambda one: -one.count)
    assert (many.count, many.run, many.query) == (
        4,
        ("half_monthly_bulletin", "manual__1"),
        {"dag_id": "half_monthly_bulletin", "run_id": "manual__1"},
    )
    assert (alone.count, alone.path, alone.run) == (1, f"/letters/{number}", ("daily_dispatch", "manual__2"))


def test_an_alarm_that_a_person_kept_leaves_the_register(house: House) -> None:
    unsupported(house, None)
    (one,) = waiting(house, NOW)
    assert (one.line, one.reason, one.path, one.since, one.is_simulated) == (
        "报警待核实　W-G<1>-2020031008",
        "数据不再支持",
        "/watch/W-G%3C1%3E-2020031008",
        NOW,
        True,
    )
    decide(house.engine, "W-G<1>-2020031008", "keep", reason="现场属实", by="duty", now=NOW)
    assert waiting(house, NOW) == []


def test_a_released_letter_leaves_the_register(house: House) -> None:
    archive = archive_in(house.var)
    add_cities(house.engine)
    approval(house, archive)
    assert isinstance(waiting(house, NOW)[0], Waiting)
    way = outgoing(house.engine, archive)
    release(way, 1, Act(NOW, "duty", "签发"), render=render, is_person=True)
    assert topics(house) == set()


def test_a_dispute_that_the_owner_of_a_platform_decides_waits_for_nobody_here(house: House) -> None:
    dispute(house, None)
    (one,) = waiting(house, NOW)
    assert (one.title, one.path, one.since) == (
        "阳泉市　郊区　荫营镇　A1",
        "/alarms/A1",
        moment("03-11 09:00"),
    )
    platform = SourceConfig("test", "platform", "http://127.0.0.1:1", first_day=NOW.date() + DAY)
    assert topics(replace(house, sources=(platform,))) & {"dispute", "answer"} == set()


def test_a_decided_dispute_and_an_accepted_answer_leave_the_register(house: House) -> None:
    answered_again(house, None)
    add_event(house.engine, "A1", "disputed", "03-11 19:00")
    assert topics(house) == {"answer", "dispute"}
    for name, topic in (("reject", {"answer"}), ("accept", set())):
        act(house, "A1", name, now=NOW, actor="duty", reason="已核实")
        assert topics(house) == topic


def test_many_disputes_of_a_unit_are_one_line(house: House) -> None:
    names = [f"A{number}" for number in range(21)]
    for name in names:
        add_alarm(house.engine, name, "03-11 06:00")
        add_event(house.engine, name, "disputed", "03-11 09:00")
    (one,) = waiting(house, NOW)
    assert (one.title, one.path, one.count) == ("阳泉市21条", "/cities/140300", 21)
    add_event(house.engine, "A0", "dispute_upheld", "03-11 10:00")
    assert sorted(one.path for one in waiting(house, NOW)) == sorted(f"/alarms/{name}" for name in names[1:])


def test_a_checked_answer_leaves_the_register(house: House) -> None:
    unchecked_week(house, None)
    (one,) = waiting(house, NOW)
    assert (one.title, one.reason, one.query) == (
        "2020-03-01起一周还有1条",
        "抽取1条，已核查0条",
        {"week": "2020-03-01"},
    )
    record_result(house.engine, date(2020, 3, 1), "A1", "confirmed", now=NOW, actor="duty", reason="属实")
    assert waiting(house, NOW) == []


def test_a_proposal_leaves_the_register_when_the_letter_would_say_the_same_again(house: House) -> None:
    proposed_correction(house, archive_in(house.var))
    (one,) = waiting(house, NOW + MINUTE)
    assert (one.reason, one.path, one.since) == ("推送 2 → 3", "/letters/1", NOW)
    keep_proposals(house.engine, {}, office_date(NOW - DAY), now=NOW, actor="post_round")
    assert waiting(house, NOW) == []
