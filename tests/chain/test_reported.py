"""Units of an office with a chain, judged by when their reports reached it: 待审核 is no unit's delay, as of any moment."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, select

from include.chain.reported import judged_by_receipt
from include.chain.values import Move
from include.house import House
from include.office.chain import take
from include.office.chain_assessment import assessment_figures
from include.office.chain_lists import running_tasks
from include.office.chain_standing import chain_standing
from include.periods import Period
from include.post.channels.settings import Channel, Channels
from include.profile.chain_values import ChainSettings, Duty
from include.profile.current import office, using
from include.rules import ChainRules
from include.store.channel_tables import channel_message
from include.store.engine import reading
from include.supervision.feedback import judge
from include.supervision.notice import UNDER_REVIEW
from include.workflows.channels import tell_escalations
from include.workflows.daily_dispatch import compute
from tests.desk.facts import NOW, SHIJIAZHUANG, YANGQUAN, add_alarm, house_of

HOUR = timedelta(hours=1)
T0 = pd.Timestamp("2020-03-10T00:00Z")


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Iterator[House]:
    """Alarm A1 was pushed at 6:00, due at 6:00 the next day, and is assigned at 8:30, to be reported in 20 hours."""
    add_alarm(engine, "A1", "03-12 06:00")
    rules = replace(ChainRules(), spot_check_percent=0, report=20 * HOUR, review=10 * HOUR)
    found = house_of(engine, tmp_path)
    with using(replace(office(), chain=ChainSettings(rules))):
        yield found


def moved(house: House, step: str, hours: float, received: float | None = None, **more: Any) -> None:
    """A step that is recorded so many hours after NOW, and reached the office then or at `received`."""
    now = NOW + hours * HOUR
    at = now if received is None else NOW + received * HOUR
    values = {"actor": "duty", "task_no": 0 if step == "assign" else 1, **more}
    take(house, "A1", Move(step, now, at, **values))


def reported(house: House, hours: float, **more: Any) -> None:
    moved(
        house,
        "report",
        hours,
        **{"unit_code": YANGQUAN, "problem_found": False, "note": "无", "person": "李某", **more},
    )


def day(house: House, hours: float) -> tuple[int, int, int, str, str]:
    """Of Yangquan, in the figures of the day as of so many hours after NOW: on time, late, overdue, flag and the row's status."""
    as_of = NOW + hours * HOUR
    period = Period.of_days(NOW.date(), NOW.date() + timedelta(days=1), "day", as_of)
    found = compute(house, period)
    city = next(one for one in found.cities if one.unit_code == YANGQUAN)
    rows = [row.status for one in found.notices if one.unit_code == YANGQUAN for row in one.rows]
    counts = city.rolling
    return counts.on_time, counts.late, counts.overdue, city.flag.level, ",".join(rows)


def test_a_unit_that_reported_in_time_is_under_review_however_long_the_review_takes(house: House) -> None:
    moved(house, "assign", 0, unit_code=YANGQUAN)
    assert day(house, 22) == (0, 0, 1, "remind", "超期未反馈")
    reported(house, 18.5, received=10)
    assert day(house, 11)[2:] == (0, "", UNDER_REVIEW)
    assert day(house, 40) == (1, 0, 0, "", UNDER_REVIEW)  # 待审核, 20 hours beyond what the review may take
    moved(house, "pass", 41, actor="王某")
    assert day(house, 42) == (1, 0, 0, "", "已反馈")
    assert day(house, 40) == (1, 0, 0, "", UNDER_REVIEW)  # as it was then


def test_closing_makes_no_timely_report_late(house: House) -> None:
    moved(house, "assign", 0, unit_code=YANGQUAN)
    reported(house, 18.5, received=10)
    for step, hours in (("pass", 41), ("write_off", 42)):
        moved(house, step, hours, actor="王某")
    moved(house, "close", 43, task_no=0, actor="王某", note="办结")
    assert day(house, 44)[:4] == (1, 0, 0, "")


def test_a_report_that_came_late_is_late_and_not_overdue_while_it_is_reviewed(house: House) -> None:
    moved(house, "assign", 0, unit_code=YANGQUAN)
    reported(house, 30)
    assert day(house, 29)[:3] == (0, 0, 1)
    assert day(house, 31) == (0, 1, 0, "", UNDER_REVIEW)
    moved(house, "return", 32, actor="王某", note="补照片")
    assert day(house, 33)[:3] == (0, 1, 0)  # in the grace of the return
    assert day(house, 57)[:3] == (0, 0, 1)


def test_a_joint_holder_that_owes_its_report_keeps_the_alarm_open(house: House) -> None:
    moved(house, "assign", 0, unit_code=YANGQUAN)
    moved(house, "assign", 0, unit_code=SHIJIAZHUANG)
    reported(house, 5)
    assert day(house, 23)[:3] == (0, 0, 1)
    moved(
        house, "report", 24, task_no=2, unit_code=SHIJIAZHUANG, problem_found=False, note="无", person="赵某"
    )
    assert day(house, 25)[:3] == (0, 1, 0)


def test_the_list_tells_whose_delay_it_is(house: House) -> None:
    moved(house, "assign", 0, unit_code=YANGQUAN)
    columns = ["step", "overdue_hours", "office_late_hours"]
    assert running_tasks(house, NOW + 4 * HOUR)[columns].values.tolist() == [["acknowledge", 2.0, 0.0]]
    reported(house, 5)
    assert running_tasks(house, NOW + 17 * HOUR)[columns].values.tolist() == [["review", 0.0, 2.0]]
    standing = chain_standing(house, NOW + 17 * HOUR)
    assert standing is not None
    assert (standing.holders, standing.own) == ((), (("review", 1, 1),))
    earlier = chain_standing(house, NOW + 4 * HOUR)
    assert earlier is not None
    assert [(one.name, one.slots) for one in earlier.holders] == [("阳泉市", (("acknowledge", 1),))]


