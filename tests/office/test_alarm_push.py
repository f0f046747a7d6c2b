"""报警推送: one mail a unit and hour for new alarms of the watch, told once, again when they escalate, late ones by a person."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, delete, insert, select

import include.workflows.beats  # noqa: F401  enters the beats
from include.errors import StateError
from include.house import House, Run
from include.office.alarms import pushes
from include.office.letter_acts import letters_of_period, release_letter
from include.office.register import due_keys
from include.periods import period_ending
from include.post.attention import needs_person
from include.post.local_server import local_mailbox, received
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.world import write_world
from include.sources.stations.intake import import_stations
from include.store import tables
from include.store.engine import reading, writing
from include.store.judged_hours import GRID_HOURS, STATION_JUDGED, replace_judged
from include.store.suspects import keep_verdict
from include.store.watch_tables import alarm_suspect, station, suspect_at_push, watch_alarm
from include.supervision.alarm_push import AlarmFigures
from include.supervision.figures import from_json
from include.watch import DEFAULT_RULES
from include.workflows import alarm_push, daily_dispatch
from include.workflows.corrections import correct
from include.workflows.watching import watch
from tests.desk.facts import moment, provenance
from tests.post.samples import add_contact
from tests.workflows.region import open_region, run_of

EVIDENCE = {"peak_increment_ug_m3": 86.4, "background_ug_m3": 52.2, "stations": 4, "spoke": 3}


def add_watch_alarm(
    engine: Engine,
    alarm_id: str,
    raised: str,
    *,
    grid: str = "T85711",
    recorded: str = "",
    pushed: str = "",
    **changes: Any,
) -> None:
    """An alarm that the watch raised (`03-12 09:00`) and recorded (ten minutes later) about a grid of 阳泉."""
    at = moment(raised)
    pushed_at = moment(pushed) if pushed else at
    row = {
        "alarm_id": alarm_id,
        "revision": 1,
        "revised_at": at,
        "grid_id": grid,
        "unit_code": "140300",
        "county": "郊区",
        "point_name": "荫营镇裸土堆场",
        "lon": 113.565,
        "lat": 37.935,
        "started_at": at - timedelta(hours=2),
        "last_at": at - timedelta(hours=1),
        "alarm_count": 2,
        "peak_pm25_ug_m3": 138.6,
        "pushed_at": pushed_at,
        "deadline_at": pushed_at + timedelta(hours=24),
        "rules_version": "2020-03",
        "is_outside_city": False,
        **provenance(is_simulated=True),
        "source": "watch",
        **changes,
    }
    known = {
        "alarm_id": alarm_id,
        "grid_id": grid,
        "started_at": row["started_at"],
        "raised_at": at,
        "recorded_at": moment(recorded) if recorded else at + timedelta(minutes=10),
        "last_at": row["last_at"],
        "alarm_count": 2,
        "peak_pm25_ug_m3": 138.6,
        "confidence": 0.93,
        "evidence_json": json.dumps(EVIDENCE),
        "rules_edition": DEFAULT_RULES.edition,
        "is_supported": True,
        "is_simulated": True,
    }
    with writing(engine) as connection:
        connection.execute(insert(tables.alarm).values(**row))
        connection.execute(insert(watch_alarm).values(**known))


def escalate(engine: Engine, alarm_id: str, known: str, peak: float) -> None:
    """The next revision of an alarm."""
    with writing(engine) as connection:
        last = connection.execute(
            tables.alarm.select()
            .where(tables.alarm.c.alarm_id == alarm_id)
            .order_by(tables.alarm.c.revision.desc())
        ).mappings()
        row = dict(next(iter(last)))
        row |= {
            "revision": row["revision"] + 1,
            "revised_at": moment(known),
            "peak_pm25_ug_m3": peak,
            "alarm_count": 5,
        }
        connection.execute(insert(tables.alarm).values(**row))


def add_stations(house: House, count: int, heard: int, end: str) -> None:
    """Micro-stations of 阳泉, of which some spoke in the hour before `end`, and a day of judged hours of the grid."""
    end_at = moment(end)
    with writing(house.engine) as connection:
        for number in range(count):
            connection.execute(
                insert(station).values(
                    station_id=f"S{number}",
                    valid_from=date(2000, 1, 1),
                    kind="micro",
                    unit_code="140300",
                    grid_id="T85711",
                    lon=113.5,
                    lat=37.9,
                    source="t",
                    is_simulated=True,
                    received_at=end_at,
                    content_hash="0" * 64,
                )
            )
    last = pd.Timestamp(end_at - timedelta(hours=1)).tz_convert("UTC")
    spoke = pd.DataFrame(
        {
            "station_id": [f"S{number}" for number in range(count)],
            "unit_code": "140300",
            "grid_id": "T85711",
            "hour": last,
            # As the watch keeps them: a silent station has a row, too.
            "pm25_ug_m3": [60.0 if number < heard else None for number in range(count)],
        }
    )
    hours = pd.date_range(end=last, periods=24, freq="h")
    own = [60.0 + number % 5 for number in range(21)] + [101.0, 138.6, 120.0]
    grids = pd.DataFrame(
        {"grid_id": "T85711", "hour": hours, "pm25_ug_m3": own, "background_ug_m3": 52.2}
    ).drop(index=7)
    for name, frame in ((STATION_JUDGED, spoke), (GRID_HOURS, grids)):
        replace_judged(
            house.stations_dir, name, frame, end_at - timedelta(hours=24), end_at, DEFAULT_RULES.edition
        )


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Iterator[House]:
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        found = open_region(engine, tmp_path / "var", mailbox)
        daily_dispatch.pull(run_of(found))
        yield found


def hourly(house: House, end: str, **changes: Any) -> Run:
    period = period_ending("hour", moment(end))
    values = {
        "deliver": "auto",
        "is_backfill": False,
        "now": period.as_of,
        "run_id": f"hourly_watch/{end}",
        **changes,
    }
    return Run(house=house, period=period, actor="test", **values)


def play(run: Run) -> dict[str, Any]:
    computed = alarm_push.figures(run)
    composed = alarm_push.compose(run, computed)
    released = alarm_push.release(run)
    alarm_push.post(run)
    alarm_push.account(run, computed)
    assert composed["failed"] == {}
    return dict(released["counts"])


def told(house: House, end: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Kind of letter and the alarms of each push of a window, as they are due."""
    found = pushes(house, period_ending("hour", moment(end)))
    return [
        (one.letter_key.rpartition("_140300")[0], [(alarm.alarm_id, alarm.news) for alarm in one.alarms])
        for one in found.pushes
    ]


