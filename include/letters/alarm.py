"""报警推送: a short mail, read on a phone at once. HTML and text, one picture, the answer form; the day's 提示函 is the document."""

from collections import Counter
from pathlib import Path
from typing import Any

from include.answer_form.asking import asked
from include.answer_form.layout import FORM_TITLE
from include.language import say
from include.letters.composition import Letter, ascii_stem, letter_file, name_of, printable
from include.letters.words.suspect_words import suspect_line
from include.letters.words.wording import (
    Show,
    concentration,
    form_values,
    issue_values,
    marks,
    older_values,
)
from include.periods import moment_label
from include.rules import ALARM_PUSH
from include.supervision.alarm_push import ESCALATED, LATE, AlarmFigures, PushedAlarm
from include.supervision.figures import Issue
from include.supervision.standards import rounded
from include.suspects.wording import LEVEL_MEANING

TITLE, LATE_TITLE = "热点网格报警推送", "热点网格报警补推"
PICTURE_TITLE = "报警点位图"
_CONFIDENCE = ((0.9, "高"), (0.7, "较高"), (0.0, "一般"))


def compose_alarm(
    figures: AlarmFigures, issue: Issue, *, fonts_dir: Path | None = None, red_head: bool = False
) -> Letter:
    """The push to one unit: files html, text, inline (map and trends) and xlsx (the answer form). Raises CompositionError."""
    from include.answer_form.writing import answer_form
    from include.letters.document.typefaces import load_typefaces, plain
    from include.letters.mail import compose_mail
    from include.letters.pictures.alarm_picture import alarm_picture
    from include.letters.pictures.chart_style import small_png
    from include.letters.report import PICTURE

    warnings: dict[str, None] = {}
    show = printable(load_typefaces(fonts_dir).missing, warnings)
    labels = marks(issue, figures.is_simulated)
    title = say(LATE_TITLE if figures.is_by_person else TITLE)
    name = name_of(say("{unit_name}{label}", unit_name=figures.unit_name, label=figures.period.label), labels)
    stem = ascii_stem("alarm", figures.unit_code, f"{figures.period.end_at:%Y-%m-%dT%H}", labels=labels)
    values = alarm_values(figures, issue, plain, red_head=red_head)
    mail = compose_mail(
        "alarm",
        values
        | {
            "题名": title,
            "图": PICTURE,
            "图说明": values["图说明"],
            "文件": [f"{say(FORM_TITLE)}{name}.xlsx"],
        },
    )
    files = [
        letter_file(
            "xlsx",
            say(FORM_TITLE) + name,
            f"answer-form-{stem}",
            answer_form(figures, labels, issue.reply_link),
        ),
        letter_file("html", title + name, stem, mail.html.encode()),
        letter_file("text", title + name, stem, mail.text.encode()),
        letter_file(
            "inline", say(PICTURE_TITLE) + name, f"map-{stem}", small_png(alarm_picture(figures, show))
        ),
    ]
    return Letter(mail.subject, tuple(files), tuple(warnings))


def alarm_values(
    figures: AlarmFigures, issue: Issue, show: Show, *, red_head: bool = False
) -> dict[str, Any]:
    """What `alarm_mail.html` and `.txt` may name, as text. `show` treats every text that came from outside."""
    end = figures.period.end_at
    alarms = [_alarm(number, one, end, show) for number, one in enumerate(figures.alarms, start=1)]
    news = Counter(one.news for one in figures.alarms)
    return issue_values(issue, figures.is_simulated, red_head) | {
        "主送机关": figures.bureau,
        "城市": figures.unit_name,
        "时段": figures.period.label,
        "截至": moment_label(end),
        "报警": alarms[: ALARM_PUSH.shown],
        "条数": len(alarms),
        "其余": max(0, len(alarms) - ALARM_PUSH.shown),
        "升级": news[ESCALATED],
        "补推": figures.is_by_person,
        "回复期限": moment_label(figures.reply_by),
        "反馈要求": asked(figures.form, end, figures.reply_by),
        "此前": _open_before(figures, show),
        "待反馈": form_values(figures.form, end, show),
        "区县": say("、").join(dict.fromkeys(one["区县"] for one in alarms if one["区县"])),
        "站点": _stations(figures),
        "图说明": say(
            "{unit_name}{label}报警点位及其24小时变化图，各点位数值见下文",
            unit_name=figures.unit_name,
            label=figures.period.label,
        ),
        "函件标识": figures.letter_key,
        "规则版本": figures.rules_version,
        "升级倍数": f"{ALARM_PUSH.escalation_ratio:g}",
        "升级浓度": f"{ALARM_PUSH.escalation_ug_m3:g}",
        "疑似说明": say(LEVEL_MEANING) if any(one["疑似"] for one in alarms[: ALARM_PUSH.shown]) else "",
        "过时": f"{ALARM_PUSH.latest.total_seconds() / 3600:g}",
    }


