"""What each page says: values for the templates, in words of one language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from include.geo.boundaries import map_notice
from include.openness.charts import Bar, bar_chart
from include.openness.deadlines import due_words, rectification_words
from include.openness.figures import PRINTED, RATES, Edition, Month, Row
from include.openness.geography import map_svg
from include.openness.notes import HEADS, NOTES, completeness, withheld, withheld_figures
from include.openness.site import Renderer, Site, unit_file
from include.openness.tables import MEANINGS, TABLES, meaning
from include.openness.words import Translate, date_text, month_title, share_text
from include.periods import office_zone
from include.rules import HINTS

# What a table of a page shows: a count, a rate as n/N, or hours.
_SHOWN: Final = {
    "answers": (
        "pushed",
        "feedback_rate",
        "answered_in_time_rate",
        "on_time_rate",
        "median_hours",
        "p90_hours",
    ),
    "problems": ("problem_found_rate", "problems", "rectified_rate"),
}
_TITLES: Final = {"answers": "反馈情况", "problems": "发现问题情况"}


def all_pages(site: Site) -> dict[str, bytes]:
    """Every page, chart and map, by path."""
    files: dict[str, bytes] = {}
    for lang in site.settings.languages:
        renderer = Renderer(site, lang)
        files |= _region(renderer)
        for code, name in site.units:
            files |= _unit(renderer, code, name)
        for one in site.editions:
            files |= _month(renderer, one)
        files |= dict(_texts(renderer))
    return files


def _region(renderer: Renderer) -> dict[str, bytes]:
    site, t, lang = renderer.site, renderer.t, renderer.lang
    current = site.current
    bars = _bars([(one.month, one.month.total_of("answers")) for one in current], lang)
    chart = f"charts/months.{lang}.svg"
    values: dict[str, Any] = {
        "latest": None,
        "changes": renderer.href("changes"),
        "chart": chart,
        "month_heads": [t(HEADS[name]) for name in (*_SHOWN["answers"], *_SHOWN["problems"])],
        "months": [
            {
                "title": month_title(one.month, lang),
                "href": renderer.href(f"{one.path}/index"),
                "cells": [
                    *_cells(one.month.total_of("answers"), "answers", t, lang),
                    *_cells(one.month.total_of("problems"), "problems", t, lang),
                ],
                "edition": one.number,
            }
            for one in current
        ],
        "month_notes": [
            *(t(words) for table in ("answers", "problems") for words in NOTES[table]),
            *withheld(current, lambda month: (month.total_of("answers"), month.total_of("problems")), t),
            completeness(current, t, lang),
        ],
        "units": [
            {"name": renderer.named(name), "href": renderer.href(f"units/{unit_file(code)}")}
            for code, name in site.units
        ],
    }
    if current:
        last = current[-1]
        values["latest"] = {
            "title": month_title(last.month, lang),
            "figures": _figures(last.month, t, lang),
            "notes": withheld_figures(last, t),
            "href": renderer.href(f"{last.path}/index"),
        }
    files = dict([renderer.rendered("region.html", "index", values)])
    if bars:
        title = t("各月推送和已反馈的报警数")
        files[chart] = bar_chart(title, bars, lang, is_simulated=site.is_simulated)
    return files


def _unit(renderer: Renderer, code: str, name: str) -> dict[str, bytes]:
    site, t, lang = renderer.site, renderer.t, renderer.lang
    own = [one for one in site.current if code in dict(one.month.units)]
    name = renderer.named(name)
    base = f"units/{unit_file(code)}"
    chart = f"{base}.{lang}.svg"
    rows = [{table: one.month.row_of(table, code) for table in ("answers", "problems")} for one in own]
    bars = _bars([(one.month, row["answers"]) for one, row in zip(own, rows, strict=True)], lang)
    counties, merged = _county_rows(own, code, renderer)
    smallest = max(one.month.smallest for one in own)
    values = {
        "unit_name": name,
        "unit_code": code,
        "chart": chart,
        "heads": [t(HEADS[key]) for key in (*_SHOWN["answers"], *_SHOWN["problems"])],
        "rows": [
            {
                "title": month_title(one.month, lang),
                "href": renderer.href(f"{one.path}/index"),
                "cells": [
                    cell
                    for table in ("answers", "problems")
                    for cell in _own_cells(row[table], table, t, lang)
                ],
            }
            for one, row in zip(own, rows, strict=True)
        ],
        "notes": [
            *(t(words) for table in ("answers", "problems") for words in NOTES[table]),
            t("“合并”：1至{n}的数与其他单位合并公布，见当月页。", n=smallest - 1),
            *withheld(own, lambda month: _alone(month, code), t),
            completeness(own, t, lang),
        ],
        "counties": counties,
        "county_months": [month_title(one.month, lang) for one in own],
        "merged_counties": merged,
        "county_notes": [
            t("1至{n}的数与本单位其他区县合并，只公布其和；“—”为该月不按区县公布。", n=smallest - 1),
            t("（其他）为不在所列区县的报警，如功能区。"),
            *withheld(own, lambda month: month.counties.get(code, ()), t),
            completeness(own, t, lang),
        ],
    }
    title = t("{unit}各月推送和已反馈的报警数", unit=name)
    page = renderer.rendered("unit.html", base, values)
    return {page[0]: page[1], chart: bar_chart(title, bars, lang, is_simulated=site.is_simulated)}


def _county_rows(
    own: Sequence[Edition], code: str, renderer: Renderer
) -> tuple[list[dict[str, Any]], list[str]]:
    """The counties of a unit, a column a month, and the sums of what is merged."""
    t = renderer.t
    by_month = [
        {name: row for row in one.month.counties.get(code, ()) for name in row.members} for one in own
    ]
    names = sorted({name for month in by_month for name in month}, key=lambda name: (name[:1] == "（", name))
    rows = [
        {"name": renderer.named(name), "cells": [_county_cell(month.get(name), t) for month in by_month]}
        for name in names
    ]
    merged = [
        next(
            (_number(row.counts["pushed"], t) for row in one.month.counties.get(code, ()) if row.is_merged),
            "",
        )
        for one in own
    ]
    return rows, merged


def _county_cell(row: Row | None, t: Translate) -> str:
    if row is None:
        return "—"
    return t("合并") if row.is_merged and row.counts["pushed"] != 0 else _number(row.counts["pushed"], t)


def _month(renderer: Renderer, one: Edition) -> dict[str, bytes]:
    t, lang, month = renderer.t, renderer.lang, one.month
    values: dict[str, Any] = {
        "title": month_title(month, lang),
        "number": one.number,
        "superseded_by": _pointer(renderer, renderer.site.newer(one)),
    }
    if one.removed_on is not None:
        values |= {
            "removed_on": date_text(one.removed_on, lang),
            "removed_reason": one.removed_reason,
            "standing": _pointer(renderer, renderer.site.newest(one)),
        }
        return dict([renderer.rendered("removed.html", f"{one.path}/index", values)])
    svg = map_svg(month, lang, renderer.named)
    values |= {
        "correction": _event(one, t) if one.number > 1 else "",
        "removed_after": [_pointer(renderer, other) for other in renderer.site.removed_after(one)],
        "figures": _figures(month, t, lang),
        "general_notes": [*_general_notes(one, t, lang), *withheld_figures(one, t)],
        "map": f"map.{lang}.svg" if svg else "",
        "map_height": _height_of(svg),
        "tables": [_unit_table(renderer, one, table) for table in _SHOWN]
        + ([_category_table(renderer, one)] if month.categories else []),
    }
    files = dict([renderer.rendered("month.html", f"{one.path}/index", values)])
    return files | ({f"{one.path}/map.{lang}.svg": svg} if svg else {})


def _pointer(renderer: Renderer, one: Edition | None) -> dict[str, Any] | None:
    return None if one is None else {"number": one.number, "href": renderer.href(f"{one.path}/index")}


def _unit_table(renderer: Renderer, one: Edition, table: str) -> dict[str, Any]:
    month = one.month
    t, lang, names = renderer.t, renderer.lang, dict(month.units)
    known = dict(renderer.site.units)
    rows = [
        {
            "kind": _kind(row),
            "members": [
                {
                    "name": renderer.named(names[code]),
                    "href": renderer.href(f"units/{unit_file(code)}") if code in known else "",
                }
                for code in row.members
            ],
            "cells": _cells(row, table, t, lang),
        }
        for row in getattr(month, table)
    ]
    return {
        "title": t(_TITLES[table]),
        "table": {"heads": [t("单位"), *(t(HEADS[name]) for name in _SHOWN[table])], "rows": rows},
        "notes": [
            *(t(words) for words in NOTES[table]),
            *withheld([one], lambda month: getattr(month, table), t),
            completeness([one], t, lang),
        ],
        "file": f"{table}.csv",
        "has_units": True,
    }


def _category_table(renderer: Renderer, one: Edition) -> dict[str, Any]:
    t, month = renderer.t, one.month
    rows = [
        {
            "kind": _kind(row),
            "members": [{"name": renderer.named(name), "href": ""} for name in row.members],
            "cells": [_number(row.counts["problems"], t)],
        }
        for row in month.categories
    ]
    return {
        "title": t("问题类别"),
        "table": {"heads": [t("类别"), t("发现问题")], "rows": rows},
        "notes": [
            *(t(words) for words in NOTES["categories"]),
            *withheld([one], lambda month: month.categories, t),
            completeness([one], t, renderer.lang),
        ],
        "file": "categories.csv",
        "has_units": False,
    }


def _kind(row: Row) -> str:
    return ("merged" if row.is_merged else "unit") if row.members else "total"


def _cells(row: Row, table: str, t: Translate, lang: str) -> list[str]:
    return [_cell(row, name, t, lang) for name in _SHOWN[table]]


def _alone(month: Month, code: str) -> list[Row]:
    """The rows of a unit in which it is alone."""
    rows = (month.row_of(table, code) for table in ("answers", "problems"))
    return [row for row in rows if row is not None and not row.is_merged]


def _own_cells(row: Row | None, table: str, t: Translate, lang: str) -> list[str]:
    """A unit's cells: of a merged row only that it is, but for counts whose sum is 0, which are its own."""
    if row is None:
        return ["—"] * len(_SHOWN[table])
    if not row.is_merged:
        return _cells(row, table, t, lang)
    return ["0" if row.counts.get(name) == 0 else t("合并") for name in _SHOWN[table]]