def test_new_alarms_of_an_hour_go_out_as_one_mail_a_unit(house: House) -> None:
    add_watch_alarm(house.engine, "W1", "03-12 09:00")
    add_watch_alarm(house.engine, "W2", "03-12 09:00", grid="T85712")
    add_stations(house, 6, 4, "03-12 09:00")
    run = hourly(house, "03-12 09:00")
    assert play(run) == {"released": 1}
    [mail] = received(house.mailbox)
    assert mail.letter_key == "alarm_140300_hour_2020-03-12T0000Z_2020-03-12T0100Z_1"
    assert mail.letter_key in due_keys(house, run.period)
    assert (
        mail.subject
        == "【模拟数据】热点网格报警推送（阳泉市，3月12日8时至9时，2个点位，请于3月13日9时前反馈）"
    )
    message = message_from_bytes(mail.content(), policy=policy.default)
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "荫营镇裸土堆场" in text
    assert "最高139μg/m³，高出周边87μg/m³（周边52μg/m³）" in text
    assert "本市在用微站6个，最后一小时4个有有效数据，2个无数据。" in text
    assert "3月12日6时起101→139→120μg/m³" in text
    # Y1 and Y2, which the region's platform pushed before
    told_before = "此前推送的报警另有2条尚未反馈（均已超期），最早的是郊区“荫营镇裸土堆场”（网格编号T85711），3月8日7时推送"
    assert told_before in text
    [push] = pushes(house, run.period).pushes
    assert [row.alarm_id for row in push.form] == ["W1", "W2", "Y1", "Y2"]
    html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert 'src="cid:' in html
    assert [part.get_content_type() for part in message.iter_attachments()] == [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ]