def test_the_assessment_counts_what_waits_for_the_office_apart(house: House) -> None:
    moved(house, "assign", 0, unit_code=YANGQUAN)
    reported(house, 15, received=14)
    for hours in (22, 60):
        (row,) = assessment_figures(house, NOW.date(), NOW + hours * HOUR).rows
        assert (row.report_due, row.report_on_time, row.pending, row.under_review) == (1, 1, 0, 1)
    (before,) = assessment_figures(house, NOW.date(), NOW + 13 * HOUR).rows
    assert (before.report_due, before.pending, before.under_review) == (0, 1, 0)


def test_a_group_is_told_of_an_hour_of_escalations_once(house: House) -> None:
    groups = (
        Channel("leaders", "wecom", "key-1", "http://127.0.0.1:1"),
        Channel("duty", "wecom", "key-2", "http://127.0.0.1:1", topics=frozenset({"urgent"})),
    )
    told = replace(house, channels=Channels(groups))
    chain = ChainSettings(ChainRules(), {"acknowledge": Duty("王某", leader="周局")})
    with using(replace(office(), chain=chain)):
        moved(
            house, "assign", 0, unit_code=YANGQUAN
        )  # to be acknowledged by 10:30, 提级 at 10:30 the next day
        assert tell_escalations(told, NOW + 26 * HOUR) == 0
        assert tell_escalations(told, NOW + 26.5 * HOUR) == 1
        assert tell_escalations(told, NOW + 27 * HOUR) == 0
        assert tell_escalations(told, NOW + 40 * HOUR) == 0  # no news any more
    rows = select(channel_message.c.channel, channel_message.c.topic, channel_message.c.content_json)
    with reading(house.engine) as connection:
        ((name, topic, content),) = connection.execute(rows).all()
    assert (name, topic) == ("leaders", "escalated")
    assert "3月13日10时至3月13日11时提级1件" in content
    assert "签收超期，应于3月12日10时30分前完成（周局）" in content


def states(**more: Any) -> pd.DataFrame:
    empty = pd.Series([pd.NaT], dtype="datetime64[us, UTC]")
    names = (
        "first_answer_at",
        "standing_at",
        "returned_at",
        "first_disputed_at",
        "disputed_at",
        "upheld_at",
        "rejected_at",
        "closed_at",
        "reopened_at",
    )
    values = dict.fromkeys(names, empty) | {"alarm_id": ["A"], "standing_event": [None]}
    return pd.DataFrame(
        {
            **values,
            "deadline_at": [T0 + pd.Timedelta(hours=24)],
            **{name: [value] for name, value in more.items()},
        }
    )


def task(state: str, reported_hours: float | None, alarm_id: str = "A") -> dict[str, Any]:
    at = pd.NaT if reported_hours is None else T0 + pd.Timedelta(hours=reported_hours)
    later = T0 + pd.Timedelta(hours=30)
    written_off_at = pd.NaT if reported_hours is None else later  # of one that is closed
    return {
        "alarm_id": alarm_id,
        "state": state,
        "reported_at": at,
        "state_at": later,
        "written_off_at": written_off_at,
    }


def tasks(*rows: dict[str, Any]) -> pd.DataFrame:
    columns = ["alarm_id", "state", "reported_at", "state_at", "written_off_at"]
    made = pd.DataFrame(list(rows), columns=columns)
    return made.assign(**{name: pd.to_datetime(made[name], utc=True) for name in columns[2:]})


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ((), (None, None, None)),
        ((task("assigned", None),), (None, None, None)),
        ((task("reported", 3),), (3, "reported", None)),
        ((task("reported", 3), task("acknowledged", None)), (None, None, None)),
        ((task("reported", 3), task("passed", 5)), (5, "reported", None)),
        ((task("reported", 3), task("withdrawn", None)), (3, "reported", None)),
        ((task("closed", 3),), (3, None, None)),
        ((task("closed", 3), task("closed", None)), (3, None, None)),  # the other one was withdrawn
        ((task("closed", None),), (None, None, None)),
        ((task("returned", 3),), (3, None, 30)),
        ((task("returned", 3), task("reported", 5)), (5, None, 30)),
        ((task("reported", 3, alarm_id="B"),), (None, None, None)),
    ],
)
def test_an_alarm_is_reported_once_every_holder_has(
    held: tuple[dict[str, Any], ...], expected: tuple[float | None, str | None, float | None]
) -> None:
    row = judged_by_receipt(states(), tasks(*held)).iloc[0]

    def hours(value: Any) -> float | None:
        return None if pd.isna(value) else (value - T0) / pd.Timedelta(hours=1)

    event = None if pd.isna(row["standing_event"]) else row["standing_event"]
    assert (hours(row["first_answer_at"]), event, hours(row["returned_at"])) == expected


def test_what_was_answered_upward_stands_and_an_earlier_report_makes_it_timely() -> None:
    answered = states(first_answer_at=T0 + pd.Timedelta(hours=40), standing_event="submitted", standing_at=T0)
    found = judged_by_receipt(answered, tasks(task("accepted", 20)))
    judged = judge(found, (T0 + pd.Timedelta(hours=50)).to_pydatetime()).iloc[0]
    assert (judged["is_on_time"], judged["is_late"], judged["is_under_review"]) == (True, False, False)
    late = judge(answered, (T0 + pd.Timedelta(hours=50)).to_pydatetime()).iloc[0]
    assert (late["is_on_time"], late["is_late"]) == (False, True)