def _cell(row: Row, name: str, t: Translate, lang: str) -> str:
    if name in RATES:
        if RATES[name][0] not in row.counts:
            return "—"  # an edition from before this figure
        n, of = (row.counts[key] for key in RATES[name])
        if n is not None and of is None:
            return f"{n}/{t('不公布')}"
        return share_text(n, of, lang) or t("不公布")
    if name in ("median_hours", "p90_hours"):
        hours = getattr(row, name)
        return "—" if hours is None else f"{hours:.1f}"
    return _number(row.counts[name], t)


def _number(count: int | None, t: Translate) -> str:
    return t("不公布") if count is None else str(count)


def _figures(month: Month, t: Translate, lang: str) -> list[dict[str, str]]:
    answers, problems = month.total_of("answers"), month.total_of("problems")
    quality = " / ".join(_number(month.quality[name], t) for name in ("not_confirmed", "checked", "drawn"))
    return [
        {"name": t(HEADS["pushed"]), "text": _cell(answers, "pushed", t, lang)},
        {"name": t(HEADS["feedback_rate"]), "text": _cell(answers, "feedback_rate", t, lang)},
        {
            "name": t(HEADS["answered_in_time_rate"]),
            "text": _cell(answers, "answered_in_time_rate", t, lang),
        },
        {"name": t(HEADS["on_time_rate"]), "text": _cell(answers, "on_time_rate", t, lang)},
        {"name": t(HEADS["problems"]), "text": _cell(problems, "problems", t, lang)},
        {"name": t(HEADS["rectified_rate"]), "text": _cell(problems, "rectified_rate", t, lang)},
        {"name": t(HEADS["median_hours"]), "text": _cell(answers, "median_hours", t, lang)},
        {"name": t("复核中"), "text": _number(month.in_dispute, t)},
        {"name": t("抽查不实/已核查/抽中"), "text": quality},
    ]