def test_an_alarm_is_told_once_and_again_when_it_escalates(house: House) -> None:
    add_watch_alarm(house.engine, "W1", "03-12 09:00")
    assert play(hourly(house, "03-12 09:00")) == {"released": 1}
    assert told(house, "03-12 10:00") == []
    escalate(house.engine, "W1", "03-12 10:00", 180.0)  # more, but not half as much again
    assert told(house, "03-12 10:00") == []
    escalate(house.engine, "W1", "03-12 11:00", 230.0)
    assert told(house, "03-12 10:00") == []  # not known then
    assert told(house, "03-12 11:00") == [("alarm", [("W1", "escalated")])]
    assert play(hourly(house, "03-12 11:00")) == {"released": 1}
    assert told(house, "03-12 12:00") == []
    assert told(house, "03-12 09:00") == [("alarm", [("W1", "new")])]  # whatever came later
    assert (
        "明显加重：上次推送时最高139μg/m³"
        in message_from_bytes(received(house.mailbox)[-1].content(), policy=policy.default)
        .get_body(("plain",))
        .get_content()
    )  # type: ignore[union-attr]


def test_a_push_is_not_corrected(house: House) -> None:
    add_watch_alarm(house.engine, "W1", "03-12 09:00")
    run = hourly(house, "03-12 09:00")
    play(run)
    with reading(house.engine) as connection:
        [letter] = letters_of_period(connection, run.period, alarm_push.KINDS)
    with pytest.raises(StateError, match=r"not corrected.*got 报警推送"):
        correct(house, letter.letter_id, now=run.now, actor="duty", reason="数字变了")


def test_an_hour_that_was_missed_is_told_by_the_next_one(house: House) -> None:
    add_watch_alarm(house.engine, "W1", "03-12 08:00", recorded="03-12 10:10")
    assert told(house, "03-12 08:00") == []
    assert told(house, "03-12 10:00") == [("alarm", [("W1", "new")])]


def test_an_hour_that_the_next_one_made_good_owes_no_letter(house: House) -> None:
    add_watch_alarm(house.engine, "W1", "03-12 09:00", recorded="03-12 09:40")  # after that hour's run
    nine, ten = hourly(house, "03-12 09:00"), hourly(house, "03-12 10:00")
    assert due_keys(house, nine.period) == [nine.period.letter_key("alarm", "140300")]
    assert play(ten) == {"released": 1}
    assert due_keys(house, nine.period) == []
    assert due_keys(house, ten.period) == [ten.period.letter_key("alarm", "140300")]


def test_an_alarm_that_comes_late_waits_for_a_person(house: House) -> None:
    add_watch_alarm(house.engine, "W1", "03-12 08:00", recorded="03-12 11:10")
    run = hourly(house, "03-12 11:00")
    assert play(run) == {"withheld": 1}
    assert play(hourly(house, "03-12 12:00")) == {}  # it is before a person, not told again and again
    with reading(house.engine) as connection:
        [letter] = letters_of_period(connection, run.period, alarm_push.KINDS)
        waiting = [one.subject_id for one in needs_person(connection, run.now)]
    assert (letter.kind, letter.state_reason) == ("late_alarm", "报警补推须由人员核实后放行")
    assert letter.letter_key in waiting
    figures = from_json(AlarmFigures, letter.figures_json)
    assert (figures.is_by_person, figures.alarms[0].news) == (True, "late")
    add_watch_alarm(house.engine, "W2", "03-12 12:00", grid="T85712")
    noon = hourly(house, "03-12 12:00")
    assert asked(noon) == ["W2"]  # nor asked for by another push before that person decided
    assert play(noon) == {"released": 1}
    done = release_letter(house, letter.letter_id, now=run.now, actor="duty", reason="已核实", is_person=True)
    assert done.action == "released"
    add_watch_alarm(house.engine, "W3", "03-12 13:00", grid="T85713")
    assert asked(hourly(house, "03-12 13:00")) == ["W3", "W1", "W2"]


