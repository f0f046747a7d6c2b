"""What a leaders' group is told, whole, on tiny figures."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

from PIL import Image

from include.chain.figures import ChainCase
from include.chain.overdue import ChainStanding, HolderOverdue
from include.letters.group_words import GroupWords, escalations, morning, overdue, urgent
from include.letters.pictures.morning_table import morning_picture
from include.periods import Period, moment_label
from include.supervision.alarm_push import AlarmFigures, HourlyPushes, PushedAlarm
from include.supervision.figures import CityDay, DailyFigures, FeedbackCounts, Flag

AS_OF = datetime(2020, 3, 13, 0, 30, tzinfo=UTC)
DAY = Period.of_days(date(2020, 3, 12), date(2020, 3, 13), "day", AS_OF)


def city(
    name: str, window: tuple[int, int], on_time: int, late: int, overdue: int, chronic: int = 0
) -> CityDay:
    rolling = FeedbackCounts(due=on_time + late + overdue, on_time=on_time, late=late, overdue=overdue)
    flag = Flag(chronic=chronic, recent_overdue=overdue)
    return CityDay(
        name, name, FeedbackCounts(pushed=window[0], answered=window[1]), rolling, rolling, overdue, flag
    )


def figures(*cities: CityDay, simulated: bool = False) -> DailyFigures:
    return DailyFigures(DAY, cities, (), (), (), (), "", simulated)


FIVE = (
    city("甲市", (2, 1), 3, 0, 0),
    city("乙市", (1, 0), 1, 1, 2, chronic=1),
    city("丙市", (0, 0), 2, 1, 0),
    city("丁市", (3, 3), 0, 0, 1),
    city("戊市", (0, 0), 0, 0, 0),
)


def test_the_morning_table_has_the_last_three_by_name_and_no_unit_without_a_due_alarm() -> None:
    assert morning(figures(*FIVE)) == GroupWords(
        f"3月12日反馈情况（截至{moment_label(AS_OF)}）",
        (
            "3月12日推送报警6条，已反馈4条",
            "近7日推送、已到时限11条，已反馈8条",
            "后3位：乙市、丁市、丙市",
            "乙市 2/4",
            "丁市 0/1",
            "其余2个单位已到时限的全部反馈",
        ),
    )


def test_units_that_did_all_in_time_are_never_the_last() -> None:
    assert morning(figures(FIVE[0], FIVE[4])).lines == (
        "3月12日推送报警2条，已反馈1条",
        "近7日推送、已到时限3条，已反馈3条",
        "近7日推送、已到时限的均已按期反馈",
    )
    assert morning(figures(FIVE[4])).lines == (
        "3月12日推送报警0条，已反馈0条",
        "近7日推送的报警没有已到时限的",
    )


def test_a_tie_names_all_of_it_or_none_of_it() -> None:
    same = [city(f"{n}市", (0, 0), 0, 0, 1) for n in range(8)]
    worse = city("甲市", (0, 0), 0, 0, 2)
    assert "后1位：甲市" in morning(figures(*same, worse)).lines
    assert morning(figures(*same[:3], worse)).lines[2] == "后4位：甲市、0市、1市、2市"


def test_simulated_figures_say_so() -> None:
    assert morning(figures(*FIVE, simulated=True)).title.startswith("【模拟数据】")
    told = overdue(figures(*FIVE, simulated=True))
    assert told is not None
    assert told.title.startswith("【模拟数据】")


def test_overdue_by_name_of_unit_the_most_first() -> None:
    told = overdue(figures(*FIVE))
    assert told is not None
    assert told.lines == ("乙市：超期3条，其中长期未反馈1条", "丁市：超期1条")
    assert told.title.startswith("超期未反馈4条，涉及2个单位")
    assert overdue(figures(FIVE[0])) is None


def test_the_picture_is_one_of_the_table_and_the_same_twice() -> None:
    first = morning_picture(figures(*FIVE))
    assert first == morning_picture(figures(*FIVE))
    assert Image.open(BytesIO(first)).size[0] > 700
    assert len(first) < 2 * 1024 * 1024
    many = [city(f"第{n}市", (0, 0), 1, 0, 1) for n in range(90)]
    assert len(morning_picture(figures(*many))) < 2 * 1024 * 1024


def alarm(alarm_id: str, peak: float) -> PushedAlarm:
    return PushedAlarm(
        alarm_id, "T1", "甲县", "一号", None, None, None, AS_OF, AS_OF, 2, peak, None, None, None, None, None,
        AS_OF, "new", None, (),
    )  # fmt: skip


def pushes(*alarms: PushedAlarm, by_person: bool = False) -> HourlyPushes:
    one = AlarmFigures(
        "k", "1", "甲市", "甲局", DAY, alarms, (), AS_OF, None, None, by_person, "2026-11", False
    )
    return HourlyPushes(DAY, (one,))


def test_only_heavy_pollution_is_urgent_and_the_highest_stands_first() -> None:
    told = urgent(pushes(alarm("A", 149.9), alarm("B", 150.0), alarm("C", 212.4)))
    assert told is not None
    assert told.is_urgent
    assert [line.split("：")[1].split("，")[0] for line in told.lines] == [
        "PM2.5最高212微克/立方米",
        "PM2.5最高150微克/立方米",
    ]
    assert urgent(pushes(alarm("A", 149.9))) is None
    assert urgent(pushes(alarm("A", 300.0), by_person=True)) is None


CHAIN = ChainStanding(
    (
        HolderOverdue("甲区", 3, (("acknowledge", 1), ("report", 2)), 1),
        HolderOverdue("住建局", 1, (("rectify", 1),), 0),
    ),
    (("review", 2, 1), ("write_off", 1, 0)),
    is_simulated=False,
)


def test_holders_are_overdue_by_their_own_steps_and_what_waits_for_the_office_is_its_own() -> None:
    lines = (
        "甲区：交办件超期3件（签收1件、巡查上报2件），其中提级1件",
        "住建局：交办件超期1件（整改1件）",
        "本机关：待审核2件（逾时1件）、待销号1件",
    )
    alone = overdue(figures(FIVE[0]), CHAIN)
    assert alone == GroupWords(f"交办件超期4件，涉及2个单位（截至{moment_label(AS_OF)}）", lines)
    both = overdue(figures(*FIVE), CHAIN)
    assert both is not None
    assert both.lines == ("乙市：超期3条，其中长期未反馈1条", "丁市：超期1条", *lines)
    # What only waits for the office is no unit's delay, and no message.
    assert overdue(figures(FIVE[0]), ChainStanding((), CHAIN.own, is_simulated=False)) is None


def test_an_hour_of_escalations_names_whose_step_it_is() -> None:
    def case(number: int, slot: str, duty: str = "") -> ChainCase:
        due = AS_OF - timedelta(hours=30 - number)
        return ChainCase(
            f"A{number}-1",
            "A",
            "T1",
            "郊区",
            "荫营",
            AS_OF,
            AS_OF,
            1,
            None,
            "lead",
            "甲区",
            (),
            waits_for=slot,
            due_at=due,
            duty=duty,
        )

    assert escalations([], AS_OF, is_simulated=False) is None
    found = escalations([case(2, "review", "周局"), case(1, "acknowledge")], AS_OF, is_simulated=True)
    assert found == GroupWords(
        "【模拟数据】3月13日8时30分至3月13日9时30分提级2件",
        (
            "甲区 郊区 荫营：签收超期，应于3月12日3时30分前完成",
            "甲区 郊区 荫营：待本机关审核，应于3月12日4时30分前完成（周局）",
        ),
    )