def _general_notes(one: Edition, t: Translate, lang: str) -> list[str]:
    month = one.month
    return [
        t(
            "{start}至{last}推送的报警，截至{as_of}零时的状态。",
            start=date_text(month.start, lang),
            last=date_text(month.last_date, lang),
            as_of=date_text(month.as_of.astimezone(office_zone()).date(), lang),
        ),
        t("1至{n}的数不单独公布：与其他行合并，公布其和。合计为各行之和。", n=month.smallest - 1),
        *(t(words) for words in NOTES["quality"]),
        completeness([one], t, lang),
    ]


def _bars(months: Sequence[tuple[Month, Row | None]], lang: str) -> list[Bar]:
    """The bars of months in their order; where these are of several years, the first of each says its year."""
    bars = [_bar(month, row, lang) for month, row in months]
    years = [month.start.year for month, _ in months]
    if len(set(years)) < 2:
        return bars
    return [
        replace(bar, year=str(year)) if place == 0 or year != years[place - 1] else bar
        for place, (bar, year) in enumerate(zip(bars, years, strict=True))
    ]


def _bar(month: Month, row: Row | None, lang: str) -> Bar:
    label = f"{month.start.month}月" if lang == "zh" else f"{month.start:%b}"
    if row is None or row.is_merged:
        return Bar(label, None, None)
    return Bar(label, row.counts["pushed"], row.counts["answered"])