def asked(run: Run) -> list[str]:
    """The watch's alarms in the form of the one push of a window."""
    [push] = pushes(run.house, run.period).pushes
    return [row.alarm_id for row in push.form if row.alarm_id.startswith("W")]


def test_quiet_hours_are_collected_in_the_morning(house: House) -> None:
    add_watch_alarm(house.engine, "W1", "03-11 23:00", pushed="03-12 07:00")
    add_watch_alarm(house.engine, "W2", "03-12 03:00", pushed="03-12 07:00", grid="T85712")
    assert told(house, "03-12 03:00") == []
    assert told(house, "03-12 07:00") == [("alarm", [("W1", "new"), ("W2", "new")])]


def test_a_back_fill_pushes_nothing(house: House) -> None:
    add_watch_alarm(house.engine, "W1", "03-12 09:00", recorded="03-20 08:10")
    backfill = hourly(house, "03-12 09:00", is_backfill=True, now=moment("03-20 08:10"))
    assert play(backfill) == {}
    assert told(house, "03-20 08:00") == []  # its deadline is over: no late push of history
    add_watch_alarm(house.engine, "W2", "03-12 10:00")
    again = hourly(house, "03-12 10:00", is_backfill=True, deliver="send", now=moment("03-20 08:20"))
    assert play(again) == {"withheld": 1}  # recorded in time, and yet no back-fill sends it
    assert received(house.mailbox) == []


def test_a_run_that_is_late_leaves_it_to_a_person(house: House) -> None:
    add_watch_alarm(house.engine, "W1", "03-12 09:00")
    run = hourly(house, "03-12 09:00", now=moment("03-12 12:30"))
    assert play(run) == {"withheld": 1}
    with reading(house.engine) as connection:
        [letter] = letters_of_period(connection, run.period, alarm_push.KINDS)
    assert letter.state_reason == "时段已过3.3小时，报警推送超过3小时须由人员放行"


def test_what_is_answered_or_withdrawn_meanwhile_is_not_pushed(house: House) -> None:
    add_watch_alarm(house.engine, "W1", "03-12 09:00")
    run = hourly(house, "03-12 09:00")
    alarm_push.compose(run, alarm_push.figures(run))
    with writing(house.engine) as connection:
        connection.execute(
            insert(tables.feedback_event).values(
                alarm_id="W1", event="submitted", event_at=moment("03-12 09:05"), revision=1, **provenance()
            )
        )
    assert alarm_push.release(run)["letters"]["withheld"] == [
        "阳泉市：所列1条报警均已反馈、核减或撤回，不再推送"
    ]


@pytest.mark.parametrize(
    ("stations", "heard", "words"),
    [
        (6, 6, "本市在用微站6个，最后一小时6个有有效数据。"),
        (6, 2, "本市在用微站6个，最后一小时2个有有效数据，4个无数据：不足一半，未报警的点位不等于没有异常。"),
        (0, 0, "本时段无站点台账，无法说明有多少微站参与判断。"),
    ],
)
def test_a_push_says_how_many_stations_spoke(house: House, stations: int, heard: int, words: str) -> None:
    add_watch_alarm(house.engine, "W1", "03-12 09:00")
    add_stations(house, stations, heard, "03-12 09:00")
    play(hourly(house, "03-12 09:00"))
    text = message_from_bytes(received(house.mailbox)[0].content(), policy=policy.default).get_body(
        ("plain",)
    )
    assert words in text.get_content()  # type: ignore[union-attr]


