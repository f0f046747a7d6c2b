"""The letters of the gallery: every kind with ordinary and extreme figures, in the offices that are shipped. Figures are written out by
hand, so the same letters come out every time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from matplotlib.figure import Figure

from include.letters.alarm import compose_alarm
from include.letters.bulletin import compose_bulletin
from include.letters.composition import Letter, compose_notice, compose_reminder
from include.letters.digest import Matter, compose_digest
from include.letters.overview import compose_overview
from include.letters.phone_code import compose_code
from include.letters.pictures.air_charts import daily_levels
from include.letters.pictures.alarm_picture import alarm_picture
from include.letters.pictures.charts import alarms_by_day, problems_by_category, rate_bars
from include.letters.pictures.grid_map import change_map, level_map, mail_level_map
from include.letters.pictures.level_map import city_level_map, mail_city_level_map
from include.letters.pictures.region_map import mail_rate_map, rate_map
from include.letters.pictures.trend_charts import trend_pages
from include.letters.summary import compose_summary
from include.periods import Period, period_ending
from include.supervision.alarm_push import AlarmFigures, PushedAlarm, TrendHour
from include.supervision.bulletin_figures import BulletinFigures, OverviewFigures
from include.supervision.figures import Corrected, Flag, FlagReason, Issue, NoticeFigures, Suspected
from include.supervision.weekly_figures import DayCount, SummaryFigures
from tests.gallery import english
from tests.gallery.cities import hot_city, many_units, whole_region
from tests.letters import bulletins, samples, summaries
from tests.supervision.summaries import summary

LONG_POINT = "经济技术开发区石化园区北厂界外道路与建设大街延伸段交叉口东北侧约三百米处裸土堆场及临时砂石料场"
LONG_REPLY = replace(
    samples.ISSUE, reply_to="hotspot-grid-supervision.feedback@environment.supervision.example.org"
)


@dataclass(frozen=True)
class Case:
    """One letter. `compose` runs in the office `profile`; `pictures` are the figures that its files show."""

    name: str
    title: str
    compose: Callable[[], Letter]
    pictures: tuple[Callable[[], Figure], ...] = ()
    profile: str = "ministry"


def cases() -> Iterator[Case]:
    """Every case of the gallery, by kind."""
    yield from _notices()
    yield from _reminders()
    yield from _summaries()
    yield from _bulletins()
    yield from _overviews()
    yield from _mails()
    yield from _other_offices()


def _notices() -> Iterator[Case]:
    sample = samples.notice
    old = Flag("urge", (FlagReason("overdue", 12), FlagReason("long_overdue", 9, 70.5)), chronic=7)
    told: tuple[tuple[str, str, NoticeFigures, Issue], ...] = (
        ("notice", "提示函", sample(), samples.ISSUE),
        (
            "notice-many",
            "提示函：四十条，三十条超期",
            sample(40, 30, 35, 20, flag=old, long_unanswered=7),
            samples.ISSUE,
        ),
        ("notice-one", "提示函：一条，模拟数据", sample(1, 0, 1, 0, is_simulated=True), samples.ISSUE),
        ("notice-answered", "提示函：均已反馈", sample(2, 0, 0, 1), samples.ISSUE),
        ("notice-old", "提示函：没有新报警，旧报警未反馈", _without_new(), samples.PREVIEW),
        (
            "notice-long-names",
            "提示函：长名称、长邮箱",
            replace(sample(problems=1), **_long_names()),
            LONG_REPLY,
        ),
        (
            "notice-corrected",
            "提示函：更正，预览稿",
            sample(),
            replace(
                samples.PREVIEW,
                corrects=Corrected(
                    "网格函〔2020〕7号", "2020年3月13日", ("本期推送3条改为4条", "新增1条超期报警")
                ),
            ),
        ),
    )
    for name, title, figures, issue in told:
        yield Case(name, title, partial(compose_notice, figures, issue))
    yield Case(
        "notice-red-head", "提示函：红头", partial(compose_notice, sample(), samples.ISSUE, red_head=True)
    )


def _without_new() -> NoticeFigures:
    nothing = replace(samples.notice().window, pushed=0, answered=0, problems=0, alarms_with_problem=0)
    return samples.notice(1, 1, 1, 0, window=nothing)


def _long_names() -> dict[str, Any]:
    return {
        "unit_name": "阿坝藏族羌族自治州",
        "bureau": "阿坝藏族羌族自治州生态环境保护综合行政执法支队",
        "rows": tuple(
            samples.notice_row(n, point_name=LONG_POINT, county="双流区西航港街道", grid_id="S15608812345")
            for n in (1, 2)
        ),
        "form": tuple(samples.form_row(n, point_name=LONG_POINT, grid_id="S15608812345") for n in (1, 2)),
        "overdue": (samples.overdue_row(1, point_name=LONG_POINT, grid_id="S15608812345"),),
    }


def _reminders() -> Iterator[Case]:
    yield Case("reminder", "督办函", partial(compose_reminder, samples.reminder(), samples.ISSUE))
    yield Case("reminder-one", "督办函：一条", partial(compose_reminder, samples.reminder(1), LONG_REPLY))
    many = samples.reminder(40, round=2, chronic=31)
    yield Case("reminder-many", "再次督办函：四十条", partial(compose_reminder, many, samples.ISSUE))


def _summaries() -> Iterator[Case]:
    region = whole_region()
    told: tuple[tuple[str, str, SummaryFigures], ...] = (
        ("summary", "汇总：小区域", summaries.plain()),
        ("summary-nothing", "汇总：没有报警", summaries.nothing()),
        ("summary-one-city", "汇总：一个城市", summaries.one_city()),
        ("summary-first", "汇总：没有上期", summaries.first()),
        ("summary-answered", "汇总：全部反馈", summaries.all_answered()),
        ("summary-39", "汇总：39个城市", region),
        ("summary-39-late", "汇总：39个城市全部超期", whole_region(is_late=True)),
        ("summary-60", "汇总：60个单位并列", many_units(60)),
        ("summary-before", "汇总：没有走势的旧数据", _without_trend(region)),
        ("summary-province", "汇总：一省", summary(province_code="140000")),
    )
    for name, title, figures in told:
        drawn = [
            partial(draw, figures)
            for draw in (rate_map, mail_rate_map, alarms_by_day, rate_bars, problems_by_category)
        ]
        drawn += [partial(_page, figures, number) for number in range(len(trend_pages(figures)))]
        yield Case(name, title, partial(compose_summary, figures, summaries.ISSUE), tuple(drawn))
    weeks = [region.window.end - timedelta(days=number) for number in range(28, 0, -1)]
    busy = replace(
        region, days=tuple(DayCount(day, 37 + 5 * place, 30 + 5 * place) for place, day in enumerate(weeks))
    )
    yield Case(
        "summary-busy",
        "汇总：四周、每日上百条",
        partial(compose_summary, busy, summaries.ISSUE),
        (partial(alarms_by_day, busy),),
    )


def _page(figures: SummaryFigures, number: int) -> Figure:
    return trend_pages(figures)[number]


def _without_trend(figures: SummaryFigures) -> SummaryFigures:
    return replace(figures, cities=tuple(replace(one, trend=()) for one in figures.cities))


def _bulletins() -> Iterator[Case]:
    told: tuple[tuple[str, str, BulletinFigures], ...] = (
        ("bulletin", "通报函：六个网格", bulletins.bulletin()),
        ("bulletin-first-half", "通报函：上半月", bulletins.first_half()),
        ("bulletin-no-data", "通报函：数据不足", bulletins.without_air()),
        ("bulletin-one-cluster", "通报函：网格集中一处", hot_city("130100", clusters=1)),
        ("bulletin-clusters", "通报函：网格分三处", hot_city("130600", clusters=3)),
        ("bulletin-municipality", "通报函：直辖市", hot_city("110000", clusters=2)),
        ("bulletin-coast", "通报函：沿海城市", hot_city("130200", clusters=2)),
        ("bulletin-falling", "通报函：处处下降", hot_city("140300", clusters=1, is_falling=True)),
        ("bulletin-whole-lattice", "通报函：全市网格", bulletins.whole_city("410500", every=3)),
    )
    for name, title, figures in told:
        maps = (level_map, mail_level_map, change_map) if figures.grids else ()
        drawn = [partial(draw, figures) for draw in (daily_levels, *maps)]
        yield Case(name, title, partial(compose_bulletin, figures, bulletins.ISSUE), tuple(drawn))


def _overviews() -> Iterator[Case]:
    told: tuple[tuple[str, str, OverviewFigures], ...] = (
        ("overview", "半月总览：39个城市", bulletins.overview()),
        ("overview-one", "半月总览：一个城市", bulletins.overview(1)),
        ("overview-two", "半月总览：两个城市", bulletins.overview(2)),
    )
    for name, title, figures in told:
        yield Case(
            name,
            title,
            partial(compose_overview, figures, bulletins.OVERVIEW_ISSUE),
            tuple(partial(draw, figures) for draw in (city_level_map, mail_city_level_map)),
        )


def push(count: int = 2, **changes: Any) -> AlarmFigures:
    """A push of so many alarms in 赵县, ten kilometres apart."""
    hour = samples.at(12, 9)
    trend = tuple(TrendHour(hour - timedelta(hours=24 - n), 40.0 + 4 * n, 45.0 + n) for n in range(24))
    suspects = (
        Suspected("第1热电厂", "high", "位于上风向1.2公里，近3小时用电量升高", "E1", "enterprise", 0.6),
    )
    alarms = tuple(
        PushedAlarm(
            f"W{n}", f"T{85710 + n}", "赵县", samples.POINTS[n % 4], 114.75 + 0.08 * n, 37.75, None,
            hour - timedelta(hours=3), hour, 3, 186.0 + n, 80.0, 106.0 + n, 4, 3, 0.95,
            hour + timedelta(hours=24), "new", None, trend, suspects,
        )
        for n in range(1, count + 1)
    )  # fmt: skip
    figures = AlarmFigures(
        "alarm_130100", "130100", "石家庄市", "石家庄市生态环境局", samples.PERIOD, alarms,
        tuple(samples.form_row(n) for n in range(1, count + 1)), hour + timedelta(hours=24), 30, 40, False,
        "2026-11", False,
    )  # fmt: skip
    return replace(figures, **changes)


def _mails() -> Iterator[Case]:
    for name, title, count in (("alarm", "报警推送", 2), ("alarm-many", "报警推送：八个点位", 8)):
        figures = push(count)
        yield Case(
            name,
            title,
            partial(compose_alarm, figures, samples.PREVIEW),
            (partial(alarm_picture, figures, str),),
        )
    matters = [Matter("石家庄市的地址被退回", "无此用户", "核实后更正", samples.at(12, 9))] * 3
    yield Case("digest", "待办清单", partial(compose_digest, date(2020, 3, 13), matters, is_simulated=True))
    yield Case(
        "code",
        "手机验证码",
        partial(compose_code, "石家庄市", "王建国", "482913", samples.at(13, 9), "某局", is_simulated=True),
    )


def _other_offices() -> Iterator[Case]:
    yield Case(
        "shaanxi-notice",
        "陕西：发给市政府的提示函",
        partial(
            compose_notice,
            samples.notice(
                unit_code="610100", unit_name="西安市", bureau="西安市人民政府", address_form="你市"
            ),
            samples.ISSUE,
        ),
        profile="shaanxi",
    )
    yield Case(
        "shaanxi-reminder",
        "陕西：督办函",
        partial(
            compose_reminder, samples.reminder(unit_name="西安市", bureau="西安市人民政府"), samples.ISSUE
        ),
        profile="shaanxi",
    )
    jinan = replace(
        samples.notice(), unit_code="370102", unit_name="历下区", bureau="济南市生态环境局历下分局"
    )
    yield Case("jinan-notice", "济南：提示函", partial(compose_notice, jinan, samples.ISSUE), profile="jinan")
    for many in (1, 12):
        yield Case(
            f"harbour-notice-{many}",
            "Harbour: notice",
            partial(_english_notice, many, english.ISSUE),
            profile="harbour",
        )
    yield from _english_letters()


def _english_letters() -> Iterator[Case]:
    """Every kind in English; figures are computed inside the office, so their labels are English too."""
    made: tuple[tuple[str, Callable[..., Letter], Callable[[], Any]], ...] = (
        (
            "reminder",
            compose_reminder,
            lambda: samples.reminder(2, period=_day(), rolling_label="6 to 12 March"),
        ),
        (
            "reminder-one",
            compose_reminder,
            lambda: samples.reminder(1, period=_day(), rolling_label="6 to 12 March"),
        ),
        ("summary", compose_summary, lambda: summary(period=_midweek())),
        ("summary-nothing", compose_summary, lambda: summary(*summaries.EMPTY, period=_midweek())),
        ("bulletin", compose_bulletin, lambda: bulletins.bulletin(period=_half())),
        ("bulletin-no-data", compose_bulletin, lambda: replace(bulletins.without_air(), period=_half())),
        ("overview", compose_overview, lambda: bulletins.overview(3, period=_half())),
        ("alarm", compose_alarm, lambda: push(1, period=_day())),
    )
    for name, compose, figures in made:
        issue = english.issue(number=None, issued_on=None)
        yield Case(
            f"harbour-{name}",
            f"Harbour: {name}",
            partial(_in_english, compose, figures, issue),
            profile="harbour",
        )


def _in_english(compose: Callable[..., Letter], figures: Callable[[], Any], issue: Issue) -> Letter:
    return compose(english.in_english(figures()), issue)


def _day() -> Period:
    return period_ending("day", date(2020, 3, 13))


def _midweek() -> Period:
    return period_ending("midweek", date(2020, 3, 11))


def _half() -> Period:
    return period_ending("half_month", date(2020, 4, 1))


def _english_notice(count: int, issue: Issue) -> Letter:
    """Composed inside the office: its period's words are English."""
    place = [{"county": "Old Docks", "point_name": f"Old Docks, grid {n}"} for n in range(count)]
    burnt = {"category": "Open burning", "description": "Waste was burnt in the open behind the quay."}
    figures = replace(
        samples.notice(),
        unit_code="HB-N",
        unit_name="Northport",
        bureau="Northport Environment Office",
        period=period_ending("day", date(2020, 3, 13)),
        rolling_label="6 to 12 March",
        month_label="1 to 12 March",
        completeness="All data of the window have come",
        rows=tuple(samples.notice_row(n, **one) for n, one in enumerate(place, 1)),
        overdue=tuple(samples.overdue_row(n, **one) for n, one in enumerate(place, 1)),
        form=tuple(samples.form_row(n, **one) for n, one in enumerate(place, 1)),
        problems=tuple(samples.problem_row(n, **one, **burnt) for n, one in enumerate(place, 1)),
    )
    return compose_notice(figures, issue)