def _height_of(svg: bytes) -> int:
    """The height of a picture from its viewBox."""
    return int(svg.split(b'viewBox="0 0 ', 1)[1].split(b'"', 1)[0].split()[1]) if svg else 0


def _event(one: Edition, t: Translate) -> str:
    if one.reason == "settings":
        return t("第{n}版：公布的设置或规则改变，{m}个数与上一版不同。", n=one.number, m=one.changed_cells)
    return t("第{n}版：此后得知或更正的事实改变了{m}个数。", n=one.number, m=one.changed_cells)


def _texts(renderer: Renderer) -> Iterable[tuple[str, bytes]]:
    """Method, dictionary, changes, hints."""
    t = renderer.t
    yield renderer.rendered("method.html", "method", _method(renderer))
    tables = [
        {
            "file": f"{name}.csv",
            "about": t(_ABOUT[name]),
            "fields": [{"name": one.name, "type": one.type, "title": meaning(one, t)} for one in fields],
        }
        for name, fields in TABLES.items()
    ]
    notice = renderer.named(map_notice())
    yield renderer.rendered(
        "dictionary.html", "dictionary", {"tables": tables, "map_notice": f"{notice}{t('。')}"}
    )
    yield renderer.rendered("changes.html", "changes", {"rows": changes(renderer)})
    rules = [t(words, days=HINTS.kept_after_closing.days) for words in _HINT_RULES]
    values = {"hints_to": renderer.site.settings.hints_to, "rules": rules}
    yield renderer.rendered("hints.html", "hints", values)


def changes(renderer: Renderer) -> list[dict[str, Any]]:
    """Every release and removal, the newest first."""
    t, lang = renderer.t, renderer.lang
    events = []
    for one in renderer.site.editions:
        words = t("首次发布。") if one.number == 1 else _event(one, t)
        events.append((one.released_on, one, words))
        if one.removed_on is not None:
            events.append((one.removed_on, one, f"{t('撤下。')}{t('原因：')}{one.removed_reason}"))
    events.sort(key=lambda event: (event[0], event[1].first_date, event[1].number), reverse=True)
    return [
        {
            "date": date_text(day, lang),
            "title": month_title(one.month, lang),
            "href": renderer.href(f"{one.path}/index"),
            "number": one.number,
            "words": words,
        }
        for day, one, words in events
    ]


