"""The layout of the answer form (热点网格排查反馈表): sheets, columns, drop-downs, and what an answer means.

The one place that the writer of the form and the reader of the filled-in form share. One row a problem: an alarm with
several problems stands on several rows with the same 应答码, each a copy of its first row.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from include.language import say
from include.profile.current import office

FORM_VERSION: Final = "2"  # a change of sheets, headers or drop-downs is a new version
# Forms that were sent in an earlier version are still read: their headers where they differ, by key of the column.
FORMER_HEADERS: Final[dict[str, dict[str, str]]] = {"1": {"answered_at": "反馈时间"}}

FORM_TITLE: Final = "热点网格排查反馈表"
FORM_SHEET: Final = "排查反馈表"
GROUP_ROW: Final = 3  # who fills in what
HEADER_ROW: Final = 4
FIRST_ROW: Final = 5
SPARE_ROWS: Final = 200  # rows below the last alarm whose cells have drop-downs too, for copied rows

SUSPECT_SHEET: Final = "疑似来源核查"  # only in a form of which some alarm has suspects

GUIDE_SHEET: Final = "填写说明"
LETTER_KEY_CELL: Final = "B3"  # of the guide sheet: the key of the letter that the form went out with
FORM_VERSION_CELL: Final = "B4"
REPLY_LINK_CELL: Final = "B5"  # only where the office has a phone page

Event = Literal["acknowledged", "submitted", "disputed"]


@dataclass(frozen=True)
class Result:
    """What one value of the drop-down 排查结果 says as a feedback event."""

    event: Event
    problem_found: bool | None  # None where the event says nothing about it
    needs: tuple[str, ...] = ()  # keys of the columns that must be filled in with it


ACKNOWLEDGED, FOUND, NOTHING_FOUND, FALSE_ALARM = (
    "已签收，正在排查",
    "已排查，发现问题",
    "已排查，未发现问题",
    "误报申诉",
)
RESULTS: Final[dict[str, Result]] = {
    ACKNOWLEDGED: Result("acknowledged", None),
    FOUND: Result(
        "submitted", True, ("category", "description", "rectification", "unit", "inspector", "answered_at")
    ),
    NOTHING_FOUND: Result("submitted", False, ("unit", "inspector", "answered_at")),
    FALSE_ALARM: Result("disputed", None, ("unit", "inspector", "answered_at", "note")),
}
RECTIFIED, RECTIFYING = "已整改", "整改中"
RECTIFICATIONS: Final[dict[str, str]] = {
    RECTIFIED: "rectified_date",
    RECTIFYING: "rectify_by_date",
}  # and its date


@dataclass(frozen=True)
class Column:
    """One column of the form sheet. `choices` are its drop-down; `guide` tells the city how to fill it in."""

    key: str
    header: str
    is_ours: bool  # grey: written by the system, not to be changed
    guide: str
    choices: tuple[str, ...] = ()
    lists_categories: bool = False  # its drop-down is the office's categories of problems
    kind: Literal["text", "number", "date", "moment"] = "text"  # Beijing time; a date is a whole day
    is_folded: bool = False  # not shown and not printed until a person unfolds it

    @property
    def title(self) -> str:
        """Its header in the office's language."""
        return say(self.header)

    @property
    def options(self) -> tuple[str, ...]:
        """Its drop-down, in the office's language."""
        return office().categories if self.lists_categories else tuple(map(say, self.choices))


