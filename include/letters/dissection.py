"""解剖分析 of one case as a draft, Word and PDF: what the facts say, with the places that a person fills in. It is no letter: it gets no
number and no run sends it; a person finishes the Word document and files it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from include.chain.dissection.effect import Difference, Ratio
from include.chain.dissection.figures import CaseFigures, Effect
from include.chain.dissection.findings import Finding, Unheld, Visit
from include.chain.dissection.values import MEASURE_STATES, STATES
from include.chain.steps import ROLES
from include.language import say
from include.letters.composition import Letter, ascii_stem, compose_document, letter_file, name_of, printable
from include.letters.words.durations import duration
from include.letters.words.status_words import STANDINGS
from include.letters.words.wording import NONE, Show, cell_moment, cell_moments, concentration, joined, noted
from include.periods import moment_label
from include.rules import SIMULATED_LABEL, DissectionRules
from include.suspects.wording import KINDS

DRAFT_LABEL: Final = "草稿"
WHY: Final = {
    "again": "整改后再次报警",
    "nothing_found": "核查未发现问题，此后再次报警",
    "not_accepted": "验收或抽查未通过",
}
"""Why something of a visit did not hold."""
VERDICTS: Final = {"fell": "下降", "rose": "上升", "unclear": "尚不能判断升降"}


def compose_dissection(
    figures: CaseFigures, rules: DissectionRules, author: str, *, fonts_dir: Path | None = None
) -> Letter:
    """The draft of one case: `docx` and `pdf`. Raises CompositionError."""
    from include.letters.document.typefaces import load_typefaces

    warnings: dict[str, None] = {}
    show = printable(load_typefaces(fonts_dir).missing, warnings)
    values = dissection_values(figures, rules, show)
    document = compose_document("dissection", values, author, figures.as_of, fonts_dir=fonts_dir)
    labels = [say(DRAFT_LABEL)] + ([say(SIMULATED_LABEL)] if figures.is_simulated else [])
    title = document.title + name_of(figures.case_id, labels)
    stem = ascii_stem("dissection", figures.case_id, labels=[])
    files = (
        letter_file("docx", title, stem, document.docx),
        letter_file("pdf", title, stem, document.pdf),
    )
    return Letter(title, files, tuple(warnings))


def dissection_values(figures: CaseFigures, rules: DissectionRules, show: Show) -> dict[str, Any]:
    """What `dissection.docx` may name, as text. `show` treats every text that came from outside."""
    case = figures.case
    marks = [say(DRAFT_LABEL)] + ([say(SIMULATED_LABEL)] if figures.is_simulated else [])
    found = [one for one in figures.visits if one.found]
    return {
        "标识": say("　").join(marks),
        "红头": False,
        "案号": show(figures.case_id),
        "网格编号": show(figures.grid_id),
        "区县": show(figures.county),
        "点位名称": show(figures.point_name),
        "单位": show(figures.unit_name),
        "截至": moment_label(figures.as_of, year=True),
        "状态": say(STATES.get(case.state, case.state)),
        "次": case.round_no,
        "立案时间": moment_label(case.opened_at, year=True) if case.opened_at else NONE,
        "规则条数": case.rule_alarms,
        "规则天数": case.rule_days,
        "报警数": len(figures.visits),
        "查实数": len(found),
        "未查出数": sum(one.found is False for one in figures.visits),
        "未反馈数": sum(one.found is None for one in figures.visits),
        "历次": [_visit_values(number, one, show) for number, one in enumerate(figures.visits, start=1)],
        "责任": _holders(figures.visits, show),
        "未奏效": [_unheld_values(number, one, show) for number, one in enumerate(figures.unheld, start=1)],
        "风": show(figures.wind),
        "风向": say("、").join(
            say("{direction}风{share}%", direction=say(name), share=round(share * 100))
            for name, share in figures.winds
        ),
        "有排序": figures.ranked_alarms,
        "疑似": [
            {
                "序号": number,
                "名称": show(one.name),
                "类别": say(KINDS.get(one.kind, one.kind)),
                "涉及": f"{one.alarms}/{figures.ranked_alarms}",
                "首位": one.first,
                "可能性": f"{one.mean_score:.2f}",
                "核查": _checked_words(one.found, one.not_found),
            }
            for number, one in enumerate(figures.suspects, start=1)
        ],
        "措施": [
            {
                "序号": one.measure_no,
                "措施": show(one.what),
                "单位": show(figures.unit_names.get(one.unit_code, one.unit_code)),
                "责任人": show(one.owner),
                "期限": moment_label(one.due_at, year=True) if one.due_at else NONE,
                "状态": _measure_words(one.state, one.done_at),
            }
            for one in case.measures
        ],
        "成效": effect_lines(figures.effect),
        "成效未到": _not_yet(figures, rules),
    }


def effect_lines(effect: Effect | None) -> list[str]:
    """The effect in sentences, each with its uncertainty and what it rests on; none where nothing can be said yet."""
    if effect is None:
        return []
    spans = [
        say("{first}至{last}", first=moment_label(first, year=True), last=moment_label(last, year=True))
        for first, last in (
            (effect.before_from_at, effect.before_until_at),
            (effect.after_from_at, effect.after_until_at),
        )
    ]
    days = [
        (effect.before_until_at - effect.before_from_at).total_seconds() / 86400,
        (effect.after_until_at - effect.after_from_at).total_seconds() / 86400,
    ]
    return [
        say(
            "立案前（{before}，{before_days:.1f}天）报警{before_alarms}条，措施完成后（{after}，{after_days:.1f}天）报警{after_alarms}条。",
            before=spans[0],
            before_days=days[0],
            before_alarms=effect.before_alarms,
            after=spans[1],
            after_days=days[1],
            after_alarms=effect.after_alarms,
        ),
        _ratio_words(say("每天报警数之比（后/前）"), effect.ratio),
        say(
            "同期其他网格报警由{before}条变为{after}条；",
            before=effect.others_before,
            after=effect.others_after,
        )
        + _ratio_words(say("扣除其他网格同期变化后的比值"), effect.adjusted),
        _air_words(effect.air),
        say(
            "比值的区间为95%精确条件区间，浓度差的区间按有效样本数计算；网格因报警多而立案，报警减少有一部分可能只是偶然回落，不能全部归于措施。"
        ),
    ]


def _ratio_words(what: str, ratio: Ratio | None) -> str:
    if ratio is None:
        return say("{what}：报警太少，不能计算。", what=what)
    value = NONE if ratio.value is None else f"{ratio.value:.2f}"
    high = say("无上限") if ratio.high is None else f"{ratio.high:.2f}"
    return say(
        "{what}：{value}（95%区间{low:.2f}至{high}），{verdict}。",
        what=what,
        value=value,
        low=ratio.low,
        high=high,
        verdict=say(VERDICTS[ratio.verdict]),
    )


def _air_words(air: Difference | None) -> str:
    if air is None:
        return say("PM2.5：本网格和其他网格都有效的天数不足7天，不作比较。")
    return say(
        "PM2.5日均值高出其他网格中位数的部分，后减前为{value:+.1f}μg/m³（95%区间{low:+.1f}至{high:+.1f}，前{before}天、后{after}天），{verdict}。",
        value=air.value_ug_m3,
        low=air.low_ug_m3,
        high=air.high_ug_m3,
        before=air.before_days,
        after=air.after_days,
        verdict=say(VERDICTS[air.verdict]),
    )


def _not_yet(figures: CaseFigures, rules: DissectionRules) -> str:
    if figures.effect is not None:
        return ""
    if figures.effect_from_at is None:
        return say("措施尚未全部完成，完成满{days}天后比较前后。", days=rules.least_after.days)
    return say("措施已完成，{moment}起可比较前后。", moment=moment_label(figures.effect_from_at, year=True))


def _visit_values(number: int, one: Visit, show: Show) -> dict[str, Any]:
    return {
        "序号": number,
        "报警时间": cell_moments(one.started_at, one.last_at),
        "浓度": concentration(one.peak_pm25_ug_m3),
        "单位": say("、").join(holder_words(each, show) for each in one.findings),
        "核查": _by_holder(one, found_words, show),
        "处理": _by_holder(one, handled_words, show) or say(STANDINGS[one.standing]),
    }


def holder_words(one: Finding, show: Show = str) -> str:
    """Who was to look, with its part where the alarm has a chain."""
    if not one.role:
        return show(one.holder)
    return noted(show(one.holder), say(ROLES[one.role]))


def found_words(one: Finding, show: Show = str) -> str:
    """What a holder found: whether, of what kinds, in its own words, and who says so."""
    found = say("尚无结果") if one.found is None else say("发现问题") if one.found else say("未发现问题")
    note = "" if one.note.strip() == found else show(one.note)
    reporter = say("上报人{name}", name=show(one.reporter)) if one.reporter else ""
    return joined((found, *map(show, one.categories), note, reporter))


def handled_words(one: Finding, show: Show = str) -> str:
    """What a holder did about it, and, on a line of its own, what became of that; empty for nothing yet."""
    done = (
        say("{moment}完成整改", moment=cell_moment(one.rectified_at)) if one.rectified_at else "",
        show(one.rectified_note),
    )
    judged = (
        say("{moment}验收通过", moment=cell_moment(one.accepted_at)) if one.accepted_at else "",
        say("退回{count}次", count=one.returns) if one.returns else "",
        say("未通过{count}次", count=one.failures) if one.failures else "",
    )
    return "\n".join(filter(None, (joined(done), joined(judged))))


def _below(text: str) -> str:
    """A text of several lines, or one that begins with a moment, under the name before it: the moment stays on one line."""
    return f"\n{text}" if "\n" in text or text[:1].isdigit() else text


def _by_holder(visit: Visit, words: Callable[[Finding, Show], str], show: Show) -> str:
    """What `words` says of each holder, a line each under its name where several hold the alarm; empty where there is nothing."""
    if len(visit.findings) == 1:
        return words(visit.findings[0], show)
    told = ((show(one.holder), words(one, show)) for one in visit.findings)
    return "\n".join(say("{name}：{text}", name=name, text=_below(text)) for name, text in told if text)


def _holders(visits: Sequence[Visit], show: Show) -> str:
    """Each unit with the number of alarms that it was to look at."""
    counts: dict[str, int] = {}
    for visit in visits:
        for one in visit.findings:
            name = holder_words(one, show)
            counts[name] = counts.get(name, 0) + 1
    return say("；").join(
        say("{name}{count}条", name=name, count=count) for name, count in sorted(counts.items())
    )


def _unheld_values(number: int, one: Unheld, show: Show) -> dict[str, Any]:
    return {
        "序号": number,
        "报警": show(one.alarm_id),
        "单位": say("、").join(show(name) for name in one.holders),
        "措施": show(one.what) or NONE,
        "情形": unheld_words(one, show),
    }


def unheld_words(one: Unheld, show: Show = str) -> str:
    """Why it did not hold, and which alarm shows it."""
    if not one.next_alarm_id or one.days is None:
        return say(WHY[one.why])
    return say(
        "{why}（相隔{time}，{alarm}）",
        why=say(WHY[one.why]),
        time=duration(24 * one.days),
        alarm=show(one.next_alarm_id),
    )


def _checked_words(found: int, not_found: int) -> str:
    parts = [
        say("查实{count}次", count=found) if found else "",
        say("未查实{count}次", count=not_found) if not_found else "",
    ]
    return say("，").join(part for part in parts if part) or NONE


def _measure_words(state: str, done_at: datetime | None) -> str:
    words = say(MEASURE_STATES[state])
    return words if done_at is None else f"{cell_moment(done_at)}\n{words}"
