"""The letters of a city's chain, its assessment and the draft of an analysis, with ordinary and extreme figures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

from include.chain.assessment import GROUPS
from include.chain.assessment_figures import AssessedUnit, AssessmentFigures
from include.chain.dissection.effect import Difference, Ratio
from include.chain.dissection.figures import CaseFigures, Effect, NamedSuspect
from include.chain.dissection.findings import Finding, Visit, unheld
from include.chain.dissection.values import Case, Measure
from include.chain.figures import (
    ACCEPTANCE,
    ASSIGNMENT,
    ESCALATION,
    LEADER,
    OPERATORS,
    REPORT_SHEET,
    RETURN,
    VISIT,
    ChainCase,
    ChainFigures,
)
from include.letters.assessment import compose_assessment
from include.letters.chain import compose_chain
from include.letters.composition import Letter
from include.letters.dissection import compose_dissection
from include.periods import Period, custom_period
from include.rules import DissectionRules
from include.supervision.figures import Issue
from tests.letters import samples

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT = datetime(2020, 3, 12, 2, 10, tzinfo=UTC)
LONG_POINT = "经济技术开发区石化园区北厂界外道路与建设大街延伸段交叉口东北侧约三百米处裸土堆场及临时砂石料场"
LONG_NOTE = (
    "现场核查发现料场北侧约两千平方米砂石未苫盖，雾炮机停用，进出车辆未冲洗，道路积尘明显；西侧搅拌站除尘器滤袋破损，"
    "无组织排放严重。已责令立即停工，当日完成苫盖和道路冲洗，三日内更换滤袋，并移交执法支队立案。"
) * 3
KINDS = {
    ASSIGNMENT: "历下区", RETURN: "历下区", ACCEPTANCE: "历下区",
    REPORT_SHEET: LEADER, VISIT: OPERATORS, ESCALATION: LEADER,
}  # fmt: skip
ISSUE = replace(samples.ISSUE, number="济环交〔2020〕12号")


@dataclass(frozen=True)
class ChainLetter:
    """One letter of the gallery: `figures` are made in the office `profile`, `write` makes the letter of them and of `issue`."""

    name: str
    title: str
    write: Callable[..., Letter]
    figures: Callable[[], ChainFigures | AssessmentFigures | CaseFigures]
    issue: Issue
    profile: str = "jinan"

    def compose(self) -> Letter:
        return self.write(self.figures(), self.issue)


def letters() -> Iterator[ChainLetter]:
    for kind in KINDS:
        issue = ISSUE if kind != VISIT else replace(ISSUE, number=None, issued_on=None)
        for label, many in (("", (_case(kind),)), ("-many", _extreme(kind))):
            yield ChainLetter(
                f"chain-{kind}{label}",
                f"交办流程：{kind}{label}",
                compose_chain,
                partial(_chain, kind, many),
                issue,
            )
        english = tuple(_in_english(one) for one in (_case(kind), _other(kind)))
        yield ChainLetter(
            f"chain-harbour-{kind}",
            f"Harbour: {kind}",
            compose_chain,
            partial(_chain, kind, english, is_english=True),
            _ENGLISH,
            "harbour",
        )
    issue = replace(ISSUE, number="济环考〔2020〕3号", issued_on="2020年4月16日")
    for label, rows in (("", _rows(2)), ("-many", _rows(14)), ("-one", _rows(1)[:1])):
        yield ChainLetter(
            f"assessment{label}", f"考核通报{label}", compose_assessment, partial(_assessment, rows), issue
        )
    yield ChainLetter(
        "assessment-harbour",
        "Harbour: assessment",
        compose_assessment,
        partial(_assessment, _rows(2, "Unit "), "Director"),
        replace(_ENGLISH, number="HCA 3 (2020)", issued_on="16 April 2020"),
        "harbour",
    )
    for label, figures in (("", _analysed(5)), ("-many", _analysed(24)), ("-new", _new())):
        yield ChainLetter(
            f"dissection{label}", f"解剖分析初稿{label}", _draft, lambda figures=figures: figures, ISSUE
        )


_ENGLISH = Issue("Harbour Clean Air Agency", "Duty desk", "+000 000", "answers@harbour.example", None, None)


def _chain(kind: str, cases: tuple[ChainCase, ...], *, is_english: bool = False) -> ChainFigures:
    names = {LEADER: "局领导", OPERATORS: "值班室"}
    unit = KINDS[kind]
    bureau = f"济南市生态环境局{unit}分局"
    if is_english:
        names = {LEADER: "Director", OPERATORS: "Duty desk"}
        unit = unit if unit in names else "Northport"
        bureau = f"{unit} Environment Office"
    period = custom_period(AT, AT + timedelta(minutes=1))
    return ChainFigures(
        period.letter_key(kind, unit), kind, unit, names.get(unit, unit), names.get(unit, bureau),
        "" if is_english else "你区", period, cases, "2026-11", True,
    )  # fmt: skip


def _case(kind: str, number: int = 1, **more: object) -> ChainCase:
    told = {
        "problem_found": True, "category": "扬尘（工地）", "report_note": "料堆未苫盖，已责令整改", "reporter": "李某",
        "inspected_at": AT - 3 * HOUR, "reported_at": AT - HOUR,
    }  # fmt: skip
    mended = {"rectified_at": AT, "rectified_note": "已全部苫盖"}
    seen = {"result_note": "复核照片与现场一致", "result_by": "王某", "result_at": AT, "due_at": AT + DAY}
    by_kind: dict[str, dict[str, object]] = {
        ASSIGNMENT: {
            "acknowledge_by": AT + 2 * HOUR,
            "report_by": AT + DAY,
            "suspected": ("某建材公司", "建设大街工地"),
        },
        REPORT_SHEET: {**told, "rectify_by": AT + 3 * DAY},
        RETURN: {**told, **seen, "is_returned": True, "result_note": "未说明污染来源，请补充照片"},
        VISIT: {**told, **mended, "due_at": AT + 3 * DAY},
        ACCEPTANCE: {**told, **mended, **seen, "is_accepted": number % 2 == 1},
        ESCALATION: {"waits_for": ("rectify", "review")[number % 2], "duty": "周局", "due_at": AT - DAY},
    }
    values = {**by_kind[kind], **more}
    # What is to be raised was handed on three days ago.
    handed = AT - 3 * DAY if kind == ESCALATION else AT
    return ChainCase(
        f"W{handed:%Y%m%d}00{number}-1", f"W{handed:%Y%m%d}00{number}", f"T857{number:02}", "历下区", "某街道", handed - 5 * HOUR, handed - HOUR,
        3, 186.0, "lead", "历下区", ("市住建局",), lon=117.0, lat=36.6, **values,
    )  # fmt: skip


def _other(kind: str) -> ChainCase:
    """A second case: where a report is looked at, one without a problem."""
    if kind in (REPORT_SHEET, RETURN):
        return _case(kind, 2, problem_found=False, category="", report_note="未见异常", rectify_by=None)
    return _case(kind, 2)


def _extreme(kind: str) -> tuple[ChainCase, ...]:
    """Twelve cases: the longest names and notes first, one of which hardly anything is known."""
    long = replace(
        _case(kind),
        point_name=LONG_POINT,
        others=("市城市管理局", "市公安局交通警察支队", "市交通运输局", "市住建局"),
    )
    notes = {
        name: LONG_NOTE for name in ("report_note", "rectified_note", "result_note") if getattr(long, name)
    }
    bare = replace(_case(kind, 2), peak_pm25_ug_m3=None, county="", others=(), alarm_count=1)
    bare = replace(bare, last_at=bare.started_at)
    return (replace(long, **notes), bare, *(_case(kind, number) for number in range(3, 13)))


def _in_english(one: ChainCase) -> ChainCase:
    words = {
        "county": "Old Docks", "point_name": "Slipway", "holder_name": "Northport", "others": ("Eastport",),
        "category": "Industrial plant" if one.category else "",
        "report_note": ("An open heap" if one.problem_found else "Nothing was found") if one.report_note else "",
        "reporter": "A. Reed" if one.reporter else "", "rectified_note": "Covered" if one.rectified_note else "",
        "result_note": "Seen on site" if one.result_note else "", "result_by": "B. Moore" if one.result_by else "",
        "suspected": ("Old Boiler Works",) if one.suspected else (), "duty": "C. Lane" if one.duty else "",
    }  # fmt: skip
    return replace(one, **words)


def _rows(count: int, stem: str = "") -> tuple[AssessedUnit, ...]:
    found = []
    for group, name in GROUPS.items():
        for number in range(1, count + 1):
            is_small = number == count and count > 1  # of fewer steps than are ranked
            signed, reported, mended = (
                (2, 1, 1) if is_small else (12 - number // 3, 14 - number // 2, max(12 - number, 0))
            )
            due = signed + reported + mended
            # The lower the place, the more is late: no two of a group have one share.
            late = 1 if is_small else min(due, due * (number - 1) // (count + 1) + (number > 1))
            signed_late, reported_late, mended_late = _spread(late, signed, reported, mended)
            on_time = due - late
            unit = (
                f"{stem}{number}"
                if stem
                else f"第{number}{name}" + ("生态环境和安全生产监督管理办公室" if number == 3 else "")
            )
            found.append(
                AssessedUnit(
                    group, f"{group}{number}", unit, 14, signed, signed - signed_late, reported, reported - reported_late, mended, mended - mended_late, due, on_time, number, 1, 2, 9, 7, 2,
                    is_small, None if is_small else number, under_review=number % 3,
                )
            )  # fmt: skip
    return tuple(found)


def _spread(late: int, *steps: int) -> list[int]:
    """So many late ones, the last steps first."""
    found = []
    for count in reversed(steps):
        found.append(min(late, count))
        late -= found[-1]
    return found[::-1]


def _assessment(rows: tuple[AssessedUnit, ...], leader: str = "局领导") -> AssessmentFigures:
    period = Period.of_days(
        date(2020, 3, 1), date(2020, 4, 1), "month", datetime(2020, 4, 15, 16, tzinfo=UTC)
    )
    return AssessmentFigures(
        period.letter_key("assessment", LEADER), "assessment", LEADER, leader, leader, period, date(2020, 3, 1), rows, 5, "2026-11", True,
    )  # fmt: skip


def _visit(number: int, most: int) -> Visit:
    at = AT - (most - number) * DAY
    lead = Finding(
        "历下区", "lead", number % 4 != 0, ("扬尘（工地）",) if number % 4 else (), LONG_NOTE if number == 1 else "料堆未苫盖", "李某",
        at + 8 * HOUR if number % 4 else None, "已苫盖" if number % 4 else "", at + 20 * HOUR if number % 4 == 1 else None,
        int(number % 5 == 0), int(number % 6 == 0),
    )  # fmt: skip
    joint = Finding("市住建局", "joint", None if number % 2 else False, note="" if number % 2 else "未见异常")
    findings = (lead, joint) if number % 3 else (replace(lead, role=""),)
    return Visit(
        f"W20200312{number:03}", at, at + 2 * HOUR, at, 3, 120.0 + number, findings, "answered", at + 6 * HOUR
    )


def _analysed(count: int) -> CaseFigures:
    visits = tuple(_visit(number, count) for number in range(1, count + 1))
    measures = tuple(
        Measure(
            number,
            1,
            LONG_NOTE if number == 2 else "料场全部硬化，加装喷淋",
            "370102",
            "李某",
            AT + number * DAY,
            state,
            AT if state == "done" else None,
        )
        for number, state in enumerate(("running", "done", "done"), start=1)
    )
    effect = Effect(
        AT - 30 * DAY, AT, AT + DAY, AT + 20 * DAY, count, 1, 40, 30, Ratio(0.2, 0.03, 0.9), Ratio(0.3, 0.04, 1.4), Difference(-8.4, -14.0, -2.8, 20, 18)
    )  # fmt: skip
    suspects = tuple(
        NamedSuspect(f"某{'建材有限责任公司' * number}", "enterprise", count, number, 0.5 / number, 1, 1)
        for number in range(1, 4)
    )
    case = Case("analysed", 2, AT - 9 * DAY, AT, measures=measures, rule_alarms=5, rule_days=30)
    return CaseFigures(
        "T85711-1", "T85711", 1, "历下区", LONG_POINT if count > 9 else "某街道", "历下区", AT + 21 * DAY, case, visits, unheld(visits, 30 * DAY),
        "期间主导风向西北风，平均1.8米/秒", (("西北", 0.6), ("北", 0.4)), suspects, count, {"370102": "历下区"}, effect, AT, True,
    )  # fmt: skip


def _new() -> CaseFigures:
    """A case of today: nobody has reported, nothing is ranked, no measure."""
    case = Case("open", 1, AT, AT, rule_alarms=5, rule_days=30)
    visits = tuple(
        Visit(
            f"W{number}",
            AT - number * DAY,
            AT - number * DAY,
            AT - number * DAY,
            1,
            None,
            (Finding("历下区"),),
            "waiting",
        )
        for number in range(5)
    )
    return replace(
        _analysed(5),
        as_of=AT,
        case=case,
        visits=visits,
        unheld=(),
        suspects=(),
        winds=(),
        wind="",
        ranked_alarms=0,
        effect=None,
        effect_from_at=None,
    )


def _draft(figures: CaseFigures, issue: Issue) -> Letter:
    return compose_dissection(figures, DissectionRules(), "济南市生态环境局")