COLUMNS: Final[tuple[Column, ...]] = (
    Column("serial", "序号", True, "按反馈时限由早到晚排列。", kind="number"),
    Column("grid_id", "网格编号", True, "热点网格的编号。"),
    Column("county", "区县", True, "报警点位所在区县。"),
    Column("point_name", "点位名称", True, "报警点位的名称。"),
    Column("deadline_at", "反馈时限", True, "北京时间；红色表示截至函件统计时已超期。", kind="moment"),
    Column("result", "排查结果", False, "必填，从下拉列表选择。", tuple(RESULTS)),
    Column("category", "问题类别", False, "发现问题时必填，从下拉列表选择。", lists_categories=True),
    Column("description", "问题描述", False, "发现问题时必填：地点、污染源、现场情况和已采取的措施。"),
    Column("rectification", "整改状态", False, "发现问题时必填，从下拉列表选择。", tuple(RECTIFICATIONS)),
    Column("rectify_by_date", "整改期限", False, "选择“整改中”时必填，如2020-03-15。", kind="date"),
    Column("rectified_date", "整改完成日期", False, "选择“已整改”时必填，如2020-03-13。", kind="date"),
    Column("unit", "排查单位", False, "排查后必填。"),
    Column("inspector", "排查人", False, "排查后必填，多人以顿号分隔。"),
    Column(
        "answered_at",
        "排查时间",
        False,
        "排查后必填，北京时间，如2020-03-13 08:30；仅供了解情况，反馈是否按期以收到本表的时间为准。",
        kind="moment",
    ),
    Column("note", "备注", False, "误报申诉时必填理由；其他情况选填。"),
    # folded: what a person needs seldom or never
    Column("started_at", "报警时间", True, "首次报警时间，北京时间。", kind="moment", is_folded=True),
    Column("lon", "经度", True, "WGS84坐标，单位为度；空白表示平台未提供。", kind="number", is_folded=True),
    Column("lat", "纬度", True, "WGS84坐标，单位为度；空白表示平台未提供。", kind="number", is_folded=True),
    Column("alarm_count", "报警次数", True, "该报警累计次数。", kind="number", is_folded=True),
    Column(
        "peak_pm25_ug_m3",
        "最高浓度（μg/m³）",
        True,
        "PM2.5小时浓度最高值；空白表示平台未提供。",
        kind="number",
        is_folded=True,
    ),
    Column("code", "应答码", True, "识别函件和报警的代码，复制行时须一并复制。", is_folded=True),
    Column("alarm_id", "报警编号", True, "监管平台的报警编号，复制行时须一并复制。", is_folded=True),
)


def house_word(told: str, words: Iterable[str]) -> str:
    """Which of the house's words a cell says, in the office's language or in the house's own; what is none of them as it is."""
    return {say(word): word for word in words}.get(told, told)


SITE_FOUND, SITE_CLEAN = "已核查，有问题", "已核查，无问题"
SITE_VERDICTS: Final[dict[str, Literal["found", "not_found"]]] = {
    SITE_FOUND: "found",
    SITE_CLEAN: "not_found",
    "有问题": "found",  # as it is typed by hand
    "无问题": "not_found",
}
# One row a suspect of an alarm of the form (疑似, 建议核查); rows that are left empty say nothing.
SUSPECT_COLUMNS: Final[tuple[Column, ...]] = (
    Column("serial", "序号", True, "按报警和可能性排列。", kind="number"),
    Column("grid_id", "网格编号", True, "热点网格的编号。"),
    Column("point_name", "点位名称", True, "报警点位的名称。"),
    Column("name", "疑似来源", True, "建议核查的对象，均为疑似，不作为认定依据。"),
    Column("level", "可能性", True, "高：一半以上；中：两成至一半；低：不足两成。"),
    Column("reason", "理由", True, "为何建议核查。"),
    Column("verdict", "核查结果", False, "核查后从下拉列表选择；未核查的留空。", (SITE_FOUND, SITE_CLEAN)),
    Column("unit", "核查单位", False, "核查后必填。"),
    Column("inspector", "核查人", False, "核查后必填，多人以顿号分隔。"),
    Column("note", "核查情况", False, "核查后必填：现场看到的情况。"),
    Column("alarm_id", "报警编号", True, "该疑似来源所属的报警。", is_folded=True),
    Column("candidate_id", "对象编号", True, "疑似来源在清单中的编号。", is_folded=True),
    Column("code", "应答码", True, "识别函件、报警和对象的代码。", is_folded=True),
)