_ABOUT: Final = {
    "answers": "各单位的推送和反馈，一行一个单位或合并的几个单位，末行合计",
    "problems": "各单位发现和整改的问题，一行一个单位或合并的几个单位，末行合计",
    "categories": "全部单位的问题按类别",
    "counties": "各区县的推送报警数，只列单独公布的单位",
    "region": "本版的时段、时点、完整性，全部单位的复核中报警数和抽查",
}
_HINT_RULES: Final = (
    "请写明时间、地点和看到的情况；姓名和联系方式可以不写。",
    "每条线索由人看过，与热点网格比对后处理；线索本身不会成为报警，也不改变这里的数字。",
    "写明联系方式的，由人答复。结案{days}天后，姓名、联系方式和原文从系统中删除。",
    "重复和批量发来的只收一次，每天收取的数量有上限。",
)


def _method(renderer: Renderer) -> dict[str, Any]:
    t, site = renderer.t, renderer.site
    what = (
        *(t(words) for table in ("answers", "problems", "quality") for words in NOTES[table]),
        *due_words(renderer),
        t("按期：首次反馈不晚于反馈时限的到期报警。时间以平台记录或收到时刻为准，不以被评单位自述为准。"),
        rectification_words(renderer),
        t("单位按报警的最后一次更正归属；各月只列当月末日在重点区域内的单位。"),
    )
    versions = (
        "每月的数字固定为月末后{days}天零时的状态，不随时间推移改变；此后得知的事实改变数字时出新的一版。",
        "路径带版次，如 v1/2020/03/；旧版原样保留并注明已有新版。撤下的版次留有日期和原因。",
        "同样的记录和设置总是得到逐字节相同的文件；SHA256SUMS 可供核对。",
    )
    merging = (
        "1至{n}的数不单独公布。这样的行与其他行合并成一行，至少3行，公布的是各行之和，不足{k}的和也不公布。",
        "合并后仍能由其他已公布的数推出某一成员的，继续并入推送最少的行，直到推不出为止；全部合并仍不足的，该数连同合计不公布。",
        "合并的行中和为0的数，各成员都是0，照实公布。没有已反馈报警也没有问题的单位，问题表中不并入别的行。",
        "复核中的申诉只影响到期和按期。某月有复核中的，自该版起该月的到期、按期和按期反馈率各行和合计都不公布，其余的数与哪些报警在复核无关：换成别的单位的报警在复核，各版公布的文件不会有一个字节不同。",
        "有报警的单位不足3个，或复核中的超过某单位以外各单位报警数的一半时，复核中的总数也不公布；前一种情形不论有无复核中的都不公布。",
        "问题表的合并以反馈表的合并为基础；新版以此前各版的合并为基础：合并过的不再拆开。",
        "合并的成员互换全部数字，公布的文件不会有一个字节不同：公布的内容不含哪个成员是多少的任何信息。",
        "区县只在单位单独公布时列出，只公布推送数；不公布跨月合计。",
    )
    withheld = (
        "企业名称、地址、比区县更细的坐标、点位和网格。",
        "人名、电话、邮箱、说明文字、函件原文。",
        "复核中的申诉：只公布全部单位的总数。",
        "疑似污染源。",
    )
    smallest = site.settings.smallest_count
    values = {"n": smallest - 1, "k": smallest, "days": site.settings.delay_days}
    return {
        "what": list(what),
        "merging": [t(words, **values) for words in merging],
        "versions": [t(words, **values) for words in versions],
        "withheld": [t(words) for words in withheld],
        "printed": PRINTED,
        "computed": [name for name in MEANINGS if name not in PRINTED],
        "commands": [one.month.command for one in site.current],
    }
