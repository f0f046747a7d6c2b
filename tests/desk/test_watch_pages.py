"""The desk's pages of the watch: stations to service, an alarm's evidence, what a person decides about it."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, select

from include.errors import InputError, StateError
from include.store.engine import reading, writing
from include.store.tables import alarm, audit, feedback_event
from include.store.watch_alarms import Kept, MadeAlarm, State, drop_alarms, keep_alarms
from include.store.watch_facts import keep_station_days
from include.store.watch_tables import alarm_suspect, watch_alarm, watch_todo
from include.store.watch_todos import decide, open_todos
from include.watch import DEFAULT_RULES
from tests.desk.facts import NOW, Browser, house_of
from tests.desk.test_watch import FACT

HOUR = timedelta(hours=1)
START = datetime(2020, 3, 10, 0, tzinfo=UTC)


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """A stuck station, and an alarm that was answered and that late hours speak against."""
    row = {
        "grid_id": "T<1>",
        "unit_code": "370800",
        "county": "鱼台县",
        "point_name": "y",
        "lon": None,
        "lat": None,
        "started_at": START,
        "pushed_at": START + HOUR,
        "deadline_at": START + 25 * HOUR,
        "rules_version": "2020-03",
        "is_simulated": True,
    }
    made = MadeAlarm(
        "W-T<1>-1", START + HOUR, (State(START + HOUR, START, 1, 91.26),), row, 0.9, {"spoke": 4}, "watch-x"
    )
    facts = pd.DataFrame([FACT | {"station_id": "M<2>", "verdict": "stuck", "stuck_hours": 20}])
    answer = {
        "alarm_id": "W-T<1>-1",
        "event": "acknowledged",
        "event_at": START + 2 * HOUR,
        "revision": 1,
        "source": "x",
        "is_simulated": True,
        "received_at": NOW,
        "content_hash": "0",
    }
    with writing(engine) as connection:
        keep_alarms(connection, [made], now=NOW)
        keep_station_days(connection, facts, date(2020, 3, 10), DEFAULT_RULES.edition, "x", now=NOW)
        connection.execute(feedback_event.insert(), answer)
        drop_alarms(connection, ["W-T<1>-1"], Kept(), now=NOW, actor="watch")
    return engine


PATH = "/watch/W-T%3C1%3E-1"


def test_the_network_and_what_waits(filled: Engine, tmp_path: Path) -> None:
    browser = Browser(house_of(filled, tmp_path))
    page = browser.get("/network")
    assert page.status_code == 200
    for words in ("M&lt;2&gt;", "卡值（1天中1天）", "济宁市", "1/1", 'href="/desk/watch/W-T%3C1%3E-1"'):
        assert words in page.text, words
    assert "M<2>" not in page.text
    lines = browser.get("/network.csv").text.removeprefix("\ufeff").splitlines()
    assert lines[0].startswith("单位代码,单位,网格,站点,种类,质控,有问题的天数,天数,数据完整率,")
    assert lines[1].startswith("370800,济宁市,T1,M<2>,微站,卡值,1,1,1.0,")


def test_many_stations_to_service_are_folded_by_unit(filled: Engine, tmp_path: Path) -> None:
    """A network that fell silent as a whole is a page of units, not of hundreds of stations."""
    house = house_of(filled, tmp_path)
    assert "<details open><summary>济宁市" in Browser(house).get("/network").text
    facts = pd.DataFrame(
        [FACT | {"station_id": f"S{number:03}", "verdict": "missing"} for number in range(40)]
    )
    with writing(filled) as connection:
        keep_station_days(connection, facts, date(2020, 3, 11), DEFAULT_RULES.edition, "x", now=NOW)
    page = Browser(house).get("/network").text
    assert "<details><summary>济宁市" in page
    assert page.count("<details>") == 1


def test_a_station_that_is_named_like_a_formula_is_text_in_the_export(filled: Engine, tmp_path: Path) -> None:
    facts = pd.DataFrame([FACT | {"station_id": "=1+1", "grid_id": "@x", "verdict": "stuck"}])
    with writing(filled) as connection:
        keep_station_days(connection, facts, date(2020, 3, 10), DEFAULT_RULES.edition, "x", now=NOW)
    lines = Browser(house_of(filled, tmp_path)).get("/network.csv").text.splitlines()
    assert [line.split(",")[2:4] for line in lines if "1+1" in line] == [["'@x", "'=1+1"]]


def test_the_evidence_of_an_alarm(filled: Engine, tmp_path: Path) -> None:
    page = Browser(house_of(filled, tmp_path)).get(PATH)
    assert page.status_code == 200
    for words in ("T&lt;1&gt;", "91.3 μg/m³", "不再支持这条报警", "模拟数据", "撤回报警"):
        assert words in page.text, words


def test_only_who_may_act_decides_and_with_a_reason(filled: Engine, tmp_path: Path) -> None:
    house = house_of(filled, tmp_path)
    guest, duty = Browser(house, user="guest"), Browser(house)
    form = {"choice": "withdraw", "reason": "传感器故障"}
    assert "撤回报警" not in guest.get(PATH).text
    assert guest.post(f"{PATH}/decide", form).status_code == 403
    assert duty.post(f"{PATH}/decide", form, token="forged").status_code == 403
    assert duty.post(f"{PATH}/decide", {"choice": "withdraw", "reason": ""}).status_code == 422
    assert duty.post(f"{PATH}/decide", {"choice": "delete", "reason": "x"}).status_code == 422
    assert duty.post("/watch/nope/decide", form).status_code == 404
    done = duty.post(f"{PATH}/decide", form)
    assert (done.status_code, done.headers["location"]) == (303, "/desk/network")
    assert duty.post(f"{PATH}/decide", form).status_code == 409
    with reading(filled) as connection:
        event = (
            connection.execute(select(feedback_event).where(feedback_event.c.event == "dispute_upheld"))
            .mappings()
            .one()
        )
        trail = connection.execute(select(audit.c.actor, audit.c.action, audit.c.reason)).all()
        assert open_todos(connection) == []
    assert (event["alarm_id"], event["note"], event["inspector"]) == ("W-T<1>-1", "传感器故障", "duty")
    assert trail[-1] == ("duty", "withdraw", "传感器故障")


def test_an_alarm_that_is_kept_stays(filled: Engine) -> None:
    decide(filled, "W-T<1>-1", "keep", reason="现场核实属实", by="duty", now=NOW)
    with reading(filled) as connection:
        assert connection.execute(select(watch_todo.c.settled_reason)).scalar_one() == "现场核实属实"
        assert connection.execute(select(watch_alarm.c.alarm_id)).scalar_one() == "W-T<1>-1"
        events = connection.execute(select(feedback_event.c.event)).scalars().all()
    assert events == ["acknowledged"]
    with pytest.raises(StateError, match="nothing about this alarm waits"):
        decide(filled, "W-T<1>-1", "keep", reason="x", by="duty", now=NOW)
    with pytest.raises(InputError, match="a reason is needed"):
        decide(filled, "W-T<1>-1", "keep", reason=" ", by="duty", now=NOW)


def with_suspects(engine: Engine) -> None:
    evidence = {
        "name": "甲<厂>", "kind": "enterprise", "level": "high", "has_increments": True, "distance_km": 1.2, "east_km": 0.0,
        "north_km": 1.0, "windy": 1.0, "upwind": 1.0, "is_metered": False, "unusual_hour": 0.0, "former": 0.0, "same_place": 0,
        "cone": 0.5, "idle": 0.0,
    }  # fmt: skip
    hour = {
        "hour": START.isoformat(),
        "wind_from_deg": 0.0,
        "wind_speed_m_s": 2.0,
        "spread_deg": 30.0,
        "weight": 1.0,
        "masts": 2,
    }
    rows = [
        {
            "alarm_id": "W-T<1>-1",
            "rank": rank,
            "enterprise_id": name,
            "score": score,
            "rules_edition": "e",
            "evidence_json": json.dumps(told, ensure_ascii=False),
        }
        for rank, name, score, told in (
            (1, "Q1", 0.7, evidence | {"hours": [hour]}),
            (
                2,
                "unlisted",
                0.3,
                {
                    "name": "",
                    "kind": "unlisted",
                    "level": "medium",
                    "distance_km": 0.0,
                    "cone": 0.0,
                    "idle": 0.0,
                },
            ),
        )
    ]
    with writing(engine) as connection:
        connection.execute(alarm_suspect.insert(), rows)


def test_the_suspects_of_an_alarm_with_reasons_and_a_sketch(filled: Engine, tmp_path: Path) -> None:
    house = house_of(filled, tmp_path)
    assert "疑似来源" not in Browser(house).get(PATH).text
    with_suspects(filled)
    page = Browser(house).get(PATH).text
    for words in (
        "甲&lt;厂&gt;",
        "位于上风向1.2公里",
        "来源不明",
        "<svg",
        "高（0.7）",
        "期间主导风向",
        "剔除",
    ):
        assert words in page, words
    assert "甲<厂>" not in page
    english = Browser(house, language="en").get(PATH).text
    for words in ("Suspected sources (to be checked)", "Unlisted source", "high (0.7)", "Strike out"):
        assert words in english, words


def test_an_alarm_of_a_platform_has_the_same_page(filled: Engine, tmp_path: Path) -> None:
    with_suspects(filled)
    with writing(filled) as connection:
        row = dict(connection.execute(select(alarm)).mappings().first() or {})
        connection.execute(alarm.insert(), row | {"alarm_id": "P<1>", "source": "platform"})
        suspects = [dict(one) for one in connection.execute(select(alarm_suspect)).mappings()]
        connection.execute(alarm_suspect.insert(), [one | {"alarm_id": "P<1>"} for one in suspects])
    house = house_of(filled, tmp_path)
    page = Browser(house).get("/watch/P%3C1%3E").text
    for words in ("P&lt;1&gt;", "platform", "甲&lt;厂&gt;", "位于上风向1.2公里", "<svg", "剔除"):
        assert words in page, words
    assert "规则版本" not in page
    assert "/desk/watch/P%3C1%3E" in Browser(house).get("/alarms/P%3C1%3E").text
    form = {"candidate_id": "Q1", "verdict": "found", "reason": "布袋破损"}
    assert Browser(house).post("/watch/P%3C1%3E/suspects", form).status_code == 303
    assert "<strong>核查有问题</strong>　布袋破损" in Browser(house).get("/watch/P%3C1%3E").text
    assert Browser(house).get("/watch/P-none").status_code == 404


def test_who_may_act_says_what_the_field_found_and_it_counts(filled: Engine, tmp_path: Path) -> None:
    with_suspects(filled)
    house = house_of(filled, tmp_path)
    guest, duty = Browser(house, user="guest"), Browser(house)
    url, form = f"{PATH}/suspects", {"candidate_id": "Q1", "verdict": "found", "reason": "布袋破损"}
    assert 'value="struck"' not in guest.get(PATH).text
    assert guest.post(url, form).status_code == 403
    assert duty.post(url, form, token="forged").status_code == 403
    assert duty.post(url, form | {"reason": ""}).status_code == 422
    assert duty.post(url, form | {"verdict": "guilty"}).status_code == 422
    assert duty.post(url, form | {"candidate_id": "Q9"}).status_code == 409
    assert duty.post("/watch/nope/suspects", form).status_code == 404
    done = duty.post(url, form)
    assert (done.status_code, done.headers["location"]) == (303, "/desk/watch/W-T%3C1%3E-1#suspects")
    page = duty.get(PATH).text
    for words in ("<strong>核查有问题</strong>　布袋破损", "综合评分", "1/1", "撤销"):
        assert words in page, words
    duty.post(url, form | {"verdict": "open", "reason": "填错"})
    assert "布袋破损" not in duty.get(PATH).text
    with reading(filled) as connection:
        trail = connection.execute(
            select(audit.c.actor, audit.c.subject, audit.c.from_state, audit.c.to_state, audit.c.reason)
        ).all()
    assert [tuple(one) for one in trail if one.subject == "suspect"] == [
        ("duty", "suspect", None, "found", "布袋破损"),
        ("duty", "suspect", "found", "open", "填错"),
    ]
