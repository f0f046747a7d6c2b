"""The letters of the gallery: every kind with ordinary and extreme figures, in the offices that are shipped. Figures are written out by
hand, so the same letters come out every time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from matplotlib.figure import Figure

from include.language import say
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
from include.supervision.figures import (
    AlarmSuspects,
    Corrected,
    Issue,
    NoticeFigures,
    ReminderFigures,
    Suspected,
)
from include.supervision.weekly_figures import SummaryFigures
from tests.gallery import chain_letters, computed, computed_air, english
from tests.letters import bulletins, samples, summaries
from tests.supervision.summaries import summary

_NORTHPORT = {
    "unit_code": "HB-N",
    "unit_name": "Northport",
    "bureau": "Northport Environment Office",
    "address_form": "Northport",
    "province_name": "Harbour",
    "upper_bureau": "Harbour Clean Air Agency",
}
_AT_NORTHPORT = {key: _NORTHPORT[key] for key in ("unit_code", "unit_name", "bureau")}
LONG_POINT = "经济技术开发区石化园区北厂界外道路与建设大街延伸段交叉口东北侧约三百米处裸土堆场及临时砂石料场"
LONG_REPLY = replace(
    samples.ISSUE, reply_to="hotspot-grid-supervision.feedback@environment.supervision.example.org"
)
Drawn = Iterator[tuple[str, Figure]]


def _nothing() -> Drawn:
    yield from ()


@dataclass(frozen=True)
class Case:
    """One letter. `compose` runs in the office `profile`; `pictures` are the figures that its files show, by name. Nothing is computed before."""

    name: str
    title: str
    compose: Callable[[], Letter]
    pictures: Callable[[], Drawn] = _nothing
    profile: str = "ministry"
    figures: Callable[[], Any] | None = None
    issue: Issue | None = None


def cases() -> Iterator[Case]:
    """Every case of the gallery, by kind."""
    yield from _notices()
    yield from _reminders()
    yield from _summaries()
    yield from _bulletins()
    yield from _overviews()
    yield from _mails()
    yield from _other_offices()
    yield from (
        Case(one.name, one.title, one.compose, profile=one.profile, figures=one.figures, issue=one.issue)
        for one in chain_letters.letters()
    )


def _composed(compose: Callable[..., Letter], figures: Callable[[], Any], issue: Issue, **how: Any) -> Letter:
    return compose(figures(), issue, **how)


def _case(
    name: str,
    title: str,
    compose: Callable[..., Letter],
    figures: Callable[[], Any],
    issue: Issue,
    draw: Callable[[Any], Drawn] | None = None,
    profile: str = "ministry",
    **how: Any,
) -> Case:
    return Case(
        name,
        title,
        partial(_composed, compose, figures, issue, **how),
        _nothing if draw is None else lambda: draw(figures()),
        profile,
        figures,
        issue,
    )


def _each(*draws: Callable[[Any], Figure]) -> Callable[[Any], Drawn]:
    return lambda figures: ((draw.__name__, draw(figures)) for draw in draws)


def _notices() -> Iterator[Case]:
    told: tuple[tuple[str, str, Callable[[], NoticeFigures], Issue], ...] = (
        ("notice", "提示函", _ordinary, samples.ISSUE),
        ("notice-many", "提示函：六十条，三十条超期", _crowded, samples.ISSUE),
        ("notice-one", "提示函：一条，模拟数据", _one_waiting, samples.ISSUE),
        ("notice-answered", "提示函：均已反馈", _all_answered, samples.ISSUE),
        ("notice-old", "提示函：没有新报警，旧报警未反馈", _one_old, samples.PREVIEW),
        ("notice-long-names", "提示函：长名称、长邮箱", _long_names, LONG_REPLY),
        (
            "notice-corrected",
            "提示函：更正，预览稿",
            _ordinary,
            replace(
                samples.PREVIEW,
                corrects=Corrected(
                    "网格函〔2020〕7号", "2020年3月13日", ("本期推送2条改为3条", "新增1条超期报警")
                ),
            ),
        ),
    )
    for name, title, figures, issue in told:
        yield _case(name, title, compose_notice, figures, issue)
    yield _case("notice-red-head", "提示函：红头", compose_notice, _ordinary, samples.ISSUE, red_head=True)
    yield _case("notice-suspects", "提示函：疑似来源", compose_notice, _with_suspects, samples.ISSUE)


def _ordinary(**unit: Any) -> NoticeFigures:
    rows = computed.ordinary()
    return computed.notice(rows, computed.found_by(rows), **unit)


def _crowded(**unit: Any) -> NoticeFigures:
    rows = computed.crowded()
    return computed.notice(rows, computed.found_by(rows, 1), **unit)


def _with_suspects(**unit: Any) -> NoticeFigures:
    """Each open alarm has a likely enterprise; one of them a road and what nobody has listed, too, judged without wind."""
    figures = _ordinary(**unit)
    plant = Suspected(
        "第1热电厂2号（模拟）", "high", "位于上风向1.2公里，近3小时用电量升高", "E1", "enterprise", 0.6
    )
    road = Suspected("建设大街（模拟）", "medium", "距报警点0.4公里", "R1", "road", 0.3, ("meters",))
    unlisted = Suspected(say("来源不明"), "low", "没有候选来源与之相符", "", "unlisted", 0.1, ("meters",))
    told = tuple(
        AlarmSuspects(
            row.alarm_id,
            row.grid_id,
            row.county,
            row.point_name,
            row.started_at,
            (plant,) if number else (replace(plant, basis=("meters",)), road, unlisted),
        )
        for number, row in enumerate(figures.form)
    )
    return replace(figures, suspects=told)


def _one_waiting(**unit: Any) -> NoticeFigures:
    return computed.notice([computed.alarm(1, computed.at(12, 10), is_simulated=True)], **unit)


def _all_answered(**unit: Any) -> NoticeFigures:
    rows = [computed.alarm(n, computed.at(12, 7 + n), timedelta(hours=5)) for n in (1, 2)]
    return computed.notice(rows, computed.found_by(rows), **unit)


def _one_old() -> NoticeFigures:
    return computed.notice([computed.alarm(1, computed.at(9, 10))])


def _long_names() -> NoticeFigures:
    long = {"point_name": LONG_POINT, "county": "双流区西航港街道", "grid_id": "S15608812345"}
    rows = [row | long for row in computed.ordinary()]
    return computed.notice(
        rows,
        computed.found_by(rows),
        unit_name="阿坝藏族羌族自治州",
        bureau="阿坝藏族羌族自治州生态环境保护综合行政执法支队",
    )


def _reminders() -> Iterator[Case]:
    yield _case("reminder", "督办函", compose_reminder, _three_late, samples.ISSUE)
    yield _case("reminder-one", "督办函：一条", compose_reminder, _one_late, LONG_REPLY)
    yield _case("reminder-many", "再次督办函：四十条", compose_reminder, _many_late, samples.ISSUE)


def _three_late(**unit: Any) -> ReminderFigures:
    late = [computed.alarm(20 + day, computed.at(day, 10)) for day in (9, 10, 11)]
    return computed.reminder([*computed.ordinary(late=0), *late], **unit)


def _one_late(**unit: Any) -> ReminderFigures:
    return computed.reminder([computed.alarm(1, computed.at(10, 10))], **unit)


def _many_late(**unit: Any) -> ReminderFigures:
    rows = [computed.alarm(n, computed.at(n - 29, 10)) for n in range(1, 41)]
    return computed.reminder(rows, urged=[f"A{n}" for n in range(1, 31)], **unit)


def _summaries() -> Iterator[Case]:
    told: tuple[tuple[str, str, Callable[[], SummaryFigures]], ...] = (
        ("summary", "汇总：小区域", summaries.plain),
        ("summary-nothing", "汇总：没有报警", summaries.nothing),
        ("summary-one-city", "汇总：一个城市", summaries.one_city),
        ("summary-first", "汇总：没有上期", summaries.first),
        ("summary-answered", "汇总：全部反馈", summaries.all_answered),
        ("summary-39", "汇总：39个城市", computed.whole_region),
        ("summary-39-late", "汇总：39个城市全部超期", partial(computed.whole_region, is_late=True)),
        ("summary-60", "汇总：60个单位并列", partial(computed.many_units, 60)),
        ("summary-before", "汇总：没有走势的旧数据", _without_trend),
        ("summary-province", "汇总：一省", partial(summary, province_code="140000")),
        ("summary-busy", "汇总：四周、每日上百条", partial(computed.whole_region, a_day=5)),
    )
    for name, title, figures in told:
        issue = (
            replace(summaries.ISSUE, issued_on="2020年3月4日") if name == "summary-first" else summaries.ISSUE
        )
        yield _case(name, title, compose_summary, figures, issue, _drawn_of_summary)


def _drawn_of_summary(figures: SummaryFigures) -> Drawn:
    yield from _each(rate_map, mail_rate_map, alarms_by_day, rate_bars, problems_by_category)(figures)
    yield from (("trend", page) for page in trend_pages(figures))


def _without_trend() -> SummaryFigures:
    region = computed.whole_region()
    return replace(region, cities=tuple(replace(one, trend=()) for one in region.cities))


def _bulletins() -> Iterator[Case]:
    hot = computed_air.hot_city
    told: tuple[tuple[str, str, Callable[[], BulletinFigures]], ...] = (
        ("bulletin", "通报函：六个网格", partial(computed_air.six_grids, "130100")),
        ("bulletin-first-half", "通报函：上半月", partial(hot, "130100", 1, computed_air.FIRST)),
        ("bulletin-no-data", "通报函：数据不足", partial(computed_air.without_air, "130100")),
        ("bulletin-one-cluster", "通报函：网格集中一处", partial(hot, "130100", 1)),
        ("bulletin-clusters", "通报函：网格分三处", partial(hot, "130600", 3)),
        ("bulletin-municipality", "通报函：直辖市", partial(hot, "110000", 2)),
        ("bulletin-coast", "通报函：沿海城市", partial(hot, "130200", 2)),
        ("bulletin-falling", "通报函：处处下降", partial(hot, "140300", 1, is_falling=True)),
        ("bulletin-whole-lattice", "通报函：全市网格", partial(computed_air.whole_lattice, "410500", 3)),
        (
            "bulletin-lasting",
            "通报函：多个持续偏高、重复疑似",
            partial(computed_air.lasting_city, "130100", 14),
        ),
        (
            "bulletin-lasting-one",
            "通报函：一个持续偏高、重复疑似",
            partial(computed_air.lasting_city, "130600", 1),
        ),
    )
    for name, title, figures in told:
        is_first = name == "bulletin-first-half"
        issue = replace(bulletins.ISSUE, issued_on="2020年3月16日") if is_first else bulletins.ISSUE
        yield _case(name, title, compose_bulletin, figures, issue, _drawn_of_bulletin)


def _drawn_of_bulletin(figures: BulletinFigures) -> Drawn:
    maps = (level_map, mail_level_map, change_map) if figures.grids else ()
    yield from _each(daily_levels, *maps)(figures)


def _overviews() -> Iterator[Case]:
    told = (
        ("overview", "半月总览：39个城市", 39),
        ("overview-one", "半月总览：一个城市", 1),
        ("overview-two", "半月总览：两个城市", 2),
    )
    for name, title, count in told:
        yield _case(
            name,
            title,
            compose_overview,
            partial(computed_air.overview, count),
            bulletins.OVERVIEW_ISSUE,
            _drawn_of_overview,
        )


def _drawn_of_overview(figures: OverviewFigures) -> Drawn:
    yield from _each(city_level_map, mail_city_level_map)(figures)


def push(count: int = 2, **changes: Any) -> AlarmFigures:
    """A push of so many alarms in 赵县, ten kilometres apart, each highest in its last hour."""
    hour = samples.at(12, 9)
    suspects = (
        Suspected(
            "第1热电厂2号（模拟）", "high", "位于上风向1.2公里，近3小时用电量升高", "E1", "enterprise", 0.6
        ),
    )
    alarms = tuple(
        PushedAlarm(
            f"W{n}", f"T{85710 + n}", "赵县", samples.POINTS[n % 4], 114.75 + 0.08 * n, 37.75, None,
            hour - timedelta(hours=3), hour, 3, 186.0 + n, 80.0, 106.0 + n, 4, 3, 0.95,
            hour + timedelta(hours=24), "new", None, _rising_to(hour, 186.0 + n, 106.0 + n), suspects,
        )
        for n in range(1, count + 1)
    )  # fmt: skip
    figures = AlarmFigures(
        "alarm_130100", "130100", "石家庄市", "石家庄市生态环境局", samples.PERIOD, alarms,
        tuple(samples.form_row(n, deadline_at=hour + timedelta(hours=24)) for n in range(1, count + 1)), hour + timedelta(hours=24), 30, 40, False,
        "2026-11", False,
    )  # fmt: skip
    return replace(figures, **changes)


def _rising_to(hour: datetime, peak_ug_m3: float, around_ug_m3: float) -> tuple[TrendHour, ...]:
    """The 24 hours up to `hour`, the last as high as the peak above what is around it."""
    return tuple(
        TrendHour(hour - timedelta(hours=back), peak_ug_m3 - 6 * (back - 1), around_ug_m3 - 2 * (back - 1))
        for back in range(24, 0, -1)
    )


def _far_apart() -> AlarmFigures:
    """The map of two points one above the other is narrow."""
    figures = push(2)
    first, second = figures.alarms
    return replace(figures, alarms=(first, replace(second, lon=first.lon, lat=(first.lat or 0.0) + 0.5)))


def _mails() -> Iterator[Case]:
    for name, title, count in (("alarm", "报警推送", 2), ("alarm-many", "报警推送：八个点位", 8)):
        yield _case(name, title, compose_alarm, partial(push, count), samples.PREVIEW, _alarm_picture)
    yield _case(
        "alarm-tall",
        "报警推送：两个点位，南北相距远",
        compose_alarm,
        _far_apart,
        samples.PREVIEW,
        _alarm_picture,
    )
    yield _case(
        "alarm-late",
        "报警补推",
        compose_alarm,
        partial(push, 2, is_by_person=True),
        samples.PREVIEW,
        _alarm_picture,
    )
    matters = [
        Matter(f"{city}的地址被退回", "无此用户", "核实后更正", samples.at(12, 9))
        for city in ("石家庄市", "唐山市", "阳泉市")
    ]
    yield Case("digest", "待办清单", partial(compose_digest, date(2020, 3, 13), matters, is_simulated=True))
    late = Matter(
        "日调度　3月12日未按时完成",
        "3月13日8时30分起的运行 scheduled__2020-03-13T00:30 在90分钟内没有完成核对",
        "在 Airflow 中查看该运行停在哪一步",
        samples.at(13, 10),
    )
    yield Case(
        "trouble",
        "运行告警",
        partial(compose_digest, date(2020, 3, 13), [late], is_simulated=False, kind="trouble"),
    )
    yield Case(
        "code",
        "手机验证码",
        partial(compose_code, "石家庄市", "王建国", "482913", samples.at(13, 9), "某局", is_simulated=True),
    )


def _alarm_picture(figures: AlarmFigures) -> Drawn:
    picture = alarm_picture(figures, str)
    yield from () if picture is None else [("alarm_picture", picture)]


def _other_offices() -> Iterator[Case]:
    government = {
        "unit_code": "610100",
        "unit_name": "西安市",
        "bureau": "西安市人民政府",
        "province_name": "陕西省",
    }
    yield _case(
        "shaanxi-notice",
        "陕西：发给市政府的提示函",
        compose_notice,
        partial(_ordinary, **government),
        samples.ISSUE,
        profile="shaanxi",
    )
    yield _case(
        "shaanxi-reminder",
        "陕西：督办函",
        compose_reminder,
        partial(_three_late, **government, upper_bureau="陕西省生态环境厅"),
        samples.ISSUE,
        profile="shaanxi",
    )
    district = {
        "unit_code": "370102",
        "unit_name": "历下区",
        "bureau": "济南市生态环境局历下分局",
        "address_form": "你区",
    }
    yield _case(
        "jinan-notice",
        "济南：提示函",
        compose_notice,
        partial(_ordinary, **district),
        samples.ISSUE,
        profile="jinan",
    )
    yield from _english_letters()
    yield from _english_mails()


def _english_letters() -> Iterator[Case]:
    """Every kind in English; figures are computed inside the office, so their labels are English too."""
    made: tuple[tuple[str, Callable[..., Letter], Callable[[], Any]], ...] = (
        ("notice", compose_notice, partial(_ordinary, **_NORTHPORT)),
        ("notice-many", compose_notice, partial(_crowded, **_NORTHPORT)),
        ("notice-one", compose_notice, partial(_one_waiting, **_NORTHPORT)),
        ("notice-answered", compose_notice, partial(_all_answered, **_NORTHPORT)),
        ("reminder", compose_reminder, partial(_three_late, **_NORTHPORT)),
        ("reminder-one", compose_reminder, partial(_one_late, **_NORTHPORT)),
        ("reminder-many", compose_reminder, partial(_many_late, **_NORTHPORT)),
        ("notice-suspects", compose_notice, partial(_with_suspects, **_NORTHPORT)),
        ("summary", compose_summary, lambda: computed.own_region(_midweek())),
        ("summary-nothing", compose_summary, lambda: computed.own_region(_midweek(), is_quiet=True)),
        ("bulletin", compose_bulletin, lambda: computed_air.hot_city("HB-N", 2)),
        ("bulletin-no-data", compose_bulletin, lambda: computed_air.without_air("HB-N")),
        ("overview", compose_overview, lambda: computed_air.overview(3)),
        ("alarm", compose_alarm, lambda: push(1, period=_day(), **_AT_NORTHPORT)),
        ("alarm-many", compose_alarm, lambda: push(8, period=_day(), **_AT_NORTHPORT)),
    )
    for name, compose, figures in made:
        numbered = (
            {} if compose in (compose_notice, compose_reminder) else {"number": None, "issued_on": None}
        )
        issue = english.issue(**numbered)
        yield Case(
            f"harbour-{name}",
            f"Harbour: {name}",
            partial(_in_english, compose, figures, issue),
            partial(_drawn_in_english, figures, _DRAWN.get(compose)),
            "harbour",
            figures,
            issue,
        )


def _english_mails() -> Iterator[Case]:
    matters = [
        Matter(f"The address of {town} bounced", "no such user", "verify and correct it", samples.at(12, 9))
        for town in ("Northport", "Southquay")
    ]
    yield Case(
        "harbour-digest",
        "Harbour: digest",
        partial(compose_digest, date(2020, 3, 13), matters, is_simulated=True),
        profile="harbour",
    )
    yield Case(
        "harbour-code",
        "Harbour: code",
        partial(
            compose_code,
            "Northport",
            "B. Moore",
            "482913",
            samples.at(13, 9),
            "Harbour Clean Air Agency",
            is_simulated=True,
        ),
        profile="harbour",
    )


def _in_english(compose: Callable[..., Letter], figures: Callable[[], Any], issue: Issue) -> Letter:
    return compose(english.in_english(figures()), issue)


def _drawn_in_english(figures: Callable[[], Any], draw: Callable[[Any], Drawn] | None) -> Drawn:
    yield from _nothing() if draw is None else draw(english.in_english(figures()))


_DRAWN: dict[Callable[..., Letter], Callable[[Any], Drawn]] = {
    compose_summary: _drawn_of_summary,
    compose_bulletin: _drawn_of_bulletin,
    compose_overview: _drawn_of_overview,
    compose_alarm: _alarm_picture,
}


def _day() -> Period:
    return period_ending("day", date(2020, 3, 13))


def _midweek() -> Period:
    return period_ending("midweek", date(2020, 3, 11))