def test_a_push_names_the_first_three_suspects_by_what_was_known_then_with_reasons(house: House) -> None:
    add_watch_alarm(house.engine, "W1", "03-12 09:00")
    add_stations(house, 6, 4, "03-12 09:00")
    common = {
        "kind": "enterprise",
        "distance_km": 1.23,
        "east_km": 0.0,
        "north_km": 1.0,
        "windy": 1.0,
        "upwind": 1.0,
        "has_increments": True,
        "is_metered": True,
        "idle": 1.0,
        "normal": 0.0,
        "off": 0.0,
        "lost": 0.0,
        "idle_hours": 4,
        "unusual_hour": 0.0,
        "former": 0.0,
        "same_place": 0,
    }
    suspects = [
        ("Q1", 0.6, {"name": "某<铸造>厂", "level": "high"}),
        ("Q2", 0.2, {"name": "已剔除厂", "level": "medium"}),
        ("unlisted", 0.1, {"name": "", "kind": "unlisted", "level": "low"}),
        ("Q3", 0.06, {"name": "某砖厂", "level": "low", "upwind": 0.0, "idle": 0.0, "normal": 1.0}),
        ("Q4", 0.055, {"name": "第四厂", "level": "low"}),
    ]
    with writing(house.engine) as connection:
        for rank, (name, score, evidence) in enumerate(suspects, 1):
            row = {
                "alarm_id": "W1",
                "rank": rank,
                "enterprise_id": name,
                "score": score,
                "rules_edition": "e",
                "evidence_json": json.dumps(common | evidence, ensure_ascii=False),
            }
            connection.execute(insert(suspect_at_push).values(**row))
            connection.execute(insert(alarm_suspect).values(**row))
    keep_verdict(house.engine, "W1", "Q2", "struck", "王某", "已搬迁", now=moment("03-12 08:00"))
    assert play(hourly(house, "03-12 09:00")) == {"released": 1}
    [mail] = received(house.mailbox)
    message = message_from_bytes(mail.content(), policy=policy.default)
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert (
        "   疑似来源（建议核查）：\n"
        "   ①某<铸造>厂，可能性高：位于上风向1.2公里，期间生产负荷正常、治污设备停运（距离自高值站点起算，在网格中心以北）\n"
        "   ②来源不明，可能性低：清单内单位均不能较好解释，建议在高值点周边现场排查\n"
        "   ③某砖厂，可能性低：不在上风向，距高值站点1.2公里，期间生产和治污设备用电正常（距离自高值站点起算，在网格中心以北）\n"
        "   反馈时限"
    ) in text.replace("\r\n", "\n")
    assert "第四厂" not in text
    assert "疑似来源的可能性分三级，高：可能性在一半以上" in text
    html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "①某&lt;铸造&gt;厂，可能性高" in html


def test_the_watch_of_an_hour_is_pushed_from_readings_to_mailbox(engine: Engine, tmp_path: Path) -> None:
    """A small world of stations, judged up to the hour of its first alarm, as the DAG does it."""
    write_world(WorldOptions(seed=3, start=date(2020, 3, 1), days=4, grids=12), tmp_path / "files", None)
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        house = open_region(engine, tmp_path / "var", mailbox)
        import_stations(
            house.engine, house.stations_dir, [tmp_path / "files" / "world"], now=moment("03-05 00:00")
        )
        found = watch(house, moment("03-01 00:00"), moment("03-05 00:00"), now=moment("03-05 00:10"))
        with reading(house.engine) as connection:
            first = (
                connection.execute(select(watch_alarm).order_by(watch_alarm.c.raised_at)).mappings().first()
            )
        assert found.alarms
        assert first is not None
        raised = first["raised_at"]
        with writing(house.engine) as connection:  # the hour anew, as if nobody had looked ahead
            for table in (watch_alarm, tables.alarm):
                connection.execute(delete(table))
            city = connection.execute(select(station.c.unit_code).limit(1)).scalar_one()
        add_contact(house.engine, city, "to", "unit@city.example", "生态环境局")
        period = period_ending("hour", raised)
        watch(house, period.start_at, period.end_at, now=period.as_of)
        run = Run(
            house=house,
            period=period,
            actor="test",
            deliver="auto",
            is_backfill=False,
            now=period.as_of,
            run_id="hourly_watch/x",
        )
        told_now = alarm_push.tell(run)
        assert (told_now["letters_due"], told_now["created"], told_now["failed"]) == (1, 1, {})
        assert alarm_push.release(run)["counts"] == {"released": 1}
        assert alarm_push.post(run)["results"] == {"accepted": 1}
        [mail] = received(mailbox.folder)
        assert mail.subject.startswith("【模拟数据】热点网格报警推送")