def _open_before(figures: AlarmFigures, show: Show) -> dict[str, Any] | None:
    """The unit's other open alarms: how many, how many of them overdue, the oldest."""
    rows = figures.open_before
    if not rows:
        return None
    overdue = {"超期": sum(one.overdue_hours > 0 for one in rows)}
    return older_values(len(rows), rows, lambda row: row.pushed_at, show) | overdue


def _alarm(number: int, one: PushedAlarm, end: Any, show: Show) -> dict[str, Any]:
    return {
        "序号": number,
        "区县": show(one.county),
        "点位名称": show(one.point_name),
        "网格编号": show(one.grid_id),
        "报警编号": show(one.alarm_id),
        "经纬度": say("{lon:.4f}，{lat:.4f}", lon=one.lon, lat=one.lat)
        if one.lon is not None and one.lat is not None
        else "",
        "开始": moment_label(one.started_at),
        "提出": moment_label(one.raised_at),
        "小时": one.hours,
        "最高浓度": concentration(one.peak_pm25_ug_m3),
        "水平": _level(one),
        "站点": _grid_stations(one),
        "把握": _confidence(one.confidence),
        "时限": moment_label(one.deadline_at),
        "变化": _trend(one),
        "升级": say(
            "上次推送时最高{told_peak_ug_m3}μg/m³", told_peak_ug_m3=concentration(one.told_peak_ug_m3)
        )
        if one.news == ESCALATED
        else "",
        "补推": one.news == LATE,
        "疑似": [suspect_line(suspect, show) for suspect in one.suspects],
    }


def _level(one: PushedAlarm) -> str:
    """`高出周边87μg/m³（周边52μg/m³）` of the highest hour; what is not known is left out. What is printed adds up to the peak."""
    if one.above_ug_m3 is None:
        return say("周边浓度缺测")
    if one.background_ug_m3 is None:
        return say("高出周边{above_ug_m3}μg/m³", above_ug_m3=concentration(one.above_ug_m3))
    above = rounded(one.peak_pm25_ug_m3) - rounded(one.background_ug_m3)
    return say(
        "高出周边{above}μg/m³（周边{background_ug_m3}μg/m³）",
        above=above,
        background_ug_m3=concentration(one.background_ug_m3),
    )


def _trend(one: PushedAlarm) -> str:
    """The last hours in words, for who sees no picture: the newest three that were heard."""
    heard = [hour for hour in one.trend if hour.pm25_ug_m3 is not None][-3:]
    if not heard:
        return say("近24小时无有效数据")
    values = "→".join(concentration(hour.pm25_ug_m3) for hour in heard)
    return say("{moment}起{values}μg/m³", moment=moment_label(heard[0].hour), values=values)


def _grid_stations(one: PushedAlarm) -> str:
    if one.stations is None or one.spoke is None:
        return ""
    return say("网格内{stations}个微站中{spoke}个有效", stations=one.stations, spoke=one.spoke)


def _stations(figures: AlarmFigures) -> str:
    """How many of the unit's stations spoke; a push of half of them says so."""
    if figures.stations is None or figures.heard is None:
        return say("本时段无站点台账，无法说明有多少微站参与判断。")
    words = say(
        "本市在用微站{stations}个，最后一小时{heard}个有有效数据",
        stations=figures.stations,
        heard=figures.heard,
    )
    silent = figures.stations - figures.heard
    if figures.stations and figures.heard / figures.stations < 0.5:
        return say(
            "{words}，{silent}个无数据：不足一半，未报警的点位不等于没有异常。", words=words, silent=silent
        )
    return (
        say("{words}，{silent}个无数据。", words=words, silent=silent)
        if silent > 0
        else say("{words}。", words=words)
    )


def _confidence(value: float | None) -> str:
    if value is None:
        return ""
    word = next(word for least, word in _CONFIDENCE if value >= least)
    return say("{word}（{percent:.0f}%）", word=say(word), percent=100 * value)
