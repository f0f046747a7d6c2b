"""抽查 from the store to the page: drawn after the week, recorded by a person, counted in the bulletin."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from include.errors import InputError, StateError
from include.office.spot_checks import checks_of_window, record_result, week_draw
from include.periods import office_zone
from include.store import tables
from include.store.engine import reading
from include.store.spot_checks import draw_key
from include.supervision.bulletin_figures import SpotChecks
from tests.desk.facts import NOW, SHIJIAZHUANG, YANGQUAN, Browser, add_alarm, add_event, house_of, moment

WEEK = date(2020, 3, 1)


@pytest.fixture
def store(engine: Engine) -> Engine:
    """Twelve answers of 阳泉 and one of 石家庄 in the week of 1 March, one of the next week."""
    for number in range(12):
        add_alarm(engine, f"Y{number:02d}", "03-02 06:00")
        add_event(engine, f"Y{number:02d}", "submitted", "03-02 12:00")
    add_alarm(engine, "S1", "03-06 06:00", SHIJIAZHUANG)
    add_event(engine, "S1", "submitted", "03-07 23:59", "未见异常")
    add_alarm(engine, "LATER", "03-07 06:00")
    add_event(engine, "LATER", "submitted", "03-08 00:00")
    add_alarm(engine, "NEVER", "03-02 06:00")
    return engine


def test_a_draw_is_the_same_for_whoever_looks(store: Engine) -> None:
    found = week_draw(store, WEEK, NOW)
    assert (found.answers, len(found.rows)) == (13, 10)
    assert "S1" in set(found.rows["alarm_id"])  # one a unit at least
    assert not {"LATER", "NEVER"} & set(found.rows["alarm_id"])
    again = week_draw(store, WEEK, NOW + timedelta(days=30))
    assert again.rows["alarm_id"].tolist() == found.rows["alarm_id"].tolist()
    assert draw_key(store, NOW) == draw_key(store, NOW + timedelta(days=1))
    assert len(draw_key(store, NOW)) == 32


@pytest.mark.parametrize(
    ("week", "now", "error", "message"),
    [
        (date(2020, 3, 8), NOW, StateError, "the week is not over"),
        (WEEK, datetime(2020, 3, 7, 23, 59, 59, tzinfo=office_zone()), StateError, "the week is not over"),
        (date(2020, 3, 2), NOW, InputError, "no week begins on that day.*2020-03-01"),
    ],
)
def test_nobody_sees_a_draw_before_its_week_is_over(
    store: Engine, week: date, now: datetime, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        week_draw(store, week, now)


def test_a_result_is_recorded_audited_and_may_be_said_again(store: Engine) -> None:
    record_result(store, WEEK, "S1", "confirmed", now=NOW, actor="王科长", reason="现场属实")
    record_result(
        store, WEEK, "S1", "not_confirmed", now=NOW + timedelta(hours=1), actor="李科长", reason="照片是旧的"
    )
    row = week_draw(store, WEEK, NOW + timedelta(days=1)).rows.set_index("alarm_id").loc["S1"]
    assert row[["result", "reason", "checked_by"]].tolist() == ["not_confirmed", "照片是旧的", "李科长"]
    audit = tables.audit.c
    with reading(store) as connection:
        rows = connection.execute(
            select(audit.actor, audit.subject_id, audit.from_state, audit.to_state, audit.reason).order_by(
                audit.at
            )
        ).all()
    assert [tuple(one) for one in rows] == [
        ("王科长", "2020-03-01 S1", None, "confirmed", "现场属实"),
        ("李科长", "2020-03-01 S1", "confirmed", "not_confirmed", "照片是旧的"),
    ]
    with pytest.raises(StateError, match="not drawn in that week"):
        record_result(store, WEEK, "NEVER", "confirmed", now=NOW, actor="x", reason="y")
    with pytest.raises(InputError, match="not a result"):
        record_result(store, WEEK, "S1", "perhaps", now=NOW, actor="x", reason="y")


def test_a_bulletin_counts_the_weeks_that_ended_in_its_window(store: Engine) -> None:
    window = (moment("03-01 00:00"), moment("03-16 00:00"))
    none = checks_of_window(store, *window, NOW)
    assert none == {
        SHIJIAZHUANG: SpotChecks(1, 0, 0),
        YANGQUAN: SpotChecks(10, 0, 0),
        "": SpotChecks(11, 0, 0),
    }
    record_result(store, WEEK, "S1", "not_confirmed", now=NOW, actor="王科长", reason="照片是旧的")
    found = checks_of_window(store, *window, NOW)
    assert (found[SHIJIAZHUANG], found[""]) == (SpotChecks(1, 1, 1), SpotChecks(11, 1, 1))
    # as of a moment before it was recorded, nothing was; and the week that ends later is the next bulletin's
    assert checks_of_window(store, *window, NOW - timedelta(seconds=1)) == none
    assert checks_of_window(store, moment("03-16 00:00"), moment("03-21 00:00"), NOW) == {}


def test_the_page_shows_the_draw_and_takes_a_result_with_a_token(store: Engine, tmp_path) -> None:
    browser = Browser(house_of(store, tmp_path))
    shown = browser.get("/spot-checks")
    assert shown.status_code == 200
    assert "本周反馈13条，抽取10条，已核查0条。" in shown.text
    form = {"week": "2020-03-01", "alarm_id": "S1", "result": "not_confirmed", "reason": "照片是<旧>的"}
    assert browser.post("/spot-checks", form, token="wrong").status_code == 403
    assert Browser(house_of(store, tmp_path), "guest").post("/spot-checks", form).status_code == 403
    assert browser.post("/spot-checks", {**form, "alarm_id": "NEVER"}).status_code == 409
    done = browser.post("/spot-checks", form)
    assert (done.status_code, done.headers["location"]) == (303, "/desk/spot-checks?week=2020-03-01")
    text = browser.get("/spot-checks?week=2020-03-01").text
    assert "照片是&lt;旧&gt;的" in text
    assert "已核查1条" in text
    early = browser.get("/spot-checks?week=2020-03-08")
    assert (early.status_code, "这一周尚未结束" in early.text) == (409, True)
    assert (
        "Not confirmed"
        in Browser(house_of(store, tmp_path), language="en").get("/spot-checks?week=2020-03-01").text
    )
